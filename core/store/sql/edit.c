/* SPDX-License-Identifier: MIT */
/*
 * edit.c - messages changed, removed, and shared by forks.
 *
 * A row that is changed or removed is kept in `retired`, as it was and with
 * the version that no longer showed it, unless the session retains nothing
 * and no fork begins with it.
 */
#include "core/store/checksum.h"
#include "core/store/memory_state.h"
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"
#include "core/store/sql/session_cache.h"

/* The parameters of the statements. */
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
	RETIRE_KEEP,
	RETIRE_ARCHIVED
};
enum { REMOVE_HISTORY = 1, REMOVE_FIRST, REMOVE_LAST };

#define CREATED_AT                                                \
	"CASE WHEN created_at BETWEEN 0 AND 253402300799999 THEN" \
	" created_at ELSE ?6 END"
#define REPLACED_SUM                                            \
	ROW_SUM("history", "?3", CREATED_AT, "?6", "client_id", \
		"?4, ?5, ?7, ?8, ?9")

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
		" client_created_at, body, checksum, answer)"
		" SELECT history, seq, ?3, ?4, ?5, " CREATED_AT ","
		" ?6, ?7, client_id, ?8, ?9, coalesce(" REPLACED_SUM ", ?10),"
		" answer FROM message"
		" WHERE history = ?1 AND seq = ?2",
	/* A row that is damaged beyond the checks of its table is not kept. */
	[SQL_MESSAGES_RETIRE] =
		"INSERT INTO retired (seal, retired, retired_at, archived,"
		" " ALL_COLUMNS ") SELECT " RETIRED_SEAL("checksum", "?4", "?5",
			"?7") ", ?4, ?5, ?7, " ALL_COLUMNS " FROM message"
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
	session->touched_at = session_write_time(session, now);
}

/* An edit that keeps nothing hides the versions before it. */
static void edit_purge(struct session *session)
{
	if (session->retain_retired == 0)
		session->purged = session_version(session);
}

/* The retired rows go in time: if at once, a pass may have missed them. */
static int edit_schedule(struct store *store, const struct session *session,
	int64_t now, struct error *error)
{
	const int64_t keep = session->retain_retired * 1000;

	return store_gc_schedule(
		store, session->id, now + keep, keep == 0, error);
}

/* --- edits ------------------------------------------------------------ */

/* Rows of its own that change, and the session as it is then. */
struct edit_rows {
	struct store *store;
	struct session edited;
	struct seq_range seqs;
	int64_t now;
	bool archives;
};

static bool edit_keeps(const struct edit_rows *edit)
{
	return edit->archives || edit->edited.retain_retired != 0;
}

/* Rows that are not kept leave the index now: it needs their text. */
static int edit_forget(const struct edit_rows *edit, struct error *error)
{
	const struct engine_rows rows = {
		.history = edit->edited.history,
		.after = edit->seqs.first - 1,
		.upto = edit->seqs.last,
	};

	return store_index_forget(edit->store, &rows, edit->now, error);
}

/* Moves the rows to `retired`. */
static int edit_retire(const struct edit_rows *edit, struct error *error)
{
	const struct session *edited = &edit->edited;
	struct query query = query_start(edit->store, SQL_MESSAGES_RETIRE);

	query_number(&query, RETIRE_HISTORY, edited->history);
	query_number(&query, RETIRE_FIRST, edit->seqs.first);
	query_number(&query, RETIRE_LAST, edit->seqs.last);
	query_number(&query, RETIRE_VERSION, session_version(edited));
	query_number(&query, RETIRE_NOW, edit->now);
	query_number(&query, RETIRE_KEEP, edit_keeps(edit));
	query_number(&query, RETIRE_ARCHIVED, edit->archives);
	if (query_run(&query, error))
		return -1;
	return edit_keeps(edit) ? 0 : edit_forget(edit, error);
}

/* Makes the rows the session's own, counts the edit and retires them. */
static int edit_begin(
	struct edit_rows *edit, int64_t removed, struct error *error)
{
	struct session *edited = &edit->edited;
	const int64_t first = edit->seqs.first;

	if (store_copy_on_write(edit->store, edited, first, edit->now, error))
		return -1;
	edit_count(edited, removed, edit->now);
	if (!edit->archives)
		edit_purge(edited);
	return store_memory_state_forget(edit->store, edited, first, error) ||
			       edit_retire(edit, error)
		       ? -1
		       : 0;
}

/* The session is the edited one from now on; what it retired goes in time. */
static int edit_keep(const struct edit_rows *edit, struct session *session,
	struct error *error)
{
	struct store *store = edit->store;
	const struct session *edited = &edit->edited;

	if (store_session_write(store, edited, error) ||
		(edited->retain_retired && !edit->archives &&
			edit_schedule(store, edited, edit->now, error)))
		return -1;
	*session = *edited;
	store_cache_changed(store, session);
	return 0;
}

static int edit_write_replacement(const struct edit_rows *edit,
	const struct message *message, struct error *error)
{
	struct query query = query_start(edit->store, SQL_MESSAGE_REPLACE);

	query_number(&query, REPLACE_HISTORY, edit->edited.history);
	query_number(&query, REPLACE_SEQ, edit->seqs.first);
	query_number(&query, REPLACE_BORN, session_version(&edit->edited));
	query_number(&query, REPLACE_FORM, message->form);
	query_number(&query, REPLACE_TYPE, message->type);
	query_number(&query, REPLACE_NOW, edit->edited.touched_at);
	query_optional(&query, REPLACE_TYPE_SENT, message->type_sent);
	query_optional(
		&query, REPLACE_CLIENT_CREATED_AT, message->client_created_at);
	query_text(&query, REPLACE_BODY, message->body);
	query_number(&query, REPLACE_CHECKSUM, checksum_of_message(message));
	if (query_run(&query, error))
		return -1;
	return store_usage_message(
		edit->store, &edit->edited, message->body, error);
}

int store_message_replace(struct store *store, struct session *session,
	const struct message_replacement *replacement, struct error *error)
{
	struct edit_rows edit = {
		.store = store,
		.edited = *session,
		.seqs = { replacement->seq, replacement->seq },
		.now = replacement->now,
	};

	store_lock_history(store, session->history, LOCK_OWN);
	store_index_due(store, edit.now);
	if (edit_begin(&edit, 0, error) ||
		edit_write_replacement(&edit, replacement->message, error))
		return -1;
	return edit_keep(&edit, session, error);
}

static int edit_delete_rows(const struct edit_rows *edit, struct error *error)
{
	struct query query = query_start(edit->store, SQL_MESSAGES_REMOVE);

	query_number(&query, REMOVE_HISTORY, edit->edited.history);
	query_number(&query, REMOVE_FIRST, edit->seqs.first);
	query_number(&query, REMOVE_LAST, edit->seqs.last);
	return query_run(&query, error);
}

int store_archive_row(struct store *store, const struct session *session,
	const struct message_row *row, int64_t now, struct error *error)
{
	struct edit_rows edit = {
		.store = store,
		.edited = *session,
		.seqs = { row->seq, row->seq },
		.now = now,
		.archives = true,
	};

	edit.edited.edits = row->archived - session->last_seq;
	return edit_retire(&edit, error) || edit_delete_rows(&edit, error) ? -1
									   : 0;
}

/* The next history begins with `base`, NULL for nothing, but has no `cut`. */
struct edit_successor {
	const struct segment *base;
	struct seq_range cut; /* from 0: all of it */
	int64_t removed;      /* messages */
	int64_t now;
};

/* Ends the history that the session had before this edit was counted. */
static int edit_end_history(struct store *store, const struct session *edited,
	const struct edit_successor *successor, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_END);

	query_number(&query, END_HISTORY, edited->history);
	query_number(&query, END_VERSION, session_version(edited));
	query_number(&query, END_NOW, successor->now);
	query_number(&query, END_CUT_FIRST, successor->cut.first);
	query_number(&query, END_CUT_LAST, successor->cut.last);
	return query_run(&query, error);
}

/* It is one edit: the session has a new history. */
static int edit_succeed(struct store *store, struct session *session,
	const struct edit_successor *successor, struct error *error)
{
	struct session edited = *session;

	edit_count(&edited, successor->removed, successor->now);
	edit_purge(&edited);
	if (store_memory_state_forget(
		    store, &edited, successor->cut.first, error) ||
		edit_end_history(store, &edited, successor, error) ||
		store_history_make(store, &edited, session_version(&edited),
			successor->base, error) ||
		store_session_write(store, &edited, error) ||
		edit_schedule(store, &edited, successor->now, error))
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
		.now = now,
	};

	store_lock_history(store, session->history, LOCK_OWN);
	*deleted = empty.removed;
	return empty.removed ? edit_succeed(store, session, &empty, error) : 0;
}

/* Its new history begins with what is before these, or after them. */
static int edit_cut(struct store *store, struct session *session,
	const struct message_removal *removal, struct error *error)
{
	const int64_t newest = session->last_seq;
	const bool oldest = removal->seqs.last < newest;
	struct segment base = {
		.upto = oldest ? newest : removal->seqs.first - 1,
	};
	const struct edit_successor rest = {
		.base = &base,
		.cut = { removal->seqs.first,
			oldest ? removal->seqs.last : newest },
		.removed = removal->removed,
		.now = removal->now,
	};

	if (store_history_base(store, session, removal->now, &base, error))
		return -1;
	if (oldest)
		base.after = removal->seqs.last;
	return edit_succeed(store, session, &rest, error);
}

/* 1: these are many, and from one end; 0; -1. */
static int edit_is_cut(struct store *store, const struct session *session,
	const struct message_removal *removal, struct error *error)
{
	const struct seq_range before = { 1, removal->seqs.first - 1 };
	int64_t count;

	if (removal->removed <= store_step_rows(store))
		return 0;
	if (removal->seqs.last >= session->last_seq)
		return 1;
	if (store_message_count(store, session, before, &count, error))
		return -1;
	return count == 0;
}

/* So few that each of them is retired. */
static int edit_remove_each(struct store *store, struct session *session,
	const struct message_removal *removal, struct error *error)
{
	struct edit_rows edit = {
		.store = store,
		.edited = *session,
		.seqs = removal->seqs,
		.now = removal->now,
		.archives = removal->archives,
	};

	if (edit_begin(&edit, removal->removed, error) ||
		edit_delete_rows(&edit, error))
		return -1;
	return edit_keep(&edit, session, error);
}

int store_message_remove(struct store *store, struct session *session,
	struct message_removal *removal, struct error *error)
{
	int64_t *removed = &removal->removed;
	int cuts;

	store_lock_history(store, session->history, LOCK_OWN);
	if (store_message_count(store, session, removal->seqs, removed, error))
		return -1;
	if (*removed == 0)
		return 0;
	if (removal->archives)
		return edit_remove_each(store, session, removal, error);
	if (*removed == session_message_count(session))
		return store_history_clear(
			store, session, removal->now, removed, error);
	cuts = edit_is_cut(store, session, removal, error);
	if (cuts < 0)
		return -1;
	return (cuts ? edit_cut : edit_remove_each)(
		store, session, removal, error);
}
