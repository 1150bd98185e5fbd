/* SPDX-License-Identifier: MIT */
/*
 * history.c - chains of histories, and what they were.
 *
 * A history may begin with the rows of another one as they were at some
 * version: a fork is made without copying anything.  A list walks such a
 * chain segment by segment; a history without a base is one segment.
 */
#include "core/store/sql/chain.h"

#include <stdlib.h>
#include <string.h>

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

	query_number(&query, 1, segment->history);
	found = query_step(&query, error);
	if (found > 0) {
		struct slice mark = query_get_text(&query, 4);

		*segment = (struct segment){
			.history = query_get_number(&query, 0),
			.version = query_get_number(&query, 1),
			.floor = query_get_number(&query, 2),
			.upto = query_get_number(&query, 3),
			.session = query_get_number(&query, 5),
			.after = history_greater(
				segment->after, query_get_number(&query, 6)),
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
	const struct segment *segment, enum sql live, enum sql past)
{
	struct query query = query_start(store, segment->version ? past : live);

	query_number(&query, 1, segment->history);
	query_number(&query, 2, segment->version);
	return query;
}

/* What a list knows while it goes from segment to segment. */
struct walk {
	struct store *store;
	const struct message_query *what;
	int (*visit)(void *context, const struct message_row *row);
	void *context;
	int64_t left;	/* of the limit; 0: it is ended */
	unsigned types; /* bit 1 << type; 0: all */
};

/*
 * Visits the rows of a bound query and ends it.  Types and limit are looked
 * at here: in SQL they cost a tenth of a page of 20.
 */
static int history_visit_rows(struct walk *walk, const struct segment *segment,
	struct query *query, struct error *error)
{
	const unsigned types = walk->types ? walk->types : ~0u;
	struct message_row row;
	int more = 1;

	while (walk->left && (more = query_step(query, error)) > 0) {
		if (!(types >> store_message_type(query) & 1))
			continue;
		store_message_read(query, &row);
		row.mark = (struct slice){ segment->mark, MARK_LENGTH };
		walk->left--;
		if (walk->visit(walk->context, &row))
			walk->left = 0;
	}
	query_end(query);
	return more < 0 ? -1 : 0;
}

static int history_list_segment(
	struct walk *walk, const struct segment *segment, struct error *error)
{
	const struct message_query *what = walk->what;
	int64_t before = segment->upto + 1;
	struct query query = store_segment_query(walk->store, segment,
		what->descending ? SQL_MESSAGES_DOWN : SQL_MESSAGES_UP,
		what->descending ? SQL_AS_OF_DOWN : SQL_AS_OF_UP);

	if (what->before && what->before < before)
		before = what->before;
	query_number(&query, 3, history_greater(what->after, segment->after));
	query_number(&query, 4, before);
	return history_visit_rows(walk, segment, &query, error);
}

static int history_list_down(
	struct walk *walk, struct segment *segment, struct error *error)
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
	struct walk *walk, struct segment top, struct error *error)
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
	struct walk walk = { store, what, visit, context, what->limit,
		what->types };

	if (!store_segment_goes_on(&top, what->after))
		return history_list_segment(&walk, &top, error);
	return what->descending ? history_list_down(&walk, &top, error)
				: history_list_up(&walk, top, error);
}

/* --- one message ------------------------------------------------------ */

static int history_find_by_seq(struct walk *walk, const struct segment *segment,
	int64_t seq, struct error *error)
{
	struct query query;

	if (seq > segment->upto || seq <= segment->after)
		return 0;
	query = store_segment_query(
		walk->store, segment, SQL_MESSAGE_BY_SEQ, SQL_AS_OF_BY_SEQ);
	query_number(&query, 3, seq);
	return history_visit_rows(walk, segment, &query, error);
}

static int history_find_by_client_id(struct walk *walk,
	const struct segment *segment, struct slice id, struct error *error)
{
	struct query query = store_segment_query(
		walk->store, segment, SQL_MESSAGE_BY_ID, SQL_AS_OF_BY_ID);

	query_number(
		&query, 3, history_greater(segment->floor, segment->after));
	query_number(&query, 4, segment->upto + 1);
	query_text(&query, 5, id);
	return history_visit_rows(walk, segment, &query, error);
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

static int history_find_derived(const struct walk *walk,
	const struct segment *segment, int64_t seq, struct error *error)
{
	struct history_derived derived = { walk->visit, walk->context };
	struct walk inner = { walk->store, NULL, history_visit_derived,
		&derived, 1, 0 };

	if (seq <= segment->floor)
		return 0;
	return history_find_by_seq(&inner, segment, seq, error);
}

static int history_find_by_id(struct walk *walk, struct segment *segment,
	struct slice id, struct error *error)
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
	struct walk walk = { store, NULL, visit, context, 1, 0 };

	if (id.length)
		return history_find_by_id(&walk, &segment, id, error);
	if (store_segment_of(store, &segment, seq, error))
		return -1;
	return history_find_by_seq(&walk, &segment, seq, error);
}
