/* SPDX-License-Identifier: MIT */
/*
 * change_feed.c - what happened to the messages, in its order.
 *
 * Nothing is kept for it: each row has the version that it came with, and if
 * it is retired the one that it went with.  A session's histories follow each
 * other without a gap; each is told from its new rows, its edited ones, those
 * that are retired by now, and its removals, the earliest version first.
 */
#include "core/store/change_feed.h"
#include "core/store/damage.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

#define END INT64_MAX

/* The parameters of the statements. */
enum { ROWS_HISTORY = 1, ROWS_AFTER, ROWS_AFTER_SEQ };
enum { HISTORY_SESSION = 1, HISTORY_VERSION };
enum { REMOVED_HISTORY = 1, REMOVED_AFTER };

/* And the columns of their rows. */
enum { IS_ID, IS_UNTIL_VERSION, IS_MARK, IS_FIRST, IS_LAST, IS_SOUND };
enum {
	IS_REMOVED_VERSION,
	IS_REMOVED_FIRST,
	IS_REMOVED_LAST,
	IS_REMOVED_SOUND
};

const char *const change_feed_sql[SQL_COUNT] = {
	[SQL_FEED_HISTORY] =
		"SELECT id, until_version, mark, coalesce(cut_first,"
		" iif(base IS NULL, (SELECT min(seq) FROM message"
		" WHERE history = above.id), base_after + 1)),"
		" coalesce(cut_last, (SELECT max(seq) FROM message"
		" WHERE history = above.id), base_upto), " ABOVE_SOUNDNESS
		" FROM history AS above WHERE session = ?1"
		" AND from_version <= ?2 ORDER BY from_version DESC LIMIT 1",
	[SQL_FEED_NEW] = COLUMNS_OF("message") "AND born > ?2 AND seq > ?3"
					       " AND updated_at IS NULL"
					       " ORDER BY seq",
	[SQL_FEED_EDITED] = COLUMNS_OF("message") "AND born > ?2"
						  " AND updated_at IS NOT NULL"
						  " ORDER BY born",
	[SQL_FEED_RETIRED] = COLUMNS_OF_RETIRED "AND born > ?2 ORDER BY born",
	/* An edit left another row of its version, a removal did not. */
	[SQL_FEED_REMOVED] =
		"SELECT retired, seq, (SELECT max(seq) FROM retired AS same"
		" WHERE history = ?1 AND same.retired = old.retired),"
		" CASE WHEN " RETIRED_IS_SOUND " THEN 1 ELSE 0 END"
		" FROM retired AS old WHERE history = ?1 AND retired > ?2"
		" AND NOT EXISTS (SELECT 1 FROM message AS new WHERE"
		" history = ?1 AND new.seq = old.seq AND born = old.retired)"
		" AND NOT EXISTS (SELECT 1 FROM retired AS new WHERE"
		" history = ?1 AND new.seq = old.seq AND born = old.retired)"
		" ORDER BY retired, seq LIMIT 1",
};

/* Statements over rows, each in the order of the versions they came with. */
static const enum sql sources[] = { SQL_FEED_NEW, SQL_FEED_EDITED,
	SQL_FEED_RETIRED };

#define SOURCES 3

/* A history of the session, as far as it is to be told. */
struct change_feed_chapter {
	int64_t history;
	int64_t until; /* the version that cleared it; END: it is shown */
	int64_t first; /* what it showed when it was cleared */
	int64_t last;
	char mark[MARK_LENGTH];
	struct query rows[SOURCES];
	int64_t born[SOURCES]; /* END: no more rows */
	int64_t seq[SOURCES];  /* of the row at hand */
	struct store_change removal;
};

struct change_feed_telling {
	struct store *store;
	const struct session *session;
	int64_t after; /* told so far */
	struct change_visitor visitor;
	bool stopped;
};

static void change_feed_tell(
	struct change_feed_telling *telling, const struct store_change *change)
{
	telling->after = change->version;
	telling->stopped =
		telling->visitor.visit(telling->visitor.context, change) != 0;
}

/* --- one history ------------------------------------------------------ */

static int change_feed_find_chapter(struct change_feed_telling *telling,
	struct change_feed_chapter *chapter, struct error *error)
{
	struct query query = query_start(telling->store, SQL_FEED_HISTORY);
	bool sound = true;
	int found;

	*chapter = (struct change_feed_chapter){ .until = END };
	query_number(&query, HISTORY_SESSION, telling->session->id);
	query_number(&query, HISTORY_VERSION, telling->after);
	found = query_step(&query, error);
	if (found > 0) {
		chapter->history = query_get_number(&query, IS_ID);
		if (query_get_number(&query, IS_UNTIL_VERSION))
			chapter->until =
				query_get_number(&query, IS_UNTIL_VERSION);
		store_read_mark(&query, IS_MARK, chapter->mark);
		chapter->first = query_get_number(&query, IS_FIRST);
		chapter->last = query_get_number(&query, IS_LAST);
		sound = store_is_sound(&query, IS_SOUND);
	}
	query_end(&query);
	if (!sound)
		return store_damaged_history(
			telling->store, telling->session->id, error);
	if (found > 0 && chapter->until <= telling->after) {
		error_describe(error, ERROR_DAMAGED,
			"its history ends before it was shown");
		return store_damaged_session(
			telling->store, telling->session, error);
	}
	return found < 0 ? -1 : 0;
}

/* Starts behind the row at hand, or what was told; new ones go by seq. */
static void change_feed_start_rows(struct change_feed_telling *telling,
	struct change_feed_chapter *chapter, int i)
{
	struct query *query = &chapter->rows[i];
	const bool by_seq = sources[i] == SQL_FEED_NEW;

	*query = query_rows(telling->store, sources[i], STORE_PIECE_ROWS);
	query_number(query, ROWS_HISTORY, chapter->history);
	query_number(
		query, ROWS_AFTER, by_seq ? telling->after : chapter->born[i]);
	if (by_seq)
		query_number(query, ROWS_AFTER_SEQ, chapter->seq[i]);
}

static int change_feed_next_row(struct change_feed_telling *telling,
	struct change_feed_chapter *chapter, int i, struct error *error)
{
	struct query *query = &chapter->rows[i];
	int found = query_step(query, error);

	if (found == 0 && query->more) {
		query_end(query);
		change_feed_start_rows(telling, chapter, i);
		found = query_step(query, error);
	}
	chapter->born[i] = END;
	if (found > 0) {
		chapter->born[i] = query_get_number(query, MESSAGE_BORN);
		chapter->seq[i] = query_get_number(query, MESSAGE_SEQ);
	}
	return found < 0 ? -1 : 0;
}

static int change_feed_next_removal(struct change_feed_telling *telling,
	struct change_feed_chapter *chapter, int64_t after, struct error *error)
{
	struct query query = query_start(telling->store, SQL_FEED_REMOVED);
	bool sound = true;
	int found;

	query_number(&query, REMOVED_HISTORY, chapter->history);
	query_number(&query, REMOVED_AFTER, after);
	found = query_step(&query, error);
	chapter->removal = (struct store_change){ .version = END };
	if (found > 0) {
		sound = store_is_sound(&query, IS_REMOVED_SOUND);
		chapter->removal = (struct store_change){
			.version = query_get_number(&query, IS_REMOVED_VERSION),
			.first = query_get_number(&query, IS_REMOVED_FIRST),
			.last = query_get_number(&query, IS_REMOVED_LAST),
		};
	}
	query_end(&query);
	if (sound)
		return found < 0 ? -1 : 0;
	error_describe(error, ERROR_DAMAGED,
		"when it was removed is not what was stored");
	return store_damaged_message(telling->store, telling->session,
		chapter->removal.first, error);
}

/*
 * Of the changes after this version at most all were appends, so the seqs of
 * what is new are above the version less today's edits.
 */
static int change_feed_begin_chapter(struct change_feed_telling *telling,
	struct change_feed_chapter *chapter, struct error *error)
{
	int result = 0;

	for (int i = 0; i < SOURCES; i++) {
		chapter->born[i] = telling->after;
		chapter->seq[i] = telling->after - telling->session->edits;
		change_feed_start_rows(telling, chapter, i);
		if (change_feed_next_row(telling, chapter, i, error))
			result = -1;
	}
	if (change_feed_next_removal(telling, chapter, telling->after, error))
		result = -1;
	return result;
}

static void change_feed_end_chapter(struct change_feed_chapter *chapter)
{
	for (int i = 0; i < SOURCES; i++)
		query_end(&chapter->rows[i]);
}

static int change_feed_tell_row(struct change_feed_telling *telling,
	struct change_feed_chapter *chapter, int i, struct error *error)
{
	struct message_row row;
	const struct store_change change = {
		.version = chapter->born[i],
		.row = &row,
	};

	if (damage_read_message(
		    &chapter->rows[i], chapter->history, &row, error))
		return store_damaged_message(telling->store, telling->session,
			chapter->seq[i], error);
	row.mark = (struct slice){ chapter->mark, MARK_LENGTH };
	change_feed_tell(telling, &change);
	return change_feed_next_row(telling, chapter, i, error);
}

static int change_feed_tell_removal(struct change_feed_telling *telling,
	struct change_feed_chapter *chapter, struct error *error)
{
	change_feed_tell(telling, &chapter->removal);
	return change_feed_next_removal(
		telling, chapter, chapter->removal.version, error);
}

static int change_feed_tell_chapter(struct change_feed_telling *telling,
	struct change_feed_chapter *chapter, struct error *error)
{
	while (!telling->stopped) {
		int64_t earliest = chapter->removal.version;
		int from = SOURCES;

		for (int i = 0; i < SOURCES; i++)
			if (chapter->born[i] < earliest) {
				earliest = chapter->born[i];
				from = i;
			}
		if (earliest == END)
			return 0;
		if (from < SOURCES ? change_feed_tell_row(
					     telling, chapter, from, error)
				   : change_feed_tell_removal(
					     telling, chapter, error))
			return -1;
	}
	return 0;
}

/* --- one after the other ---------------------------------------------- */

static void change_feed_tell_clear(struct change_feed_telling *telling,
	const struct change_feed_chapter *chapter)
{
	const struct store_change change = {
		.version = chapter->until,
		.first = chapter->first,
		.last = chapter->last,
	};

	change_feed_tell(telling, &change);
}

int store_change_feed(struct store *store, const struct session *session,
	int64_t after, struct change_visitor visitor, struct error *error)
{
	struct change_feed_telling telling = { .store = store,
		.session = session,
		.after = after,
		.visitor = visitor };
	struct change_feed_chapter chapter;
	int result;

	do {
		if (change_feed_find_chapter(&telling, &chapter, error))
			return -1;
		result = change_feed_begin_chapter(&telling, &chapter, error);
		if (result == 0)
			result = change_feed_tell_chapter(
				&telling, &chapter, error);
		change_feed_end_chapter(&chapter);
		if (result)
			return -1;
		if (!telling.stopped && chapter.until != END)
			change_feed_tell_clear(&telling, &chapter);
	} while (!telling.stopped && chapter.until != END);
	return 0;
}

bool store_has_versions(const struct store *store)
{
	return store->ops->versions != NULL;
}

int store_versions(struct store *store, const struct session_ref *refs,
	size_t count, struct store_version *out, struct error *error)
{
	return store->ops->versions(store->engine, refs, count, out, error);
}
