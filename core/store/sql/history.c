/* SPDX-License-Identifier: MIT */
/*
 * history.c - the messages of a history, listed and found.
 *
 * A list walks the chain of histories segment by segment; see segment.c.
 */
#include "core/store/check.h"
#include "core/store/damage.h"
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"

#include <stdlib.h>
#include <string.h>

#define OF_TYPE(types) "AND (" types " >> type) & 1 "

const char *const history_sql[SQL_COUNT] = {
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

/* Is it the end that this row is damaged?  Else only its id is left of it. */
static bool history_is_stopped(const struct message_walk *walk,
	struct message_row *row, struct error *error)
{
	const struct slice id = row->message.id;

	if (!walk->damaged || error->code != ERROR_DAMAGED)
		return true;
	row->message =
		(struct message){ .id = damage_is_id(id) ? id : SLICE("") };
	*error = (struct error){ 0 };
	return false;
}

int store_walk_pass_damaged(struct message_walk *walk,
	const struct message_row *row, struct error *error)
{
	store_damaged_message(walk->store, walk->session, row->seq, error);
	if (error->code != ERROR_DAMAGED || !walk->what || !walk->what->damaged)
		return -1;
	walk->what->damaged(walk->visitor.context, row->seq, error);
	walk->seq = row->seq;
	*error = (struct error){ 0 };
	return 1;
}

void store_walk_visit(struct message_walk *walk, const struct message_row *row)
{
	walk->seq = row->seq;
	walk->left--;
	store_reading_note(walk->store, row);
	if (walk->visitor.visit(walk->visitor.context, row))
		walk->left = 0;
}

/* 1: the row was visited; 0: there is none; -1: it, or a page, is damaged. */
static int history_visit_row(struct message_walk *walk,
	const struct segment *segment, struct query *query, struct error *error)
{
	const int found = query_step(query, error);
	struct message_row row;

	if (found < 0)
		return store_damaged_session(walk->store, walk->session, error);
	if (found == 0)
		return 0;
	if (damage_read_message(query, segment->history, &row, error) &&
		history_is_stopped(walk, &row, error))
		return store_walk_pass_damaged(walk, &row, error);
	row.mark = (struct slice){ segment->mark, MARK_LENGTH };
	store_walk_visit(walk, &row);
	return 1;
}

/* Visits the rows of a bound query and ends it; 1: there may be more. */
static int history_visit_rows(struct message_walk *walk,
	const struct segment *segment, struct query *query, struct error *error)
{
	int more = 1;

	while (walk->left && more > 0)
		more = history_visit_row(walk, segment, query, error);
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

/* A type that is none is damage, which is not to be passed in silence. */
static int64_t history_types(unsigned types)
{
	const int64_t known = ((int64_t)1 << (MESSAGE_GENERIC + 1)) - 2;

	return types ? (int64_t)types | ~known : -1;
}

/* In pieces: a small one, as the visitor may soon have enough, then large. */
static int history_list_segment(struct message_walk *walk,
	const struct segment *segment, struct error *error)
{
	const struct message_query *what = walk->what;
	struct segment_read read = history_read_of(what);
	int more;

	do {
		struct query query;

		if (read.most.bytes || walk->left < read.most.rows)
			read.most.rows = walk->left;
		if (!store_expect_newest_take(
			    walk->store, segment, &read, &query))
			query = store_segment_query(
				walk->store, segment, &read);
		if (what->types || segment->version)
			query_number(&query, segment_rest(segment),
				history_types(what->types));
		more = history_visit_rows(walk, segment, &query, error);
		*(what->descending ? &read.before : &read.after) = walk->seq;
		read.most.bytes = STORE_PIECE_BYTES;
	} while (more > 0);
	return more;
}

static int history_list_down(
	struct message_walk *walk, struct segment *segment, struct error *error)
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
	struct message_walk *walk, struct segment top, struct error *error)
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

static int history_list(struct message_walk *walk, struct error *error)
{
	struct segment top = store_segment_top(walk->session);

	if (!store_segment_goes_on(&top, walk->what->after))
		return history_list_segment(walk, &top, error);
	return walk->what->descending ? history_list_down(walk, &top, error)
				      : history_list_up(walk, top, error);
}

int store_message_list(struct store *store, const struct session *session,
	const struct message_query *what, struct message_visitor visitor,
	struct error *error)
{
	struct message_query rest = *what;
	struct message_walk walk = { .store = store,
		.session = session,
		.what = &rest,
		.visitor = visitor };
	int result;

	if (store_reading_list(store, session, &rest, visitor))
		return 0;
	walk.left = rest.limit;
	result = history_list(&walk, error);
	if (result == 0)
		store_reading_noted(store, walk.left > 0 && rest.after == 0);
	else
		store_reading_forget(store);
	return result;
}

/* --- one message ------------------------------------------------------ */

static int history_find_by_seq(struct message_walk *walk,
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

static int history_find_by_client_id(struct message_walk *walk,
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
static int history_visit_derived(void *context, const struct message_row *row)
{
	const struct message_visitor *visitor = context;

	return row->message.id.length || visitor->visit(visitor->context, row);
}

static int history_find_derived(const struct message_walk *walk,
	const struct segment *segment, int64_t seq, struct error *error)
{
	struct message_visitor visitor = walk->visitor;
	struct message_walk inner = *walk;

	inner.visitor =
		(struct message_visitor){ history_visit_derived, &visitor };
	if (seq <= segment->floor)
		return 0;
	return history_find_by_seq(&inner, segment, seq, error);
}

static int history_find_by_id(struct message_walk *walk,
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

static int history_find(
	struct message_walk *walk, struct message_ref ref, struct error *error)
{
	struct segment segment = store_segment_top(walk->session);

	walk->left = 1;
	if (ref.id.length &&
		store_expect_no_id(walk->store, walk->session, ref.id))
		return 0;
	if (ref.id.length)
		return history_find_by_id(walk, &segment, ref.id, error);
	if (store_segment_of(walk->store, &segment, ref.seq, error))
		return -1;
	return history_find_by_seq(walk, &segment, ref.seq, error);
}

int store_message_find(struct store *store, const struct session *session,
	struct message_ref ref, struct message_visitor visitor,
	struct error *error)
{
	struct message_walk walk = {
		.store = store, .session = session, .visitor = visitor
	};

	return history_find(&walk, ref, error);
}

int store_message_locate(struct store *store, const struct session *session,
	struct message_ref ref, struct message_visitor visitor,
	struct error *error)
{
	struct message_walk walk = { .store = store,
		.session = session,
		.visitor = visitor,
		.damaged = true };

	return history_find(&walk, ref, error);
}
