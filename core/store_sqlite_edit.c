/* SPDX-License-Identifier: MIT */
/*
 * store_sqlite_edit.c - messages changed, removed, and shared by forks.
 *
 * A row that is changed or removed is kept in `retired`, as it was and with
 * the version that no longer showed it, unless the session retains nothing
 * and no fork begins with it.
 */
#include "core/store_sqlite.h"

/* Counts the edit and what it removed; the tables follow in write_edit(). */
static void count_edit(struct session *session, int64_t removed, int64_t now)
{
	session->edits++;
	session->removed += removed;
	session->touched_at = now;
	if (session->retain_retired == 0)
		session->purged = session_version(session);
}

static int write_edit(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_EDIT);

	query_number(&query, 1, session->id);
	query_number(&query, 2, session->history);
	query_number(&query, 3, session->last_seq);
	query_number(&query, 4, session->edits);
	query_number(&query, 5, session->removed);
	query_number(&query, 6, session->inherited);
	query_number(&query, 7, session->purged);
	query_number(&query, 8, session->touched_at);
	return query_run(&query, error);
}

/* What was retired now goes in time. */
static int schedule(struct store *store, const struct session *session,
	int64_t now, struct error *error)
{
	const int64_t keep = session->retain_retired * 1000;

	return store_chore_add(store, session->id, now + keep, false, error);
}

/* --- what a fork inherits and changes --------------------------------- */

/* Copies what the segment has from `first` on into the session's history. */
static int copy_segment(struct store *store, const struct session *session,
	const struct segment *from, int64_t first, int64_t born,
	struct error *error)
{
	struct query query = query_start(store, SQL_MESSAGES_COPY);

	query_number(&query, 1, from->history);
	query_number(&query, 2, from->version);
	query_number(&query, 3, first - 1);
	query_number(&query, 4, from->upto + 1);
	query_number(&query, 5, INT64_MAX);
	query_number(&query, 6, INT64_MAX);
	query_number(&query, 7, session->history);
	query_number(&query, 8, born);
	query_text(&query, 9, slice_of(from->mark));
	return query_run(&query, error);
}

static int rebase(struct store *store, struct session *session,
	const struct segment *base, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_REBASE);

	query_number(&query, 1, session->history);
	if (base->upto) {
		query_number(&query, 2, base->history);
		query_number(&query, 3, base->upto);
		query_number(&query, 4, base->version);
	}
	session->inherited = base->upto;
	return query_run(&query, error);
}

/*
 * Makes what is inherited from seq `first` on the session's own.  The copies
 * are as old as the history, so they are there at each of its versions, and
 * for the forks of this fork.
 */
static int own(struct store *store, struct session *session, int64_t first,
	int64_t now, struct error *error)
{
	struct segment from = store_segment_top(session);
	int64_t born;

	if (first > session->inherited)
		return 0;
	if (store_history_from(store, session->history, &born, error))
		return -1;
	store_index_due(store, now);
	do {
		if (store_segment_below(store, &from, error) ||
			copy_segment(
				store, session, &from, first, born, error) ||
			store_chore_add(store, from.session, now, true, error))
			return -1;
	} while (first <= from.floor);
	from.upto = first - 1;
	if (from.upto == from.floor && from.floor &&
		store_segment_below(store, &from, error))
		return -1;
	return rebase(store, session, &from, error);
}

/* --- edits ------------------------------------------------------------ */

/* Rows that are not kept leave the index now: it needs their text. */
static int forget(struct store *store, const struct session *session,
	int64_t first, int64_t last, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_INDEX_OF_LIVE);

	query_number(&query, 1, session->history);
	query_number(&query, 2, first - 1);
	query_number(&query, 4, last);
	return store_index_forget(store, &query, now, error);
}

/* Moves rows of the session's own to `retired`; its edit is counted. */
static int retire(struct store *store, const struct session *session,
	int64_t first, int64_t last, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_MESSAGES_RETIRE);

	query_number(&query, 1, session->history);
	query_number(&query, 2, first);
	query_number(&query, 3, last);
	query_number(&query, 4, session_version(session));
	query_number(&query, 5, now);
	query_number(&query, 6, session->retain_retired != 0);
	if (query_run(&query, error))
		return -1;
	return session->retain_retired
		       ? 0
		       : forget(store, session, first, last, now, error);
}

static int write_replacement(struct store *store, const struct session *session,
	int64_t seq, const struct message *message, int64_t now,
	struct error *error)
{
	struct query query = query_start(store, SQL_MESSAGE_REPLACE);

	query_number(&query, 1, session->history);
	query_number(&query, 2, seq);
	query_number(&query, 3, session_version(session));
	query_number(&query, 4, message->form);
	query_number(&query, 5, message->type);
	query_number(&query, 6, now);
	query_optional(&query, 7, message->type_sent);
	query_optional(&query, 8, message->client_created_at);
	query_text(&query, 9, message->body);
	return query_run(&query, error);
}

int store_message_replace(struct store *store, struct session *session,
	int64_t seq, const struct message *message, int64_t now,
	struct error *error)
{
	struct session edited = *session;

	if (own(store, &edited, seq, now, error))
		return -1;
	count_edit(&edited, 0, now);
	store_index_due(store, now);
	if (retire(store, &edited, seq, seq, now, error) ||
		write_replacement(store, &edited, seq, message, now, error) ||
		write_edit(store, &edited, error) ||
		(edited.retain_retired && schedule(store, &edited, now, error)))
		return -1;
	*session = edited;
	store_cache_changed(store, session);
	return 0;
}

static int delete_rows(struct store *store, const struct session *session,
	int64_t first, int64_t last, struct error *error)
{
	struct query query = query_start(store, SQL_MESSAGES_REMOVE);

	query_number(&query, 1, session->history);
	query_number(&query, 2, first);
	query_number(&query, 3, last);
	return query_run(&query, error);
}

int store_message_remove(struct store *store, struct session *session,
	int64_t first, int64_t last, int64_t now, int64_t *removed,
	struct error *error)
{
	struct session edited = *session;

	if (store_message_count(store, session, first, last, removed, error))
		return -1;
	if (*removed == 0)
		return 0;
	if (*removed == session_message_count(session))
		return store_history_clear(store, session, now, removed, error);
	if (own(store, &edited, first, now, error))
		return -1;
	count_edit(&edited, *removed, now);
	if (retire(store, &edited, first, last, now, error) ||
		delete_rows(store, &edited, first, last, error) ||
		write_edit(store, &edited, error) ||
		(edited.retain_retired && schedule(store, &edited, now, error)))
		return -1;
	*session = edited;
	store_cache_changed(store, session);
	return 0;
}

static int end_history(struct store *store, int64_t history, int64_t version,
	int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_END);

	query_number(&query, 1, history);
	query_number(&query, 2, version);
	query_number(&query, 3, now);
	return query_run(&query, error);
}

int store_history_clear(struct store *store, struct session *session,
	int64_t now, int64_t *deleted, struct error *error)
{
	struct session edited = *session;
	int64_t version;

	*deleted = session_message_count(session);
	if (*deleted == 0)
		return 0;
	count_edit(&edited, *deleted, now);
	version = session_version(&edited);
	if (end_history(store, session->history, version, now, error) ||
		store_history_make(store, &edited, version, NULL, error) ||
		write_edit(store, &edited, error) ||
		schedule(store, &edited, now, error))
		return -1;
	*session = edited;
	store_cache_changed(store, session);
	return 0;
}
