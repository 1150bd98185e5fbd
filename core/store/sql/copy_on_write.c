/* SPDX-License-Identifier: MIT */
/*
 * copy_on_write.c - what a history begins with becomes its own.
 *
 * Rows that are shared are copied before they change, the newest first and so
 * many a write: after each of them the history begins with less, and is what
 * it was.
 */
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"
#include "core/store/sql/session_cache.h"

#define STEP_ROWS 1024
/* So many histories one may see: each costs a read some microseconds. */
#define CHAIN_MAX 32

/* The parameters of the statements. */
enum {
	COPY_FROM = 1,
	COPY_AFTER,
	COPY_BEFORE,
	COPY_VERSION,
	COPY_TO,
	COPY_BORN,
	COPY_MARK
};
enum { NAME_SESSION = 1 };
enum {
	REBASE_HISTORY = 1,
	REBASE_BASE,
	REBASE_BASE_UPTO,
	REBASE_BASE_VERSION,
	REBASE_BASE_AFTER
};

#define COPIED_ID "coalesce(client_id, ?7 || '-' || seq)"
/* A row that is damaged, or older, stays what it is. */
#define COPIED_SUM                                                          \
	"CASE checksum WHEN " ROW_SUM_AS_IT_IS("?1") " THEN " ROW_SUM("?5", \
		"?6", "created_at", "updated_at", COPIED_ID,                \
		CONTENTS) " ELSE checksum END"

const char *const copy_on_write_sql[SQL_COUNT] = {
	[SQL_HISTORY_REBASE] = "UPDATE history SET base = ?2, base_upto = ?3,"
			       " base_version = ?4, base_after = ?5"
			       " WHERE id = ?1",
	[SQL_MESSAGES_COPY] =
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, updated_at, type_sent, client_id,"
		" client_created_at, body, checksum, answer)"
		" SELECT ?5, seq, ?6, form, type, created_at, updated_at,"
		" type_sent, " COPIED_ID ","
		" client_created_at, body, " COPIED_SUM
		", answer FROM (" AS_OF_TO_COPY(IN_RANGE) ") ORDER BY seq",
};

int64_t store_step_rows(const struct store *store)
{
	return store->options.step_rows ? store->options.step_rows : STEP_ROWS;
}

/* A copy into the session's history, of so many rows still. */
struct copy_on_write_rows {
	struct store *store;
	const struct session *session;
	int64_t left;
};

/* Copies the segment's rows. */
static int copy_on_write_segment(struct copy_on_write_rows *copy,
	const struct segment *from, int64_t born, struct error *error)
{
	struct query query = query_start(copy->store, SQL_MESSAGES_COPY);
	int64_t copied;

	query_number(&query, COPY_FROM, from->history);
	query_number(&query, COPY_AFTER, from->after);
	query_number(&query, COPY_BEFORE, from->upto + 1);
	query_number(&query, COPY_VERSION, from->version);
	query_number(&query, COPY_TO, copy->session->history);
	query_number(&query, COPY_BORN, born);
	query_text(&query, COPY_MARK, slice_of(from->mark));
	if (query_run_counting(&query, &copied, error) ||
		(copied && store_usage_copied(copy->store, copy->session,
				   from->after, from->upto, error)))
		return -1;
	copy->left -= copied;
	return 0;
}

/* The session's history begins with what the segment has. */
static int copy_on_write_rebase(struct store *store, struct session *session,
	const struct segment *base, struct error *error)
{
	const bool some = base->upto > base->after;
	struct query query = query_start(store, SQL_HISTORY_REBASE);

	query_number(&query, REBASE_HISTORY, session->history);
	if (some) {
		query_number(&query, REBASE_BASE, base->history);
		query_number(&query, REBASE_BASE_UPTO, base->upto);
		query_number(&query, REBASE_BASE_VERSION, base->version);
	}
	query_number(&query, REBASE_BASE_AFTER, some ? base->after : 0);
	session->inherited = some ? base->upto : 0;
	return query_run(&query, error);
}

/* The rest is for the next time. */
static int copy_on_write_pause(struct store *store, struct session *session,
	const struct segment *rest, struct error *error)
{
	if (copy_on_write_rebase(store, session, rest, error) ||
		store_session_write(store, session, error))
		return -1;
	store_cache_changed(store, session);
	store->unfinished = true;
	return error_set(error, ERROR_UNAVAILABLE,
		"what it shares with others is still being copied");
}

/*
 * Copies the segment's rows, the newest ones if there are more than are left.
 * 1: that was all; 0: the others have the seqs up to from->after; -1.
 */
static int copy_on_write_some(struct copy_on_write_rows *copy,
	struct segment *from, struct error *error)
{
	int64_t born, rest;

	if (store_history_from(
		    copy->store, copy->session->history, &born, error) ||
		store_segment_nth(
			copy->store, from, copy->left + 1, &rest, error))
		return -1;
	if (rest)
		from->after = rest;
	if (copy_on_write_segment(copy, from, born, error))
		return -1;
	return rest == 0;
}

/*
 * The session's rows may be needed no more.  Where it is gone they go by no
 * clock: one that is ahead now would keep what was erased when it is right.
 */
static int copy_on_write_leave(
	struct store *store, int64_t session, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_NAME);
	int found;

	query_number(&query, NAME_SESSION, session);
	found = query_step(&query, error);
	query_end(&query);
	return found < 0 ? -1
			 : store_gc_schedule(store, session, found ? now : 0,
				   true, error);
}

/* The lowest seq that is not to be copied from this segment. */
static int64_t copy_on_write_stop_at(const struct segment *from, int64_t first)
{
	int64_t after = first - 1;

	if (after < from->floor)
		after = from->floor;
	return after < from->after ? from->after : after;
}

/*
 * The copies are as old as the history, so they are there at each of its
 * versions, and for the forks of this fork.
 */
int store_copy_on_write(struct store *store, struct session *session,
	int64_t first, int64_t now, struct error *error)
{
	struct copy_on_write_rows copy = {
		.store = store,
		.session = session,
		.left = store_step_rows(store),
	};
	struct segment from = store_segment_top(session), part;
	int all;

	if (first > session->inherited)
		return 0;
	store_index_due(store, now);
	do {
		if (store_segment_below(store, &from, error))
			return -1;
		part = from;
		part.after = copy_on_write_stop_at(&from, first);
		all = copy_on_write_some(&copy, &part, error);
		if (all < 0 ||
			copy_on_write_leave(store, from.session, now, error))
			return -1;
	} while (all && store_segment_goes_on(&from, first - 1));
	from.upto = part.after;
	if (!all)
		return copy_on_write_pause(store, session, &from, error);
	if (from.upto == from.floor && store_segment_goes_on(&from, 0) &&
		store_segment_below(store, &from, error))
		return -1;
	return copy_on_write_rebase(store, session, &from, error);
}

/* --- and the other way round ------------------------------------------ */

/* The history that has the row of this seq, as it is seen from the session. */
static int copy_on_write_find_base(struct store *store,
	const struct session *session, int64_t upto, struct segment *base,
	struct error *error)
{
	*base = store_segment_top(session);
	base->version = session_version(session);
	if (store_segment_of(store, base, upto, error))
		return -1;
	base->upto = upto;
	return 0;
}

/* Found again when its rows can no longer be taken away. */
static int copy_on_write_hold_base(struct store *store,
	const struct session *session, int64_t upto, struct segment *base,
	struct error *error)
{
	int64_t held = 0;

	for (;;) {
		if (copy_on_write_find_base(store, session, upto, base, error))
			return -1;
		if (!store->ops->lock_history || base->history == held)
			return 0;
		held = base->history;
		store_lock_history(store, held, LOCK_SHARED);
	}
}

static int copy_on_write_measure(struct store *store, struct segment from,
	int *length, struct error *error)
{
	for (*length = 1; store_segment_goes_on(&from, 0); ++*length)
		if (store_segment_below(store, &from, error))
			return -1;
	return 0;
}

int store_history_base(struct store *store, struct session *session,
	int64_t now, struct segment *base, struct error *error)
{
	const int64_t upto = base->upto;
	int length;

	if (copy_on_write_hold_base(store, session, upto, base, error) ||
		copy_on_write_measure(store, *base, &length, error))
		return -1;
	if (length < CHAIN_MAX)
		return 0;
	if (store_copy_on_write(store, session, 1, now, error) ||
		store_session_write(store, session, error))
		return -1;
	store_cache_changed(store, session);
	return copy_on_write_find_base(store, session, upto, base, error);
}
