/* SPDX-License-Identifier: MIT */
/*
 * history.c - chains of histories, and what they were.
 *
 * A history may begin with the rows of another one as they were at some
 * version: a fork is made without copying anything.  A list walks such a
 * chain segment by segment; a history without a base is one segment.
 */
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"

#include <stdlib.h>
#include <string.h>

/* What the statements are given, by its place. */
enum { BELOW_HISTORY = 1 };

/* And the columns of their rows. */
enum {
	IS_HISTORY,
	IS_VERSION,
	IS_FLOOR,
	IS_UPTO,
	IS_MARK,
	IS_SESSION,
	IS_AFTER
};

#define OF_TYPE(types) "AND (" types " >> type) & 1 "

const char *const history_sql[SQL_COUNT] = {
	[SQL_HISTORY_BELOW] =
		"SELECT below.id, above.base_version,"
		" coalesce(below.base_upto, 0), above.base_upto, below.mark,"
		" below.session, above.base_after FROM history AS above"
		" JOIN history AS below ON below.id = above.base"
		" WHERE above.id = ?1",
	[SQL_MESSAGES_UP] = COLUMNS_OF("message") IN_RANGE "ORDER BY seq",
	[SQL_MESSAGES_DOWN] =
		COLUMNS_OF("message") IN_RANGE "ORDER BY seq DESC",
	/* Of some types: to look at them would cost a page of 20 a tenth. */
	[SQL_MESSAGES_UP_OF] =
		COLUMNS_OF("message") IN_RANGE OF_TYPE("?4") "ORDER BY seq",
	[SQL_MESSAGES_DOWN_OF] = COLUMNS_OF("message")
		IN_RANGE OF_TYPE("?4") "ORDER BY seq DESC",
	[SQL_MESSAGE_BY_ID] =
		COLUMNS_OF("message") IN_RANGE "AND client_id = ?4",
	[SQL_AS_OF_UP] = AS_OF(IN_RANGE OF_TYPE("?5")) "ORDER BY seq",
	[SQL_AS_OF_DOWN] = AS_OF(IN_RANGE OF_TYPE("?5")) "ORDER BY seq DESC",
	[SQL_AS_OF_BY_ID] = AS_OF(IN_RANGE "AND client_id = ?5 "),
};

struct segment store_segment_top(const struct session *session)
{
	struct segment top = {
		.history = session->history,
		.version = session->as_of,
		.floor = session->inherited,
		.upto = session->as_of ? session->as_of : INT64_MAX - 1,
	};

	memcpy(top.mark, session->mark, MARK_LENGTH);
	return top;
}

static int64_t history_greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

bool store_segment_goes_on(const struct segment *segment, int64_t after)
{
	return segment->floor > history_greater(after, segment->after);
}

int store_segment_below(
	struct store *store, struct segment *segment, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_BELOW);
	int found;

	query_number(&query, BELOW_HISTORY, segment->history);
	found = query_step(&query, error);
	if (found > 0) {
		struct slice mark = query_get_text(&query, IS_MARK);

		*segment = (struct segment){
			.history = query_get_number(&query, IS_HISTORY),
			.version = query_get_number(&query, IS_VERSION),
			.floor = query_get_number(&query, IS_FLOOR),
			.upto = query_get_number(&query, IS_UPTO),
			.session = query_get_number(&query, IS_SESSION),
			.after = history_greater(segment->after,
				query_get_number(&query, IS_AFTER)),
		};
		if (mark.length == MARK_LENGTH)
			memcpy(segment->mark, mark.data, MARK_LENGTH);
	}
	query_end(&query);
	if (found == 0)
		return error_set(error, ERROR_INTERNAL, "a history is lost");
	return found < 0 ? -1 : 0;
}

int store_segment_of(struct store *store, struct segment *segment, int64_t seq,
	struct error *error)
{
	while (segment->floor && seq <= segment->floor)
		if (store_segment_below(store, segment, error))
			return -1;
	return 0;
}

/* --- reading ---------------------------------------------------------- */

struct query store_segment_query(struct store *store,
	const struct segment *segment, const struct segment_read *read)
{
	struct query query;

	store->ops->start(store->engine,
		segment->version ? read->as_of : read->live, read->most,
		&query);
	query_number(&query, SEGMENT_HISTORY, segment->history);
	query_number(&query, SEGMENT_AFTER,
		history_greater(read->after, segment->after));
	query_number(&query, SEGMENT_BEFORE,
		read->before <= segment->upto ? read->before
					      : segment->upto + 1);
	if (segment->version)
		query_number(&query, SEGMENT_VERSION, segment->version);
	return query;
}

/* What a list knows while it goes from segment to segment. */
struct history_walk {
	struct store *store;
	const struct message_query *what;
	int (*visit)(void *context, const struct message_row *row);
	void *context;
	int64_t left; /* of the limit; 0: it is ended */
	int64_t seq;  /* of the last row */
};

/* Visits the rows of a bound query and ends it; 1: there may be more. */
static int history_visit_rows(struct history_walk *walk,
	const struct segment *segment, struct query *query, struct error *error)
{
	struct message_row row;
	int more = 1;

	while (walk->left && (more = query_step(query, error)) > 0) {
		store_message_read(query, &row);
		row.mark = (struct slice){ segment->mark, MARK_LENGTH };
		walk->seq = row.seq;
		walk->left--;
		if (walk->visit(walk->context, &row))
			walk->left = 0;
	}
	query_end(query);
	return more < 0 ? -1 : walk->left && query->more;
}

static struct segment_read history_read_of(const struct message_query *what)
{
	static const enum sql live[2][2] = {
		{ SQL_MESSAGES_UP, SQL_MESSAGES_DOWN },
		{ SQL_MESSAGES_UP_OF, SQL_MESSAGES_DOWN_OF },
	};

	return (struct segment_read){
		.live = live[what->types != 0][what->descending],
		.as_of = what->descending ? SQL_AS_OF_DOWN : SQL_AS_OF_UP,
		.after = what->after,
		.before = what->before ? what->before : INT64_MAX,
		.most.rows = STORE_PIECE_ROWS,
	};
}

/* In pieces: a small one, as the visitor may soon have enough, then large. */
static int history_list_segment(struct history_walk *walk,
	const struct segment *segment, struct error *error)
{
	const struct message_query *what = walk->what;
	struct segment_read read = history_read_of(what);
	int more;

	do {
		struct query query;

		if (read.most.bytes || walk->left < read.most.rows)
			read.most.rows = walk->left;
		query = store_segment_query(walk->store, segment, &read);
		if (what->types || segment->version)
			query_number(&query, segment_rest(segment),
				what->types ? what->types : ~0u);
		more = history_visit_rows(walk, segment, &query, error);
		*(what->descending ? &read.before : &read.after) = walk->seq;
		read.most.bytes = STORE_PIECE_BYTES;
	} while (more > 0);
	return more;
}

static int history_list_down(
	struct history_walk *walk, struct segment *segment, struct error *error)
{
	while (history_list_segment(walk, segment, error) == 0) {
		if (!walk->left ||
			!store_segment_goes_on(segment, walk->what->after))
			return 0;
		if (store_segment_below(walk->store, segment, error))
			return -1;
	}
	return -1;
}

/* The lowest segment comes first, so all above it must be kept. */
static int history_list_up(
	struct history_walk *walk, struct segment top, struct error *error)
{
	struct segment *chain = NULL;
	size_t count = 0, capacity = 0;
	int result = -1;

	for (;;) {
		if (count == capacity) {
			struct segment *more = reallocarray(
				chain, capacity + 16, sizeof(*chain));

			if (!more) {
				error_describe(error, ERROR_UNAVAILABLE,
					"out of memory");
				goto out;
			}
			chain = more;
			capacity += 16;
		}
		chain[count++] = top;
		if (!store_segment_goes_on(&top, walk->what->after))
			break;
		if (store_segment_below(walk->store, &top, error))
			goto out;
	}
	result = 0;
	while (result == 0 && walk->left && count)
		result = history_list_segment(walk, &chain[--count], error);
out:
	free(chain);
	return result;
}

int store_message_list(struct store *store, const struct session *session,
	const struct message_query *what,
	int (*visit)(void *context, const struct message_row *row),
	void *context, struct error *error)
{
	struct segment top = store_segment_top(session);
	struct history_walk walk = { store, what, visit, context, what->limit,
		0 };

	if (!store_segment_goes_on(&top, what->after))
		return history_list_segment(&walk, &top, error);
	return what->descending ? history_list_down(&walk, &top, error)
				: history_list_up(&walk, top, error);
}

/* --- one message ------------------------------------------------------ */

static int history_find_by_seq(struct history_walk *walk,
	const struct segment *segment, int64_t seq, struct error *error)
{
	const struct message_query one = {
		.after = seq - 1,
		.before = seq + 1,
	};
	int result;

	if (seq > segment->upto || seq <= segment->after)
		return 0;
	walk->what = &one;
	result = history_list_segment(walk, segment, error);
	walk->what = NULL;
	return result;
}

static int history_find_by_client_id(struct history_walk *walk,
	const struct segment *segment, struct slice id, struct error *error)
{
	const struct segment_read read = {
		.live = SQL_MESSAGE_BY_ID,
		.as_of = SQL_AS_OF_BY_ID,
		.after = segment->floor,
		.before = INT64_MAX,
		.most.rows = 1,
	};
	struct query query = store_segment_query(walk->store, segment, &read);

	query_text(&query, segment_rest(segment), id);
	return history_visit_rows(walk, segment, &query, error) < 0 ? -1 : 0;
}

/* A message with an id of its own is not also known by the server's. */
struct history_derived {
	int (*visit)(void *context, const struct message_row *row);
	void *context;
};

static int history_visit_derived(void *context, const struct message_row *row)
{
	struct history_derived *derived = context;

	return row->message.id.length || derived->visit(derived->context, row);
}

static int history_find_derived(const struct history_walk *walk,
	const struct segment *segment, int64_t seq, struct error *error)
{
	struct history_derived derived = { walk->visit, walk->context };
	struct history_walk inner = { walk->store, NULL, history_visit_derived,
		&derived, 1, 0 };

	if (seq <= segment->floor)
		return 0;
	return history_find_by_seq(&inner, segment, seq, error);
}

static int history_find_by_id(struct history_walk *walk,
	struct segment *segment, struct slice id, struct error *error)
{
	for (;;) {
		int64_t seq = store_id_seq(id, segment->mark);

		if (history_find_by_client_id(walk, segment, id, error))
			return -1;
		if (walk->left && seq &&
			history_find_derived(walk, segment, seq, error))
			return -1;
		if (!walk->left || !store_segment_goes_on(segment, 0))
			return 0;
		if (store_segment_below(walk->store, segment, error))
			return -1;
	}
}

int store_message_find(struct store *store, const struct session *session,
	struct slice id, int64_t seq,
	int (*visit)(void *context, const struct message_row *row),
	void *context, struct error *error)
{
	struct segment segment = store_segment_top(session);
	struct history_walk walk = { store, NULL, visit, context, 1, 0 };

	if (id.length && store_expect_no_id(store, session, id))
		return 0;
	if (id.length)
		return history_find_by_id(&walk, &segment, id, error);
	if (store_segment_of(store, &segment, seq, error))
		return -1;
	return history_find_by_seq(&walk, &segment, seq, error);
}
