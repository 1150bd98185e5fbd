/* SPDX-License-Identifier: MIT */
/*
 * edit.c - messages changed, removed, and shared by forks.
 *
 * A row that is changed or removed is kept in `retired`, as it was and with
 * the version that no longer showed it, unless the session retains nothing
 * and no fork begins with it.
 */
#include "core/store/checksum.h"
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"

/* What the statements are given, by its place. */
enum { END_HISTORY = 1, END_VERSION, END_NOW, END_CUT_FIRST, END_CUT_LAST };
enum {
	REPLACE_HISTORY = 1,
	REPLACE_SEQ,
	REPLACE_BORN,
	REPLACE_FORM,
	REPLACE_TYPE,
	REPLACE_NOW,
	REPLACE_TYPE_SENT,
	REPLACE_CLIENT_CREATED_AT,
	REPLACE_BODY,
	REPLACE_CHECKSUM
};
enum {
	RETIRE_HISTORY = 1,
	RETIRE_FIRST,
	RETIRE_LAST,
	RETIRE_VERSION,
	RETIRE_NOW,
	RETIRE_KEEP
};
enum { REMOVE_HISTORY = 1, REMOVE_FIRST, REMOVE_LAST };

const char *const edit_sql[SQL_COUNT] = {
	[SQL_HISTORY_END] = "UPDATE history SET until_version = ?2,"
			    " ended_at = ?3, cut_first = nullif(?4, 0),"
			    " cut_last = nullif(?5, 0) WHERE id = ?1",
	/*
	 * The new row takes the place of the old one, with a new id; a time
	 * that is damaged is mended too.
	 */
	[SQL_MESSAGE_REPLACE] =
		"INSERT OR REPLACE INTO message (history, seq, born, form,"
		" type, created_at, updated_at, type_sent, client_id,"
		" client_created_at, body, checksum)"
		" SELECT history, seq, ?3, ?4, ?5, CASE WHEN created_at"
		" BETWEEN 0 AND 253402300799999 THEN created_at ELSE ?6 END,"
		" ?6, ?7, client_id, ?8, ?9, ?10 FROM message"
		" WHERE history = ?1 AND seq = ?2",
	/* A row that is damaged beyond the checks of its table is not kept. */
	[SQL_MESSAGES_RETIRE] =
		"INSERT INTO retired (retired, retired_at, " ALL_COLUMNS ")"
		" SELECT ?4, ?5, " ALL_COLUMNS " FROM message"
		" WHERE history = ?1 AND seq BETWEEN ?2 AND ?3"
		" AND form > 0 AND type > 0 AND born >= seq AND born < ?4"
		" AND (?6 OR " SEEN_BY_A_FORK("message", "") ")",
	[SQL_MESSAGES_REMOVE] = "DELETE FROM message WHERE history = ?1"
				" AND seq BETWEEN ?2 AND ?3",
};

/* Counts the edit and what it removed; the tables follow in
 * store_session_write(). */
static void edit_count(struct session *session, int64_t removed, int64_t now)
{
	session->edits++;
	session->removed += removed;
	session->touched_at = now;
	if (session->retain_retired == 0)
		session->purged = session_version(session);
}

/* What was retired now goes in time: at once, a pass may have missed it. */
static int edit_schedule(struct store *store, const struct session *session,
	int64_t now, struct error *error)
{
	const int64_t keep = session->retain_retired * 1000;

	return store_gc_schedule(
		store, session->id, now + keep, keep == 0, error);
}

/* --- edits ------------------------------------------------------------ */

/* The session is the edited one from now on; what it retired goes in time. */
static int edit_keep(struct store *store, struct session *session,
	const struct session *edited, int64_t now, struct error *error)
{
	if (store_session_write(store, edited, error) ||
		(edited->retain_retired &&
			edit_schedule(store, edited, now, error)))
		return -1;
	*session = *edited;
	store_cache_changed(store, session);
	return 0;
}

/* Rows that are not kept leave the index now: it needs their text. */
static int edit_forget(struct store *store, const struct session *session,
	int64_t first, int64_t last, int64_t now, struct error *error)
{
	const struct engine_rows rows = {
		.history = session->history,
		.after = first - 1,
		.upto = last,
	};

	return store_index_forget(store, &rows, now, error);
}

/* Moves rows of the session's own to `retired`; its edit is counted. */
static int edit_retire(struct store *store, const struct session *session,
	int64_t first, int64_t last, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_MESSAGES_RETIRE);

	query_number(&query, RETIRE_HISTORY, session->history);
	query_number(&query, RETIRE_FIRST, first);
	query_number(&query, RETIRE_LAST, last);
	query_number(&query, RETIRE_VERSION, session_version(session));
	query_number(&query, RETIRE_NOW, now);
	query_number(&query, RETIRE_KEEP, session->retain_retired != 0);
	if (query_run(&query, error))
		return -1;
	return session->retain_retired
		       ? 0
		       : edit_forget(store, session, first, last, now, error);
}

static int edit_write_replacement(struct store *store,
	const struct session *session, int64_t seq,
	const struct message *message, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_MESSAGE_REPLACE);

	query_number(&query, REPLACE_HISTORY, session->history);
	query_number(&query, REPLACE_SEQ, seq);
	query_number(&query, REPLACE_BORN, session_version(session));
	query_number(&query, REPLACE_FORM, message->form);
	query_number(&query, REPLACE_TYPE, message->type);
	query_number(&query, REPLACE_NOW, now);
	query_optional(&query, REPLACE_TYPE_SENT, message->type_sent);
	query_optional(
		&query, REPLACE_CLIENT_CREATED_AT, message->client_created_at);
	query_text(&query, REPLACE_BODY, message->body);
	query_number(&query, REPLACE_CHECKSUM, checksum_of_message(message));
	return query_run(&query, error);
}

int store_message_replace(struct store *store, struct session *session,
	int64_t seq, const struct message *message, int64_t now,
	struct error *error)
{
	struct session edited = *session;

	if (store_copy_on_write(store, &edited, seq, now, error))
		return -1;
	edit_count(&edited, 0, now);
	store_index_due(store, now);
	if (store_memory_state_forget(store, &edited, seq, error) ||
		edit_retire(store, &edited, seq, seq, now, error) ||
		edit_write_replacement(
			store, &edited, seq, message, now, error))
		return -1;
	return edit_keep(store, session, &edited, now, error);
}

static int edit_delete_rows(struct store *store, const struct session *session,
	int64_t first, int64_t last, struct error *error)
{
	struct query query = query_start(store, SQL_MESSAGES_REMOVE);

	query_number(&query, REMOVE_HISTORY, session->history);
	query_number(&query, REMOVE_FIRST, first);
	query_number(&query, REMOVE_LAST, last);
	return query_run(&query, error);
}

/* What its successor begins with, NULL for nothing, and what not. */
struct edit_successor {
	const struct segment *base;
	int64_t first; /* 0: all of it */
	int64_t last;
	int64_t removed; /* messages */
};

static int edit_end_history(struct store *store, int64_t history,
	int64_t version, const struct edit_successor *successor, int64_t now,
	struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_END);

	query_number(&query, END_HISTORY, history);
	query_number(&query, END_VERSION, version);
	query_number(&query, END_NOW, now);
	query_number(&query, END_CUT_FIRST, successor->first);
	query_number(&query, END_CUT_LAST, successor->last);
	return query_run(&query, error);
}

/* One edit: the session has a new history. */
static int edit_succeed(struct store *store, struct session *session,
	const struct edit_successor *successor, int64_t now,
	struct error *error)
{
	struct session edited = *session;
	int64_t version;

	edit_count(&edited, successor->removed, now);
	version = session_version(&edited);
	if (store_memory_state_forget(
		    store, &edited, successor->first, error) ||
		edit_end_history(store, session->history, version, successor,
			now, error) ||
		store_history_make(
			store, &edited, version, successor->base, error) ||
		store_session_write(store, &edited, error) ||
		edit_schedule(store, &edited, now, error))
		return -1;
	*session = edited;
	store_cache_changed(store, session);
	return 0;
}

int store_history_clear(struct store *store, struct session *session,
	int64_t now, int64_t *deleted, struct error *error)
{
	const struct edit_successor empty = {
		.removed = session_message_count(session),
	};

	*deleted = empty.removed;
	return empty.removed ? edit_succeed(store, session, &empty, now, error)
			     : 0;
}

/* Its new history begins with what is before `first` or after `last`. */
static int edit_cut(struct store *store, struct session *session, int64_t first,
	int64_t last, int64_t removed, int64_t now, struct error *error)
{
	const bool oldest = last < session->last_seq;
	const int64_t upto = oldest ? session->last_seq : first - 1;
	struct segment base;
	const struct edit_successor rest = { &base, first,
		oldest ? last : session->last_seq, removed };

	if (store_history_base(store, session, upto, now, &base, error))
		return -1;
	if (oldest)
		base.after = last;
	return edit_succeed(store, session, &rest, now, error);
}

/* 1: these are many, and from one end; 0; -1. */
static int edit_is_cut(struct store *store, const struct session *session,
	int64_t first, int64_t last, int64_t removed, struct error *error)
{
	int64_t before;

	if (removed <= store_step_rows(store))
		return 0;
	if (last >= session->last_seq)
		return 1;
	if (store_message_count(store, session, 1, first - 1, &before, error))
		return -1;
	return before == 0;
}

/* So few that each of them is retired. */
static int edit_remove_each(struct store *store, struct session *session,
	int64_t first, int64_t last, int64_t removed, int64_t now,
	struct error *error)
{
	struct session edited = *session;

	if (store_copy_on_write(store, &edited, first, now, error))
		return -1;
	edit_count(&edited, removed, now);
	if (store_memory_state_forget(store, &edited, first, error) ||
		edit_retire(store, &edited, first, last, now, error) ||
		edit_delete_rows(store, &edited, first, last, error))
		return -1;
	return edit_keep(store, session, &edited, now, error);
}

int store_message_remove(struct store *store, struct session *session,
	int64_t first, int64_t last, int64_t now, int64_t *removed,
	struct error *error)
{
	int cuts;

	if (store_message_count(store, session, first, last, removed, error))
		return -1;
	if (*removed == 0)
		return 0;
	if (*removed == session_message_count(session))
		return store_history_clear(store, session, now, removed, error);
	cuts = edit_is_cut(store, session, first, last, *removed, error);
	if (cuts < 0)
		return -1;
	return (cuts ? edit_cut : edit_remove_each)(
		store, session, first, last, *removed, now, error);
}
