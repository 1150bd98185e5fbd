/* SPDX-License-Identifier: MIT */
/*
 * erase.c - sessions erased: their own rows now, the rest by maintenance.
 */
#include "core/store/sql/sql.h"

#define DUE_FIRST (-1) /* before the erasures, which are due at 0 */

/* What is found by its id alone; the rest is maintenance. */
static int erase_remove_rows(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query;

	store_cache_drop(store, session);
	if (store_tags_erase(store, session, error))
		return -1;
	query = query_start(store, SQL_SESSION_ERASE);
	query_number(&query, 1, session->id);
	return query_run(&query, error);
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

int store_session_take(struct store *store, struct slice tenant,
	struct slice name, int64_t now, struct session *out,
	struct error *error)
{
	if (store_session_look_up(store, tenant, name, out, error))
		return -1;
	if (!session_is_gone(out, now))
		return 0;
	if (store_session_expire(store, out, now, error))
		return -1;
	*out = (struct session){ 0 };
	return 0;
}

int store_take_first(struct store *store, struct query *query, int64_t now,
	struct session *out, struct error *error)
{
	struct text names = { 0 };
	struct slice tenant, name;
	size_t length = 0;
	int found = query_step(query, error);

	/* Copied: its row may go. */
	if (found > 0) {
		text_slice(&names, query_get_text(query, 0));
		length = names.length;
		text_slice(&names, query_get_text(query, 1));
	}
	query_end(query);
	tenant = (struct slice){ names.data, length };
	name = (struct slice){ names.data + length, names.length - length };
	if (names.failed)
		found = error_out_of_memory(error);
	if (found > 0 &&
		store_session_take(store, tenant, name, now, out, error))
		found = -1;
	text_clear(&names);
	return found;
}
