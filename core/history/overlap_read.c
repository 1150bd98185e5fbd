/* SPDX-License-Identifier: MIT */
/*
 * overlap_read.c - the parts of a history that a request may overlap.
 *
 * A run ends the history, so it is read backwards until a message comes that
 * the request has nowhere; and forwards, as far as both begin alike.  The rest
 * between is not read.
 */
#include <stdlib.h>

#include "core/history/history.h"
#include "core/history/message_key.h"
#include "core/history/words.h"
#include "schema/array.h"
#include "schema/error.h"
#include "schema/message/tool_calls.h"

struct overlap_read_items {
	struct overlap_item *items;
	size_t count, capacity;
};

struct overlap_read {
	const struct history_request *request;
	struct message_key key;
	struct text word;
	struct words words; /* the messages of the request */
	struct words calls; /* and their calls */
	struct text texts;
	struct overlap_read_items asked;   /* without leading system messages */
	struct overlap_read_items history; /* the end, backwards, then both */
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

static void overlap_read_clear(struct overlap_read *reading)
{
	message_key_clear(&reading->key);
	text_clear(&reading->word);
	text_clear(&reading->texts);
	words_clear(&reading->words);
	words_clear(&reading->calls);
	free(reading->asked.items);
	free(reading->history.items);
}

static int overlap_read_push(struct overlap_read_items *items,
	const struct overlap_item *item, struct error *error)
{
	struct overlap_item *grown = array_room(
		items->items, &items->capacity, items->count, sizeof(*grown));

	if (grown == NULL)
		return error_out_of_memory(error);
	items->items = grown;
	items->items[items->count++] = *item;
	return 0;
}

/* --- one message ---------------------------------------------------------- */

static bool overlap_read_is_late(
	const struct overlap_read *reading, int64_t seq)
{
	return seq > reading->request->arrived;
}

/*
 * Makes the message's word of its key, with those of its calls that the
 * request has, too.  Returns how many these are.
 */
static size_t overlap_read_word(struct overlap_read *reading, bool all)
{
	const struct message_key *key = &reading->key;
	size_t kept = 0;

	reading->word.length = 0;
	text_slice(&reading->word, text_view(&key->said));
	for (size_t i = 0; i < key->count; i++) {
		const struct slice call = message_key_call(key, i);

		if (!all && words_find(&reading->calls, call) == 0)
			continue;
		text_byte(&reading->word, 'c');
		text_slice(&reading->word, call);
		kept++;
	}
	return kept;
}

/* The item of the message that the key is of, without its word. */
static struct overlap_item overlap_read_item(const struct overlap_read *reading,
	const struct message *message, size_t calls)
{
	const bool assistant = message->type == MESSAGE_AI;

	return (struct overlap_item){
		.assistant = assistant,
		.speaks = assistant &&
			  (calls == 0 || reading->key.text.length > 0),
		.result = tool_calls_only_answers(message),
	};
}

/* Keeps what an assistant says. */
static void overlap_read_text(
	struct overlap_read *reading, struct overlap_item *item)
{
	if (!item->speaks)
		return;
	item->text_at = reading->texts.length;
	item->text_length = reading->key.text.length;
	text_slice(&reading->texts, text_view(&reading->key.text));
}

static int overlap_read_asked(struct overlap_read *reading,
	const struct message *message, struct error *error)
{
	struct overlap_item item;
	size_t calls;

	if (message_key_make(&reading->key, message, error))
		return -1;
	calls = overlap_read_word(reading, true);
	item = overlap_read_item(reading, message, calls);
	overlap_read_text(reading, &item);
	item.word = words_add(&reading->words, text_view(&reading->word));
	for (size_t i = 0; i < calls; i++)
		if (words_add(&reading->calls,
			    message_key_call(&reading->key, i)) == 0)
			return error_out_of_memory(error);
	if (item.word == 0 || reading->word.failed || reading->texts.failed)
		return error_out_of_memory(error);
	return overlap_read_push(&reading->asked, &item, error);
}

/* 1: the message is passed over, as the request leaves it out; 0; -1. */
static int overlap_read_row(struct overlap_read *reading,
	const struct message_row *row, struct overlap_item *item)
{
	const struct message *message = &row->message;
	const bool all = reading->request->send == OVERLAP_ALL;
	const struct message_key *key = &reading->key;
	size_t calls;

	if (message_key_make(&reading->key, message, &reading->error))
		return -1;
	calls = overlap_read_word(reading, all);
	if (key->count > 0 && calls == 0 && !message_key_says(key))
		return 1;
	*item = overlap_read_item(reading, message, calls);
	item->word = words_find(&reading->words, text_view(&reading->word));
	if (item->word == 0)
		overlap_read_text(reading, item);
	item->answer = message->answer;
	item->seq = row->seq;
	if (reading->word.failed || reading->texts.failed)
		return error_out_of_memory(&reading->error);
	return !all && item->word == 0 && item->result;
}

/* --- the end of the history ----------------------------------------------- */

/* Counts the system messages that were met last. */
static void overlap_read_systems(struct overlap_read *reading,
	const struct message_row *row, bool passed)
{
	if (passed || row->message.type != MESSAGE_SYSTEM) {
		reading->systems = 0;
		return;
	}
	if (reading->systems++ == 0)
		reading->floor = row->seq;
}

static int overlap_read_end(void *context, const struct message_row *row)
{
	struct overlap_read *reading = context;
	struct overlap_item item = { 0 };
	const int passed = overlap_read_row(reading, row, &item);

	reading->failed = passed < 0;
	if (passed == 0)
		reading->failed = overlap_read_push(&reading->history, &item,
					  &reading->error) != 0;
	overlap_read_systems(reading, row, passed > 0);
	if (!reading->failed && overlap_read_is_late(reading, row->seq))
		return 0;
	reading->met += passed == 0;
	reading->whole = false;
	if (reading->failed || (passed == 0 && item.word == 0) ||
		reading->met > reading->asked.count)
		return 1;
	reading->whole = true;
	return 0;
}

static void overlap_read_reverse(struct overlap_read_items *list)
{
	struct overlap_item *items = list->items;

	for (size_t i = 0, j = list->count; i + 1 < j; i++, j--) {
		const struct overlap_item item = items[i];

		items[i] = items[j - 1];
		items[j - 1] = item;
	}
}

/* --- its beginning -------------------------------------------------------- */

static int overlap_read_front(void *context, const struct message_row *row)
{
	struct overlap_read *reading = context;
	const struct overlap_read_items *asked = &reading->asked;
	const size_t at = reading->history.count;
	struct overlap_item item = { 0 };
	int passed;

	reading->leads = reading->leads && row->message.type == MESSAGE_SYSTEM;
	if (reading->leads) {
		reading->floor = row->seq;
		return 0;
	}
	passed = overlap_read_row(reading, row, &item);
	reading->failed = passed < 0;
	if (passed == 0)
		reading->failed = overlap_read_push(&reading->history, &item,
					  &reading->error) != 0;
	if (reading->failed)
		return 1;
	reading->parts =
		passed == 0 && (at >= asked->count || item.word == 0 ||
				       item.word != asked->items[at].word);
	return reading->parts;
}

static int overlap_read_list(struct overlap_read *reading, struct store *store,
	const struct session *session, const struct message_query *query,
	struct error *error)
{
	const struct message_visitor visitor = {
		query->descending ? overlap_read_end : overlap_read_front,
		reading,
	};

	if (store_message_list(store, session, query, visitor, error))
		return -1;
	if (reading->failed)
		*error = reading->error;
	return reading->failed ? -1 : 0;
}

/* Puts what both begin with, and the gap behind it, before the end. */
static int overlap_read_beginning(struct overlap_read *reading,
	struct store *store, const struct session *session, struct error *error)
{
	const struct overlap_item gap = { 0 };
	struct overlap_read_items end = reading->history;
	struct message_query query = { .limit = INT64_MAX };
	int result;

	if (end.count > 0)
		query.before = end.items[0].seq;
	reading->history = (struct overlap_read_items){ 0 };
	reading->leads = true;
	reading->floor = 0;
	result = overlap_read_list(reading, store, session, &query, error);
	if (result == 0 && reading->parts)
		result = overlap_read_push(&reading->history, &gap, error);
	for (size_t i = 0; result == 0 && i < end.count; i++)
		result = overlap_read_push(
			&reading->history, &end.items[i], error);
	free(end.items);
	return result;
}

/* --- both ----------------------------------------------------------------- */

static int overlap_read_request(
	struct overlap_read *reading, struct error *error)
{
	const struct message_list *list = reading->request->list;

	while (reading->leading < list->count &&
		list->items[reading->leading].type == MESSAGE_SYSTEM)
		reading->leading++;
	for (size_t i = reading->leading; i < list->count; i++)
		if (overlap_read_asked(reading, &list->items[i], error))
			return -1;
	return 0;
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
	const struct overlap_read_items *history = &reading->history;
	const struct overlap_read_items *asked = &reading->asked;
	struct overlap_question question = {
		.send = reading->request->send,
		.history = { history->items, history->count },
		.request = { asked->items, asked->count },
		.grown = overlap_read_is_late(reading, session->last_seq),
		.floor = reading->whole && reading->systems == 0
				 ? 0
				 : reading->floor,
		.texts = text_view(&reading->texts),
	};
	struct overlap_decision decision;

	while (question.arrived < history->count &&
		!overlap_read_is_late(
			reading, history->items[question.arrived].seq))
		question.arrived++;
	if (overlap_decide(&question, &decision, error))
		return -1;
	*out = (struct history_overlap){
		.leading = reading->leading,
		.known = reading->leading + decision.known,
		.own_first = reading->leading + decision.own_first,
		.own_end = reading->leading + decision.own_end,
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
	struct overlap_read reading = { .request = request };
	int result = overlap_read_request(&reading, error);

	if (result == 0)
		result = overlap_read_history(&reading, store, session, error);
	if (result == 0)
		result = overlap_read_decide(&reading, session, out, error);
	overlap_read_clear(&reading);
	return result;
}
