/* SPDX-License-Identifier: MIT */
/* turns.c - turns are kept by an engine that several processes share. */
#include "core/store/turns.h"

#include "core/store/sql/sql.h"

bool store_has_turns(const struct store *store)
{
	return store->ops->turns != NULL;
}

int store_turn_join(
	struct store *store, struct store_turn *turn, struct error *error)
{
	return store->ops->turns->join(store->engine, turn, error);
}

int store_turn_look(struct store *store, struct store_turn *turns, size_t count,
	struct error *error)
{
	return store->ops->turns->look(store->engine, turns, count, error);
}

int store_turn_leave(
	struct store *store, const struct store_turn *turn, struct error *error)
{
	return store->ops->turns->leave(store->engine, turn, error);
}

int store_turn_check(
	struct store *store, const struct store_turn *turn, struct error *error)
{
	return store->ops->turns->check(store->engine, turn, error);
}
