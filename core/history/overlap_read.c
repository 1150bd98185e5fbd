/* SPDX-License-Identifier: MIT */
/*
 * overlap_read.c - the parts of a history that a request may overlap.
 *
 * A run ends the history, so it is read backwards until a message comes that
 * the request has nowhere; and forwards, as far as both begin alike.  The rest
 * between is not read.  Messages are those of a chat, whatever the rows are.
 */
#include <stdlib.h>

#include "core/history/chat_rows.h"
#include "core/history/history.h"
#include "core/history/overlap_match.h"
#include "schema/error.h"
#include "schema/forms/items.h"

struct overlap_read {
	const struct history_request *request;
	struct overlap_match match;   /* without leading system messages */
	struct overlap_items history; /* the end, backwards, then both */
	size_t leading;
	bool whole;	/* the end is all of it */
	bool leads;	/* so far only system messages were met */
	bool parts;	/* the beginning ends where both part */
	size_t met;	/* of the history's end: what had arrived */
	size_t systems; /* that the end begins with, so far */
	int64_t floor;	/* the last of them */
	bool failed;
	struct error error;
};

static bool overlap_read_is_late(
	const struct overlap_read *reading, int64_t seq)
{
	return seq > reading->request->arrived;
}

/* --- the end of the history ----------------------------------------------- */

static bool overlap_read_is_system(const struct chat_group *group)
{
	return group->count == 1 &&
	       group->rows[0].message.type == MESSAGE_SYSTEM;
}

/* Counts the system messages that were met last. */
static void overlap_read_systems(
	struct overlap_read *reading, const struct chat_group *group)
{
	if (!overlap_read_is_system(group)) {
		reading->systems = 0;
		return;
	}
	if (reading->systems++ == 0)
		reading->floor = group->last;
}

static int overlap_read_end(void *context, const struct chat_group *group)
{
	struct overlap_read *reading = context;
	const struct overlap_items *items = &reading->match.group;
	bool known = true;

	reading->failed = overlap_match_group(
				  &reading->match, group, &reading->error) != 0;
	for (size_t i = items->count; i > 0 && !reading->failed; i--) {
		known &= items->items[i - 1].word != 0;
		reading->failed =
			overlap_items_push(&reading->history,
				&items->items[i - 1], &reading->error) != 0;
	}
	overlap_read_systems(reading, group);
	if (!reading->failed && overlap_read_is_late(reading, group->last))
		return 0;
	reading->met += items->count;
	reading->whole = !reading->failed && known &&
			 reading->met <= reading->match.asked.count;
	return !reading->whole;
}

static void overlap_read_reverse(struct overlap_items *list)
{
	struct overlap_item *items = list->items;

	for (size_t i = 0, j = list->count; i + 1 < j; i++, j--) {
		const struct overlap_item item = items[i];

		items[i] = items[j - 1];
		items[j - 1] = item;
	}
}

/* --- its beginning -------------------------------------------------------- */

/* Do both part with the message that comes next of the history? */
static bool overlap_read_is_other(
	const struct overlap_read *reading, const struct overlap_item *item)
{
	const struct overlap_items *asked = &reading->match.asked;
	const size_t at = reading->history.count;

	return at >= asked->count || item->word == 0 ||
	       item->word != asked->items[at].word;
}

static int overlap_read_front(void *context, const struct chat_group *group)
{
	struct overlap_read *reading = context;
	const struct overlap_items *items = &reading->match.group;

	reading->leads = reading->leads && overlap_read_is_system(group);
	if (reading->leads) {
		reading->floor = group->last;
		return 0;
	}
	reading->failed = overlap_match_group(
				  &reading->match, group, &reading->error) != 0;
	for (size_t i = 0;
		i < items->count && !reading->parts && !reading->failed; i++) {
		reading->parts =
			overlap_read_is_other(reading, &items->items[i]);
		reading->failed =
			overlap_items_push(&reading->history, &items->items[i],
				&reading->error) != 0;
	}
	return reading->failed || reading->parts;
}

/* --- both from the store -------------------------------------------------- */

static int overlap_read_keeps(void *context, const struct message *message)
{
	struct overlap_read *reading = context;
	const int counts =
		overlap_match_counts(&reading->match, message, &reading->error);

	reading->failed |= counts < 0;
	return counts;
}

struct overlap_read_taking {
	struct chat_rows *rows;
	int result; /* of the newest */
};

static int overlap_read_take(void *context, const struct message_row *row)
{
	struct overlap_read_taking *taking = context;

	taking->result = chat_rows_take(taking->rows, row);
	return taking->result != 0;
}

static int overlap_read_list(struct overlap_read *reading, struct store *store,
	const struct session *session, const struct message_query *query,
	struct error *error)
{
	struct chat_rows rows = {
		.descending = query->descending,
		.keeps = overlap_read_keeps,
		.visit = query->descending ? overlap_read_end
					   : overlap_read_front,
		.context = reading,
	};
	struct overlap_read_taking taking = { &rows, 0 };
	int result = store_message_list(store, session, query,
		(struct message_visitor){ overlap_read_take, &taking }, error);

	if (result == 0 && taking.result == 0)
		taking.result = chat_rows_end(&rows);
	chat_rows_clear(&rows);
	if (result)
		return -1;
	if (reading->failed)
		*error = reading->error;
	else if (taking.result < 0)
		return error_out_of_memory(error);
	return reading->failed ? -1 : 0;
}

/* Puts what both begin with, and the gap behind it, before the end. */
static int overlap_read_beginning(struct overlap_read *reading,
	struct store *store, const struct session *session, struct error *error)
{
	const struct overlap_item gap = { 0 };
	struct overlap_items end = reading->history;
	struct message_query query = { .limit = INT64_MAX };
	int result;

	if (end.count > 0)
		query.before = end.items[0].first;
	reading->history = (struct overlap_items){ 0 };
	reading->leads = true;
	reading->floor = 0;
	result = overlap_read_list(reading, store, session, &query, error);
	if (result == 0 && reading->parts)
		result = overlap_items_push(&reading->history, &gap, error);
	for (size_t i = 0; result == 0 && i < end.count; i++)
		result = overlap_items_push(
			&reading->history, &end.items[i], error);
	free(end.items);
	return result;
}

/* --- both ----------------------------------------------------------------- */

/* A thought alone says nothing, and goes with what follows it. */
static bool overlap_read_is_thought(
	const struct overlap_read *reading, const struct chat_group *group)
{
	const struct message *items = reading->request->list->items;

	for (int64_t at = group->first; at <= group->last; at++)
		if (items_kind(&items[at - 1]) != ITEM_THOUGHT)
			return false;
	return true;
}

/* The request's items of one answer are one message, as a history's are. */
static int overlap_read_asked(void *context, const struct chat_group *group)
{
	struct overlap_read *reading = context;
	struct overlap_items *asked = &reading->match.asked;
	struct text body = { 0 };
	struct message message = group->rows[0].message;

	if (overlap_read_is_thought(reading, group))
		return 0;
	if (group->joined)
		message = chat_group_join(group, &body);
	reading->failed = body.failed
				  ? error_out_of_memory(&reading->error) != 0
				  : overlap_match_ask(&reading->match, &message,
					    &reading->error) != 0;
	text_clear(&body);
	if (reading->failed)
		return -1;
	asked->items[asked->count - 1].last = group->last;
	return 0;
}

/* Its messages are rows here, numbered from 1. */
static int overlap_read_request(
	struct overlap_read *reading, struct error *error)
{
	const struct message_list *list = reading->request->list;
	struct chat_rows rows = {
		.visit = overlap_read_asked,
		.context = reading,
	};
	int result = 0;

	while (reading->leading < list->count &&
		list->items[reading->leading].type == MESSAGE_SYSTEM)
		reading->leading++;
	for (size_t i = reading->leading; i < list->count && result == 0; i++)
		result =
			chat_rows_take(&rows, &(struct message_row){
						      .message = list->items[i],
						      .seq = (int64_t)i + 1,
					      });
	if (result == 0)
		result = chat_rows_end(&rows);
	chat_rows_clear(&rows);
	if (reading->failed)
		*error = reading->error;
	return result == 0 || reading->failed ? result
					      : error_out_of_memory(error);
}

/* The first of the request's that is behind so many of what was compared. */
static size_t overlap_read_behind(
	const struct overlap_read *reading, size_t count)
{
	return count == 0 ? reading->leading
			  : (size_t)reading->match.asked.items[count - 1].last;
}

static int overlap_read_history(struct overlap_read *reading,
	struct store *store, const struct session *session, struct error *error)
{
	const struct message_query query = {
		.limit = INT64_MAX,
		.descending = true,
	};

	if (reading->request->send == OVERLAP_NEW || session->id == 0)
		return 0;
	if (reading->request->send == OVERLAP_ALL)
		return overlap_read_beginning(reading, store, session, error);
	reading->whole = true;
	if (overlap_read_list(reading, store, session, &query, error))
		return -1;
	if (reading->whole)
		reading->history.count -= reading->systems;
	overlap_read_reverse(&reading->history);
	return reading->whole
		       ? 0
		       : overlap_read_beginning(reading, store, session, error);
}

static int overlap_read_decide(const struct overlap_read *reading,
	const struct session *session, struct history_overlap *out,
	struct error *error)
{
	const struct overlap_items *history = &reading->history;
	const struct overlap_items *asked = &reading->match.asked;
	struct overlap_question question = {
		.send = reading->request->send,
		.history = { history->items, history->count },
		.request = { asked->items, asked->count },
		.grown = overlap_read_is_late(reading, session->last_seq),
		.floor = reading->whole && reading->systems == 0
				 ? 0
				 : reading->floor,
		.texts = text_view(&reading->match.texts),
	};
	struct overlap_decision decision;

	while (question.arrived < history->count &&
		!overlap_read_is_late(
			reading, history->items[question.arrived].last))
		question.arrived++;
	if (overlap_decide(&question, &decision, error))
		return -1;
	*out = (struct history_overlap){
		.leading = reading->leading,
		.known = overlap_read_behind(reading, decision.known),
		.own_first = overlap_read_behind(reading, decision.own_first),
		.own_end = overlap_read_behind(reading, decision.own_end),
		.shortens = decision.shortens,
	};
	if (decision.archive_after >= 0)
		out->archived = (struct seq_range){ decision.archive_after + 1,
			session->last_seq };
	return 0;
}

int history_find_overlap(struct store *store, const struct session *session,
	const struct history_request *request, struct history_overlap *out,
	struct error *error)
{
	struct overlap_read reading = { .request = request,
		.match.all = request->send == OVERLAP_ALL };
	int result = overlap_read_request(&reading, error);

	if (result == 0)
		result = overlap_read_history(&reading, store, session, error);
	if (result == 0)
		result = overlap_read_decide(&reading, session, out, error);
	overlap_match_clear(&reading.match);
	free(reading.history.items);
	return result;
}
