/* SPDX-License-Identifier: MIT */
/* overlap_match.c - messages as the items of overlap.h. */
#include "core/history/overlap_match.h"

#include <stdlib.h>

#include "core/history/chat_rows.h"
#include "schema/array.h"
#include "schema/error.h"
#include "schema/forms/form.h"
#include "schema/forms/model_form.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/tool_calls.h"

int overlap_items_push(struct overlap_items *items,
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

void overlap_match_clear(struct overlap_match *match)
{
	message_key_clear(&match->key);
	text_clear(&match->word);
	text_clear(&match->texts);
	words_clear(&match->words);
	words_clear(&match->calls);
	free(match->asked.items);
	free(match->group.items);
	*match = (struct overlap_match){ 0 };
}

/* --- one message ---------------------------------------------------------- */

/*
 * Makes the message's word of its key, with those of its calls that the
 * request has, too.  Returns how many these are.
 */
static size_t overlap_match_word(struct overlap_match *match, bool all)
{
	const struct message_key *key = &match->key;
	size_t kept = 0;

	match->word.length = 0;
	text_slice(&match->word, text_view(&key->said));
	for (size_t i = 0; i < key->count; i++) {
		const struct slice call = message_key_call(key, i);

		if (!all && words_find(&match->calls, call) == 0)
			continue;
		text_byte(&match->word, 'c');
		text_slice(&match->word, call);
		kept++;
	}
	return kept;
}

/* The item of the message that the key is of, without its word. */
static struct overlap_item overlap_match_item(const struct overlap_match *match,
	const struct message *message, size_t calls)
{
	const bool assistant = message->type == MESSAGE_AI;

	return (struct overlap_item){
		.assistant = assistant,
		.speaks =
			assistant && (calls == 0 || match->key.text.length > 0),
		.result = tool_calls_only_answers(message),
	};
}

/* Keeps what an assistant says. */
static void overlap_match_text(
	struct overlap_match *match, struct overlap_item *item)
{
	if (!item->speaks)
		return;
	item->text_at = match->texts.length;
	item->text_length = match->key.text.length;
	text_slice(&match->texts, text_view(&match->key.text));
}

int overlap_match_ask(struct overlap_match *match,
	const struct message *message, struct error *error)
{
	struct overlap_item item;
	size_t calls;

	if (message_key_make(&match->key, message, error))
		return -1;
	calls = overlap_match_word(match, true);
	item = overlap_match_item(match, message, calls);
	overlap_match_text(match, &item);
	item.word = words_add(&match->words, text_view(&match->word));
	for (size_t i = 0; i < calls; i++)
		if (words_add(&match->calls,
			    message_key_call(&match->key, i)) == 0)
			return error_out_of_memory(error);
	if (item.word == 0 || match->word.failed || match->texts.failed)
		return error_out_of_memory(error);
	return overlap_items_push(&match->asked, &item, error);
}

/*
 * Does the request leave it out?  A result, calls, and what says nothing to a
 * chat may be missing, but no answer of the model.
 */
static bool overlap_match_is_passed(const struct overlap_match *match,
	const struct overlap_item *item, size_t calls)
{
	const bool nothing =
		item->assistant && calls == 0 && !message_key_says(&match->key);

	if (nothing && match->key.count > 0)
		return true;
	return item->word == 0 && (item->result || (nothing && !item->answer));
}

/* 1: the message is passed over, as the request leaves it out; 0; -1. */
static int overlap_match_message(struct overlap_match *match,
	const struct message *message, struct overlap_item *item,
	struct error *error)
{
	size_t calls;

	if (message_key_make(&match->key, message, error))
		return -1;
	calls = overlap_match_word(match, match->all);
	*item = overlap_match_item(match, message, calls);
	item->answer = message->answer;
	item->word = words_find(&match->words, text_view(&match->word));
	if (match->word.failed)
		return error_out_of_memory(error);
	if (!match->all && overlap_match_is_passed(match, item, calls))
		return 1;
	if (item->word == 0)
		overlap_match_text(match, item);
	return match->texts.failed ? error_out_of_memory(error) : 0;
}

int overlap_match_counts(struct overlap_match *match,
	const struct message *message, struct error *error)
{
	const size_t texts = match->texts.length;
	struct overlap_item item;
	const int passed = overlap_match_message(match, message, &item, error);

	match->texts.length = texts;
	return passed < 0 ? -1 : passed == 0;
}

/* --- the messages of some rows -------------------------------------------- */

/*
 * Makes an item of each that is not passed over; *known: does the request have
 * any?  Of an answer each goes with what was passed over before it.
 */
static int overlap_match_each(struct overlap_match *match,
	const struct chat_group *group, bool *known, struct error *error)
{
	struct overlap_item item;
	int64_t first = group->first;
	int passed;

	*known = false;
	match->group.count = 0;
	for (size_t i = 0; i < group->count; i++) {
		passed = overlap_match_message(
			match, &group->rows[i].message, &item, error);
		if (passed < 0)
			return -1;
		if (passed > 0)
			continue;
		item.first = first;
		item.last = group->joined ? group->rows[i].seq : group->last;
		first = group->joined ? item.last + 1 : group->first;
		*known |= item.word != 0;
		if (overlap_items_push(&match->group, &item, error))
			return -1;
	}
	return 0;
}

/* The items of an answer: their one message, or as the request has them. */
static int overlap_match_joined(struct overlap_match *match,
	const struct chat_group *group, struct error *error)
{
	struct text body = { 0 };
	const struct message joined = chat_group_join(group, &body);
	struct overlap_item item;
	bool known = false;
	int result = body.failed ? error_out_of_memory(error) : 0;

	if (result == 0)
		result = overlap_match_message(match, &joined, &item, error);
	text_clear(&body);
	if (result)
		return result < 0 ? -1 : 0;
	if (item.word == 0 && overlap_match_each(match, group, &known, error))
		return -1;
	if (known)
		return 0;
	item.first = group->first;
	item.last = group->last;
	match->group.count = 0;
	return overlap_items_push(&match->group, &item, error);
}

static int overlap_match_block(void *context, const struct tool_call *call)
{
	(void)context;
	return call->block;
}

/* Is it a message of a person with Anthropic's results in it? */
static bool overlap_match_has_results(const struct chat_group *group)
{
	return group->count == 1 &&
	       group->rows[0].message.type == MESSAGE_HUMAN &&
	       tool_calls_visit(
		       &group->rows[0].message, overlap_match_block, NULL) != 0;
}

/* The messages of an array, all of the group's row. */
static int overlap_match_array(struct overlap_match *match,
	const struct chat_group *group, struct slice array, bool *known,
	struct error *error)
{
	struct chat_group parts = *group;
	struct chat_row *rows = calloc(json_count(array), sizeof(*rows));
	struct json_walk walk = json_walk(array);
	struct slice element, role;
	int result;

	if (rows == NULL)
		return error_out_of_memory(error);
	for (parts.count = 0; json_next_element(&walk, &element);) {
		struct message message = group->rows[0].message;

		message.form = MESSAGE_OPENAI;
		message.body = element;
		if (json_find_kind(element, "role", JSON_KIND_STRING, &role) &&
			json_string_is(role, SLICE("tool")))
			message.type = MESSAGE_TOOL;
		rows[parts.count++] =
			(struct chat_row){ message, group->rows[0].seq };
	}
	parts.rows = rows;
	result = overlap_match_each(match, &parts, known, error);
	free(rows);
	return result;
}

/* A model is told the results as messages of a tool, and so may a client. */
static int overlap_match_results(struct overlap_match *match,
	const struct chat_group *group, bool *known, struct error *error)
{
	struct text chat = { 0 }, parts = { 0 };
	int result;

	format_openai(&chat, &group->rows[0].message);
	json_begin_array(&parts);
	if (!chat.failed)
		model_form_write(&parts, text_view(&chat));
	json_end_array(&parts);
	if (chat.failed || parts.failed)
		result = error_out_of_memory(error);
	else
		result = overlap_match_array(
			match, group, text_view(&parts), known, error);
	text_clear(&chat);
	text_clear(&parts);
	return result;
}

int overlap_match_group(struct overlap_match *match,
	const struct chat_group *group, struct error *error)
{
	bool known;

	match->group.count = 0;
	if (group->joined)
		return overlap_match_joined(match, group, error);
	if (overlap_match_each(match, group, &known, error))
		return -1;
	if (known || !overlap_match_has_results(group))
		return 0;
	if (overlap_match_results(match, group, &known, error))
		return -1;
	return known ? 0 : overlap_match_each(match, group, &known, error);
}
