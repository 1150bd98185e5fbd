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
#include "core/store/sql/sql.h"

#include <string.h>

#define NEVER INT64_MAX

/* Statements over rows, each in the order of the versions they came with. */
static const enum sql sources[] = { SQL_FEED_NEW, SQL_FEED_EDITED,
	SQL_FEED_RETIRED };

#define SOURCES 3

/* A history of the session, as far as it is to be told. */
struct change_feed_chapter {
	int64_t history;
	int64_t until; /* the version that cleared it; NEVER: it is shown */
	int64_t first; /* what it showed when it was cleared */
	int64_t last;
	char mark[MARK_LENGTH];
	struct query rows[SOURCES];
	int64_t born[SOURCES]; /* NEVER: no more rows */
	struct store_change removal;
};

struct change_feed_telling {
	struct store *store;
	const struct session *session;
	int64_t after; /* told so far */
	int (*visit)(void *context, const struct store_change *change);
	void *context;
	bool stopped;
};

static void change_feed_tell(
	struct change_feed_telling *telling, const struct store_change *change)
{
	telling->after = change->version;
	telling->stopped = telling->visit(telling->context, change) != 0;
}

/* --- one history ------------------------------------------------------ */

static int change_feed_find_chapter(struct change_feed_telling *telling,
	struct change_feed_chapter *chapter, struct error *error)
{
	struct query query = query_start(telling->store, SQL_FEED_HISTORY);
	int found;

	*chapter = (struct change_feed_chapter){ .until = NEVER };
	query_number(&query, 1, telling->session->id);
	query_number(&query, 2, telling->after);
	found = query_step(&query, error);
	if (found > 0) {
		struct slice mark = query_get_text(&query, 2);

		chapter->history = query_get_number(&query, 0);
		if (query_get_number(&query, 1))
			chapter->until = query_get_number(&query, 1);
		if (mark.length == MARK_LENGTH)
			memcpy(chapter->mark, mark.data, MARK_LENGTH);
		chapter->first = query_get_number(&query, 3);
		chapter->last = query_get_number(&query, 4);
	}
	query_end(&query);
	return found < 0 ? -1 : 0;
}

static int change_feed_next_row(
	struct change_feed_chapter *chapter, int i, struct error *error)
{
	int found = query_step(&chapter->rows[i], error);

	chapter->born[i] =
		found > 0 ? query_get_number(&chapter->rows[i], 9) : NEVER;
	return found < 0 ? -1 : 0;
}

static int change_feed_next_removal(struct change_feed_telling *telling,
	struct change_feed_chapter *chapter, int64_t after, struct error *error)
{
	struct query query = query_start(telling->store, SQL_FEED_REMOVED);
	int found;

	query_number(&query, 1, chapter->history);
	query_number(&query, 2, after);
	found = query_step(&query, error);
	chapter->removal = (struct store_change){ .version = NEVER };
	if (found > 0)
		chapter->removal = (struct store_change){
			.version = query_get_number(&query, 0),
			.first = query_get_number(&query, 1),
			.last = query_get_number(&query, 2),
		};
	query_end(&query);
	return found < 0 ? -1 : 0;
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
		struct query *query = &chapter->rows[i];

		*query = query_start(telling->store, sources[i]);
		query_number(query, 1, chapter->history);
		query_number(query, 2, telling->after);
		if (sources[i] == SQL_FEED_NEW)
			query_number(query, 3,
				telling->after - telling->session->edits);
		if (change_feed_next_row(chapter, i, error))
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

	store_message_read(&chapter->rows[i], &row);
	row.mark = (struct slice){ chapter->mark, MARK_LENGTH };
	change_feed_tell(telling, &change);
	return change_feed_next_row(chapter, i, error);
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
		if (earliest == NEVER)
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
	int64_t after,
	int (*visit)(void *context, const struct store_change *change),
	void *context, struct error *error)
{
	struct change_feed_telling telling = { .store = store,
		.session = session,
		.after = after,
		.visit = visit,
		.context = context };
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
		if (!telling.stopped && chapter.until != NEVER)
			change_feed_tell_clear(&telling, &chapter);
	} while (!telling.stopped && chapter.until != NEVER);
	return 0;
}
