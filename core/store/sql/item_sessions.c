/* SPDX-License-Identifier: MIT */
/*
 * item_sessions.c - the sessions that may have an item, by its id alone.
 */
#include "core/store/item_sessions.h"

#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statement. */
enum { OF_TENANT = 1, OF_ID, OF_MARK, OF_NOW, OF_FORKS };

/* And the column of its rows. */
enum { IS_NAME };

/* Histories, and sessions. */
#define MOST "1000"

#define OF_HISTORIES "SELECT id, session FROM history WHERE "
/* An index has the messages of these forms. */
#define OF_MESSAGES                          \
	"SELECT history FROM message WHERE"  \
	" client_id = ?2 AND form IN (3, 9)" \
	" LIMIT " MOST

const char *const item_sessions_sql[SQL_COUNT] = {
	[SQL_SESSIONS_OF_ITEM] =
		"WITH RECURSIVE shown (id, session) AS (" OF_HISTORIES
		"mark = ?3 UNION " OF_HISTORIES "id IN (" OF_MESSAGES ")"
		" UNION SELECT above.id, above.session FROM shown"
		" JOIN history AS above ON above.base = shown.id"
		" WHERE ?5 > 0) SELECT name FROM (SELECT DISTINCT session"
		" AS one FROM shown LIMIT " MOST ") AS seen CROSS JOIN session"
		" WHERE session.id = one AND tenant = ?1"
		" AND " SESSION_LIVES("?4") " ORDER BY session.id DESC",
};

/* The mark in an id that a server may have made; else empty. */
static struct slice item_sessions_mark(struct slice id)
{
	return id.length > MARK_LENGTH && id.data[MARK_LENGTH] == '-'
		       ? (struct slice){ id.data, MARK_LENGTH }
		       : SLICE("");
}

/* 1: the visitor has stopped. */
static int item_sessions_visit(struct store *store,
	const struct item_search *search, bool forks,
	struct name_visitor visitor, struct error *error)
{
	struct query query = query_rows(store, SQL_SESSIONS_OF_ITEM, INT64_MAX);
	bool stopped = false;
	int found = 0;

	query_text(&query, OF_TENANT, search->tenant);
	query_text(&query, OF_ID, search->id);
	query_text(&query, OF_MARK, item_sessions_mark(search->id));
	query_number(&query, OF_NOW, search->now);
	query_number(&query, OF_FORKS, forks);
	while (!stopped && (found = query_step(&query, error)) > 0)
		stopped = visitor.visit(visitor.context,
				  query_get_text(&query, IS_NAME)) != 0;
	query_end(&query);
	return found < 0 ? -1 : stopped;
}

int store_item_sessions(struct store *store, const struct item_search *search,
	struct name_visitor visitor, struct error *error)
{
	const int result =
		item_sessions_visit(store, search, false, visitor, error);

	if (result != 0)
		return result < 0 ? -1 : 0;
	return item_sessions_visit(store, search, true, visitor, error) < 0 ? -1
									    : 0;
}
