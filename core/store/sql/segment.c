/* SPDX-License-Identifier: MIT */
/*
 * segment.c - chains of histories, and what they were.
 *
 * A history may begin with the rows of another one as they were at some
 * version: a fork is made without copying anything.  A history without a base
 * is one segment.
 */
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"

#include <string.h>

/*
 * No chain gets so deep, so it is a ring, and damaged.  The ids do not tell:
 * those of several processes are in no order.
 */
#define DEPTH_MAX 1000

/* The parameters of the statements. */
enum { BELOW_HISTORY = 1 };

/* And the columns of their rows. */
enum {
	IS_HISTORY,
	IS_VERSION,
	IS_FLOOR,
	IS_UPTO,
	IS_MARK,
	IS_SESSION,
	IS_AFTER,
	IS_ABOVE_SOUND,
	IS_BELOW_SOUND
};

const char *const segment_sql[SQL_COUNT] = {
	[SQL_HISTORY_BELOW] =
		"SELECT below.id, above.base_version,"
		" coalesce(below.base_upto, 0), above.base_upto, below.mark,"
		" below.session, above.base_after, " ABOVE_SOUNDNESS ","
		" " BELOW_SOUNDNESS " FROM history AS above"
		" JOIN history AS below ON below.id = above.base"
		" WHERE above.id = ?1",
};

struct segment store_segment_top(const struct session *session)
{
	struct segment top = {
		.history = session->history,
		.shown_by = session->id,
		.version = session->as_of,
		.floor = session->inherited,
		.upto = session->as_of ? session->as_of : INT64_MAX - 1,
	};

	memcpy(top.mark, session->id_mark, MARK_LENGTH);
	return top;
}

static int64_t segment_greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

bool store_segment_goes_on(const struct segment *segment, int64_t after)
{
	return segment->floor > segment_greater(after, segment->after);
}

/* No chain ends in nothing, and none is so deep. */
static int segment_is_lost(
	struct store *store, const struct segment *segment, struct error *error)
{
	const struct session shown = { .id = segment->shown_by };

	error_describe(
		error, ERROR_DAMAGED, "what a history begins with is lost");
	return store_damaged_session(store, &shown, error);
}

int store_segment_below(
	struct store *store, struct segment *segment, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_BELOW);
	bool sound;
	int found;

	query_number(&query, BELOW_HISTORY, segment->history);
	found = query_step(&query, error);
	if (found > 0) {
		*segment = (struct segment){
			.history = query_get_number(&query, IS_HISTORY),
			.version = query_get_number(&query, IS_VERSION),
			.floor = query_get_number(&query, IS_FLOOR),
			.upto = query_get_number(&query, IS_UPTO),
			.session = query_get_number(&query, IS_SESSION),
			.shown_by = segment->shown_by,
			.after = segment_greater(segment->after,
				query_get_number(&query, IS_AFTER)),
			.depth = segment->depth + 1,
		};
		store_read_mark(&query, IS_MARK, segment->mark);
	}
	sound = found > 0 && store_is_sound(&query, IS_ABOVE_SOUND) &&
		store_is_sound(&query, IS_BELOW_SOUND);
	query_end(&query);
	if (found < 0)
		return -1;
	if (found == 0 || segment->depth > DEPTH_MAX)
		return segment_is_lost(store, segment, error);
	return sound ? 0
		     : store_damaged_history(store, segment->shown_by, error);
}

int store_segment_of(struct store *store, struct segment *segment, int64_t seq,
	struct error *error)
{
	while (segment->floor && seq <= segment->floor)
		if (store_segment_below(store, segment, error))
			return -1;
	return 0;
}

struct query store_segment_query(struct store *store,
	const struct segment *segment, const struct segment_read *read)
{
	struct query query;

	store_start(store, segment->version ? read->as_of : read->live,
		read->most, &query);
	query_number(&query, SEGMENT_HISTORY, segment->history);
	query_number(&query, SEGMENT_AFTER,
		segment_greater(read->after, segment->after));
	query_number(&query, SEGMENT_BEFORE,
		read->before <= segment->upto ? read->before
					      : segment->upto + 1);
	if (segment->version)
		query_number(&query, SEGMENT_VERSION, segment->version);
	return query;
}
