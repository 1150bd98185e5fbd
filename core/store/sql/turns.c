/* SPDX-License-Identifier: MIT */
/* turns.c - turns are kept by an engine that several processes share. */
#include "core/store/turns.h"

#include "core/store/sql/expectations.h"

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

/* 1: it is still its turn; 0; -1. */
static int turns_ask(
	struct store *store, const struct store_turn *turn, struct error *error)
{
	struct query query;
	int found;

	if (store_expect_turn(store, turn))
		return 1;
	store->ops->turns->check(store->engine, turn, &query);
	found = query_step(&query, error);
	query_end(&query);
	return found;
}

int store_turn_check(
	struct store *store, const struct store_turn *turn, struct error *error)
{
	const int found = turns_ask(store, turn, error);

	if (found)
		return found > 0 ? 0 : -1;
	return error_set(error, ERROR_UNAVAILABLE,
		"this took too long to be heard of, and others went before it:"
		" nothing of it is stored");
}
