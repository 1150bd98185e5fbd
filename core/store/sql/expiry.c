/* SPDX-License-Identifier: MIT */
/*
 * expiry.c - sessions that nobody wrote to for too long.
 */
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statements. */
enum { EXPIRED_NOW = 1 };

const char *const expiry_sql[SQL_COUNT] = {
	[SQL_SESSION_EXPIRED] =
		"SELECT tenant, name FROM session WHERE ttl_seconds IS NOT NULL"
		" AND " EXPIRES_AT " <= ?1 ORDER BY " EXPIRES_AT " LIMIT 1",
};

int store_expire_step(
	struct store *store, int64_t now, int64_t *rows, struct error *error)
{
	for (; *rows > 0; --*rows) {
		struct query query = query_start(store, SQL_SESSION_EXPIRED);
		struct session session;
		int found;

		query_number(&query, EXPIRED_NOW, now);
		found = store_take_first(store, &query, now, &session, error);
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
