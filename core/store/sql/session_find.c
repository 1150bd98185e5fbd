/* SPDX-License-Identifier: MIT */
/*
 * session_find.c - a session by its name, also beside a damaged page.
 */
#include "core/store/change_feed.h"
#include "core/store/pieces.h"
#include "core/store/sql/expectations.h"
#include "core/store/sql/session_cache.h"

/* The parameters of the statements. */
enum { FIND_TENANT = 1, FIND_NAME };

#define BY_NAME " FROM session WHERE tenant = ?1 AND name = ?2"

const char *const session_find_sql[SQL_COUNT] = {
	[SQL_SESSION_FIND] = "SELECT " SESSION_COLUMNS BY_NAME,
	[SQL_SESSION_TAKE] =
		"SELECT " SESSION_COLUMNS_WITH(APPENDED_AT) BY_NAME,
	[SQL_SESSION_SHUN] = "SELECT " SESSION_COLUMNS_WITH("0") BY_NAME,
};

static struct query session_find_query(
	struct store *store, enum sql which, struct session_ref ref)
{
	struct query query = query_start(store, which);

	query_text(&query, FIND_TENANT, ref.tenant);
	query_text(&query, FIND_NAME, ref.name);
	return query;
}

static bool session_find_is_shunned(
	const struct store *store, struct session_ref ref)
{
	const struct shunned *shunned = &store->shunned;
	const uint64_t key = shunned->turn ? store_session_key(ref) : 0;

	for (size_t i = 0; i < SHUNNED_MOST && key; i++)
		if (shunned->keys[i] == key)
			return true;
	return false;
}

static void session_find_shun(struct store *store, struct session_ref ref)
{
	store->shunned.keys[store->shunned.turn++ % SHUNNED_MOST] =
		store_session_key(ref);
	store->retries = true;
}

/* The newest message's time may be on a damaged page, but not the session. */
static int session_find_step(struct store *store, struct session_ref ref,
	struct query *query, struct error *error)
{
	enum sql which = SQL_SESSION_FIND;
	int found;

	if (store->mode == STORE_WRITE)
		which = session_find_is_shunned(store, ref) ? SQL_SESSION_SHUN
							    : SQL_SESSION_TAKE;
	*query = session_find_query(store, which, ref);
	found = query_step(query, error);
	if (found < 0 && which == SQL_SESSION_TAKE &&
		error->code == ERROR_DAMAGED)
		session_find_shun(store, ref);
	return found;
}

/* The newest message of a shunned one is no later than this. */
static void session_find_guess_time(
	const struct store *store, struct session_ref ref, struct session *out)
{
	if (store->mode == STORE_WRITE && session_find_is_shunned(store, ref))
		out->appended_at = out->touched_at + STORE_TOUCH_AFTER;
}

/* Reads the tables, whether it has expired or not. */
static int session_find_read(struct store *store, struct session_ref ref,
	struct session *out, struct error *error)
{
	struct query query;
	int found;

	if (store_expect_no_session(store, ref))
		return 0;
	found = session_find_step(store, ref, &query, error);
	if (found > 0 &&
		store_read_session(store, &query, ref.name, out, error)) {
		*out = (struct session){ 0 };
		found = -1;
	}
	if (found > 0) {
		session_find_guess_time(store, ref, out);
		store_settle_correct(store, out);
		store_cache_put(store, ref, out);
	}
	query_end(&query);
	return found < 0 ? -1 : 0;
}

int store_session_look_up(struct store *store, struct session_ref ref,
	struct session *out, struct error *error)
{
	*out = (struct session){ 0 };
	if (store_usage_of(store, ref.tenant, error))
		return -1;
	return store_cache_find(store, ref, out) ||
			       store_expect_session(store, ref, out)
		       ? 0
		       : session_find_read(store, ref, out, error);
}

int store_session_find(struct store *store, struct session_ref ref, int64_t now,
	struct session *out, struct error *error)
{
	if (!store_reading_find(store, ref, out)) {
		if (store_session_look_up(store, ref, out, error)) {
			store_expect_newest_failed(store, error);
			return -1;
		}
		store_expect_newest_found(store, ref, out);
		store_reading_found(store, ref, out);
	}
	if (session_is_gone(out, now))
		*out = (struct session){ 0 };
	return 0;
}
