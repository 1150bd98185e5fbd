/* SPDX-License-Identifier: MIT */
/*
 * expect_newest.c - the newest messages of a session come along with it.
 *
 * On an engine that is far away this saves a round trip.  The statement has its
 * history by the session's name, and sees the same state as the session's own:
 * its rows are those that a list of the history would begin with.
 */
#include "core/store/expect.h"
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"
#include "core/store/sql/expectations.h"

/* The parameters of the statement; its columns are MESSAGE_COLUMNS. */
enum { NEWEST_TENANT = 1, NEWEST_NAME };

const char *const expect_newest_sql[SQL_COUNT] = {
	[SQL_EXPECT_MESSAGES] =
		"SELECT " MESSAGE_COLUMNS " FROM message WHERE history ="
		" (SELECT history FROM session WHERE tenant = ?1 AND name = ?2)"
		" ORDER BY seq DESC",
};

void store_expect_newest(
	struct store *store, const struct store_expected *expected)
{
	struct expected_newest *newest = &store->newest;
	const int64_t count = expected->newest;
	const bool passes = newest->passes;

	newest->passes = false;
	if (passes || newest->ref.name.length || count <= 0)
		return;
	newest->ref = expected->ref;
	newest->query = query_rows(store, SQL_EXPECT_MESSAGES,
		count < STORE_NEWEST_MOST ? count : STORE_NEWEST_MOST);
	query_text(&newest->query, NEWEST_TENANT, expected->ref.tenant);
	query_text(&newest->query, NEWEST_NAME, expected->ref.name);
	query_ahead(&newest->query);
	store->engine->sole = expected->alone && count <= STORE_NEWEST_MOST;
}

void store_expect_newest_found(struct store *store, struct session_ref ref,
	const struct session *session)
{
	struct expected_newest *newest = &store->newest;

	if (newest->ref.name.length && newest->history == 0 &&
		slice_equal(ref.tenant, newest->ref.tenant) &&
		slice_equal(ref.name, newest->ref.name))
		newest->history = session->history;
}

void store_expect_newest_failed(struct store *store, const struct error *error)
{
	if (!store->newest.ref.name.length || error->code != ERROR_DAMAGED)
		return;
	store->newest.passes = store->retries = true;
}

/* Are they what the history ends with? */
static bool expect_newest_is_wanted(
	const struct segment *segment, const struct segment_read *read)
{
	return !segment->version && !segment->after &&
	       read->live == SQL_MESSAGES_DOWN && !read->after &&
	       read->before > segment->upto;
}

bool store_expect_newest_take(struct store *store,
	const struct segment *segment, const struct segment_read *read,
	struct query *query)
{
	struct expected_newest *newest = &store->newest;

	if (!expect_newest_is_wanted(segment, read))
		return false;
	if (store->expectations)
		return store_expect_lists_take(store, segment->history, query);
	if (newest->history == 0 || segment->history != newest->history)
		return false;
	*query = newest->query;
	newest->ref = (struct session_ref){ 0 };
	newest->history = 0;
	return true;
}

void store_expect_newest_end(struct store *store)
{
	struct expected_newest *newest = &store->newest;

	if (newest->ref.name.length)
		query_end(&newest->query);
	newest->ref = (struct session_ref){ 0 };
	newest->history = 0;
}
