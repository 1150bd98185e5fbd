/* SPDX-License-Identifier: MIT */
/*
 * schedule.c - when there is something for maintenance to do.
 */
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* What the statements are given, by its place. */
enum { ADD_SESSION = 1, ADD_DUE_AT, ADD_AGAIN };

const char *const schedule_sql[SQL_COUNT] = {
	[SQL_MAINTENANCE_ADD] =
		"INSERT INTO chore (session, due_at) VALUES (?1, ?2)"
		" ON CONFLICT (session) DO UPDATE"
		" SET due_at = CASE due_at WHEN 1 THEN 0"
		" ELSE min(due_at, ?2) END, again = max(again, ?3)"
		" WHERE ?3 OR ?2 < due_at",
};

void store_due(struct store *store, int64_t due_at)
{
	if (due_at < store->due_at)
		store->due_at = due_at;
}

int store_gc_schedule(struct store *store, int64_t session, int64_t due_at,
	bool again, struct error *error)
{
	struct query query = query_start(store, SQL_MAINTENANCE_ADD);

	store_due(store, due_at);
	query_number(&query, ADD_SESSION, session);
	query_number(&query, ADD_DUE_AT, due_at);
	query_number(&query, ADD_AGAIN, again);
	return query_run(&query, error);
}

void store_expiry_due(struct store *store, const struct session *session)
{
	if (session->ttl_seconds)
		store_due(store, session_expires_at(session));
}

void store_index_due(struct store *store, int64_t now)
{
	engine_index_due(store->engine, now + STORE_INDEX_AFTER);
}

int64_t store_maintenance_due(const struct store *store)
{
	return store->engine->index.due_at < store->due_at
		       ? store->engine->index.due_at
		       : store->due_at;
}

bool store_maintenance_may_wait(const struct store *store, int64_t now)
{
	return store->due_at > now;
}
