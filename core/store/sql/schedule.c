/* SPDX-License-Identifier: MIT */
/*
 * schedule.c - when there is something for maintenance to do.
 */
#include "core/store/pack.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statements. */
enum { ADD_SESSION = 1, ADD_DUE_AT, ADD_AGAIN, ADD_STAGE };
enum { OWNED_SESSION = 1 };

const char *const schedule_sql[SQL_COUNT] = {
	[SQL_MAINTENANCE_ADD] =
		"INSERT INTO maintenance AS work (session, due_at, again,"
		" stage) VALUES (?1, ?2, 0, ?4) ON CONFLICT (session) DO UPDATE"
		" SET stage = CASE WHEN work.stage = 3 THEN 2"
		" WHEN work.stage > ?4 THEN ?4 ELSE work.stage END,"
		" due_at = CASE WHEN work.due_at > ?2 THEN ?2"
		" ELSE work.due_at END,"
		" again = CASE WHEN ?3 = 1 THEN 1 ELSE work.again END"
		" WHERE ?3 = 1 OR ?4 < work.stage"
		" OR (?4 = work.stage AND ?2 < work.due_at)",
	/* Of these the name is the owner's: see SQL_OWNER_STUCK. */
	[SQL_MAINTENANCE_OWNED] =
		"UPDATE maintenance SET tenant = (SELECT tenant FROM session"
		" WHERE id = ?1), name = (SELECT owner FROM session"
		" WHERE id = ?1) WHERE session = ?1 AND stage = 1",
};

void store_due(struct store *store, int64_t due_at)
{
	if (due_at < store->due_at)
		store->due_at = due_at;
}

static struct query schedule_add(struct store *store, int64_t session,
	int64_t due_at, enum maintenance_stage stage)
{
	struct query query = query_start(store, SQL_MAINTENANCE_ADD);

	store_due(store, stage == STAGE_TIMED ? due_at : 0);
	query_number(&query, ADD_SESSION, session);
	query_number(&query, ADD_DUE_AT, due_at);
	query_number(&query, ADD_STAGE, stage);
	return query;
}

int store_gc_schedule(struct store *store, int64_t session, int64_t due_at,
	bool again, struct error *error)
{
	struct query query = schedule_add(store, session, due_at, STAGE_TIMED);

	query_number(&query, ADD_AGAIN, again);
	return query_run(&query, error);
}

int store_gc_schedule_owned(
	struct store *store, int64_t session, int64_t now, struct error *error)
{
	struct query query = schedule_add(store, session, now, STAGE_OWNED);

	query_number(&query, ADD_AGAIN, 1);
	if (query_run(&query, error))
		return -1;
	query = query_start(store, SQL_MAINTENANCE_OWNED);
	query_number(&query, OWNED_SESSION, session);
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
	if (!store->filling.ended || !store->sealed)
		return 0;
	return store->engine->index.due_at < store->due_at
		       ? store->engine->index.due_at
		       : store->due_at;
}

int store_pack(struct store *store, int64_t now, int64_t rows, int64_t *due_at,
	struct error *error)
{
	*due_at = INT64_MAX;
	return store->ops->pack ? store->ops->pack(store->engine, now, rows,
					  due_at, error)
				: 0;
}

bool store_maintenance_may_wait(const struct store *store, int64_t now)
{
	return store->due_at > now;
}
