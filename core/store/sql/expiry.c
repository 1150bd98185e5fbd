/* SPDX-License-Identifier: MIT */
/*
 * expiry.c - sessions that nobody wrote to for too long.
 */
#include "core/store/pieces.h"
#include "core/store/sql/session_cache.h"

/* The parameters of the statements. */
enum { EXPIRED_NOW = 1 };
enum { KEEP_ID = 1 };

const char *const expiry_sql[SQL_COUNT] = {
	[SQL_SESSION_EXPIRED] =
		"SELECT tenant, name FROM session WHERE ttl_seconds IS NOT NULL"
		" AND " EXPIRES_AT " <= ?1 ORDER BY " EXPIRES_AT " LIMIT 1",
	[SQL_SESSION_KEEP] = "UPDATE session SET ttl_seconds = NULL"
			     " WHERE id = ?1",
};

/* Nothing is deleted because of a time in a row that is damaged. */
static int expiry_keep(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_KEEP);

	*error = (struct error){ 0 };
	store_cache_drop(store, session);
	query_number(&query, KEEP_ID, session->id);
	return query_run(&query, error);
}

int store_expire_step(
	struct store *store, int64_t now, int64_t *rows, struct error *error)
{
	for (; *rows > 0; --*rows) {
		struct query query = query_start(store, SQL_SESSION_EXPIRED);
		struct session session = { 0 };
		int found;

		query_number(&query, EXPIRED_NOW, now);
		found = store_take_first(store, &query, now, &session, error);
		if (found < 0 && error->code == ERROR_DAMAGED && session.id) {
			if (expiry_keep(store, &session, error))
				return -1;
			continue;
		}
		if (found <= 0)
			return found;
		/* Its row is late: an append leaves it so for a minute. */
		if (session.id != 0 &&
			store_session_touch(store, &session,
				session_expires_at(&session) -
					session.ttl_seconds * 1000,
				error))
			return -1;
	}
	return 0;
}
