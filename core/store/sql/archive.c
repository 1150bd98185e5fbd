/* SPDX-License-Identifier: MIT */
/* archive.c - what a session has archived, in any of its histories. */
#include "core/store/archive.h"
#include "core/store/damage.h"
#include "core/store/pieces.h"
#include "core/store/restore.h"
#include "core/store/sql/chain.h"
#include "core/store/sql/session_cache.h"

/* The parameters of the statement. */
enum { LIST_SESSION = 1, LIST_AFTER, LIST_BEFORE, LIST_VERSION };

/* And the columns of its rows, behind those of the message. */
enum { IS_ARCHIVED = MESSAGE_REST, IS_MARK, IS_SOUND, IS_WHOSE };

const char *const archive_sql[SQL_COUNT] = {
	[SQL_ARCHIVED] = "SELECT " RETIRED_COLUMNS
			 ", retired, mark, sound, whose FROM (SELECT"
			 " id AS whose, mark, " SHOWN_SOUNDNESS " AS sound"
			 " FROM history AS shown WHERE session = ?1) AS kept"
			 " JOIN retired ON retired.history = whose"
			 " WHERE (archived = 1 OR NOT " RETIRED_IS_SOUND
			 ") " IN_RANGE "AND retired <= ?4 ORDER BY seq",
};

/* 1: the row was visited; 0: there is none; -1. */
static int archive_visit_row(
	struct message_walk *walk, struct query *query, struct error *error)
{
	const int found = query_step(query, error);
	struct message_row row;
	char mark[MARK_LENGTH + 1] = "";

	if (found < 0)
		return store_damaged_session(walk->store, walk->session, error);
	if (found == 0)
		return 0;
	if (!store_is_sound(query, IS_SOUND))
		return store_damaged_history(
			walk->store, walk->session->id, error);
	if (damage_read_message(
		    query, query_get_number(query, IS_WHOSE), &row, error))
		return store_walk_pass_damaged(walk, &row, error);
	store_read_mark(query, IS_MARK, mark);
	row.mark = (struct slice){ mark, MARK_LENGTH };
	row.archived = query_get_number(query, IS_ARCHIVED);
	store_walk_visit(walk, &row);
	return 1;
}

/* 1: there may be more. */
static int archive_list_piece(
	struct message_walk *walk, int64_t before, struct error *error)
{
	struct query query =
		query_rows(walk->store, SQL_ARCHIVED, STORE_PIECE_ROWS);
	int more = 1;

	query_number(&query, LIST_SESSION, walk->session->id);
	query_number(&query, LIST_AFTER, walk->seq);
	query_number(&query, LIST_BEFORE, before);
	query_number(&query, LIST_VERSION, session_version(walk->session));
	while (walk->left > 0 && more > 0)
		more = archive_visit_row(walk, &query, error);
	query_end(&query);
	return more < 0 ? -1 : walk->left > 0 && query.more;
}

int store_archive_list(struct store *store, const struct session *session,
	const struct message_query *what, struct message_visitor visitor,
	struct error *error)
{
	const int64_t before = what->before ? what->before : INT64_MAX;
	struct message_walk walk = {
		.store = store,
		.session = session,
		.what = what,
		.visitor = visitor,
		.left = what->limit,
		.seq = what->after,
	};
	int more;

	do
		more = archive_list_piece(&walk, before, error);
	while (more > 0);
	return more;
}

int store_archive_restore(struct store *store, struct session *session,
	const struct message_row *row, int64_t now, struct error *error)
{
	if (store_message_restore(store, session, row, now, error) ||
		store_archive_row(store, session, row, now, error))
		return -1;
	session->removed++;
	store_cache_changed(store, session);
	return 0;
}
