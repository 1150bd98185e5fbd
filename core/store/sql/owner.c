/* SPDX-License-Identifier: MIT */
/*
 * owner.c - the sessions of an owner, erased with one row.
 *
 * Each goes by its name, so that the writer's cache and the expiry have one
 * way in.
 */
#include "core/store/sql/sql.h"

/* What this owner has, or had when its erasure began that still goes on. */
static int owner_read_owner(struct store *store, enum sql which,
	struct slice tenant, struct slice owner, struct owner_erasure *out,
	struct error *error)
{
	const bool counts = which == SQL_OWNER_COUNT;
	struct query query = query_start(store, which);
	int found;

	query_text(&query, 1, tenant);
	query_text(&query, 2, owner);
	if (counts)
		query_number(&query, 3, out->erased_at);
	found = query_step(&query, error);
	if (found > 0) {
		out->sessions = query_get_number(&query, 0);
		out->messages = query_get_number(&query, 1);
		if (!counts)
			out->erased_at = query_get_number(&query, 2);
	}
	query_end(&query);
	return found;
}

static int owner_write_erasure(struct store *store, struct slice tenant,
	struct slice owner, const struct owner_erasure *erasure,
	struct error *error)
{
	struct query query = query_start(store, SQL_OWNER_ERASE);
	int64_t id;

	query_text(&query, 1, tenant);
	query_text(&query, 2, owner);
	query_number(&query, 3, erasure->sessions);
	query_number(&query, 4, erasure->messages);
	query_number(&query, 5, erasure->erased_at);
	if (query_insert(&query, &id, error))
		return -1;
	query = query_start(store, SQL_OWNER_MAINTENANCE);
	query_number(&query, 1, id);
	store_due(store, 0);
	store_cache_drop_all(store);
	return query_run(&query, error);
}

int store_owner_erase(struct store *store, struct slice tenant,
	struct slice owner, int64_t now, struct owner_erasure *out,
	struct error *error)
{
	int found;

	*out = (struct owner_erasure){ .erased_at = now };
	if (owner_read_owner(
		    store, SQL_OWNER_COUNT, tenant, owner, out, error) < 0)
		return -1;
	if (out->sessions == 0) {
		found = owner_read_owner(
			store, SQL_OWNER_FIND, tenant, owner, out, error);
		if (found)
			return found < 0 ? -1 : 0;
	}
	return owner_write_erasure(store, tenant, owner, out, error);
}

int store_owner_step(
	struct store *store, int64_t row, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_OWNER_SESSION);
	struct session session;

	query_number(&query, 1, row);
	return store_take_first(store, &query, now, &session, error);
}
