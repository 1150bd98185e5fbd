/* SPDX-License-Identifier: MIT */
/*
 * erase.c - sessions erased: their own rows now, the rest by maintenance.
 */
#include "core/store/sql/sql.h"

#define DUE_FIRST (-1) /* before the erasures, which are due at 0 */

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
	query_number(&query, 1, session);
	query_number(&query, 2, due_at);
	query_number(&query, 3, again);
	return query_run(&query, error);
}

/* What is found by its id alone; the rest is maintenance. */
static int erase_remove_rows(
	struct store *store, const struct session *session, struct error *error)
{
	static const enum sql rows[] = { SQL_TAGS_ERASE, SQL_SESSION_ERASE };

	store_cache_drop(store, session);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct query query = query_start(store, rows[i]);

		query_number(&query, 1, session->id);
		if (query_run(&query, error))
			return -1;
	}
	return 0;
}

int store_session_erase(struct store *store, const struct session *session,
	int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_MAINTENANCE_ERASE);

	store_due(store, 0);
	query_number(&query, 1, session->id);
	query_number(&query, 2, session_message_count(session));
	query_number(&query, 3, now);
	return query_run(&query, error) ||
			       erase_remove_rows(store, session, error)
		       ? -1
		       : 0;
}

/* Its maintenance comes after what that somebody waits for, or is part of one.
 */
int store_session_expire(struct store *store, const struct session *session,
	int64_t now, struct error *error)
{
	const int64_t due_at = session->disowned ? DUE_FIRST : now;

	return store_gc_schedule(store, session->id, due_at, true, error) ||
			       erase_remove_rows(store, session, error)
		       ? -1
		       : 0;
}

int store_erase_find(struct store *store, struct slice tenant,
	struct slice name, struct erasure *out, struct error *error)
{
	struct query query = query_start(store, SQL_ERASURE_BY_NAME);
	int found;

	*out = (struct erasure){ 0 };
	query_text(&query, 1, tenant);
	query_text(&query, 2, name);
	found = query_step(&query, error);
	if (found > 0) {
		out->deleted = query_get_number(&query, 0);
		out->erased_at = query_get_number(&query, 1);
	}
	query_end(&query);
	return found < 0 ? -1 : 0;
}

int store_erase_open(struct store *store, int64_t *oldest, int64_t *newest,
	struct error *error)
{
	struct query query = query_start(store, SQL_ERASURES_OPEN);
	int found = query_step(&query, error);

	*oldest = found > 0 ? query_get_number(&query, 0) : 0;
	*newest = found > 0 ? query_get_number(&query, 1) : 0;
	query_end(&query);
	return found < 0 ? -1 : 0;
}
