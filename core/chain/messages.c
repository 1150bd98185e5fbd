/* SPDX-License-Identifier: MIT */
/* messages.c - a prompt of messages, as OpenAI's API takes them. */
#include "core/chain/parts.h"

#include <string.h>

#include "schema/error.h"
#include "schema/forms/form.h"
#include "schema/forms/items.h"
#include "schema/forms/join.h"
#include "schema/forms/model_form.h"
#include "schema/forms/parse.h"
#include "schema/json/stringify.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/call_ids.h"

void chain_write_value(struct text *out, struct slice value)
{
	if (json_kind(value) == JSON_KIND_STRING)
		json_decode(out, value);
	else
		json_stringify(out, value, 0);
}

/*
 * Appends JSON with the escapes that JavaScript would write, so that a prompt
 * has the bytes that LangChain's has.  Half a surrogate pair is U+FFFD: many a
 * server that reads one cannot write it again.  Escapes stand in strings only,
 * so that the whole text can be walked like one.
 */
static void messages_write_whole(struct text *out, struct slice json)
{
	struct slice rest = json, piece;
	char buf[4];

	for (const char *at = json.data; json_next_piece(&rest, buf, &piece);
		at = rest.data) {
		if (json_is_surrogate(piece))
			text_string(out, "\xef\xbf\xbd");
		else if (*at == '\\')
			text_json_inner(out, piece);
		else
			text_slice(out, piece);
	}
}

/* *count gets how many messages it became. */
static int messages_write_parts(struct text *out, const struct message *message,
	size_t *count, struct error *error)
{
	struct text parts = { 0 }, sent = { 0 };
	struct json_walk walk = { 0 };
	struct slice part;

	*count = 0;
	json_begin_array(&parts);
	form_of(MESSAGE_OPENAI)->write(&parts, message, NULL);
	json_end_array(&parts);
	if (!parts.failed)
		walk = json_walk(text_view(&parts));
	while (json_next_element(&walk, &part))
		*count += model_form_write(&sent, part);
	if (!sent.failed) {
		json_comma(out);
		messages_write_whole(out, text_view(&sent));
	}
	out->failed |= parts.failed || sent.failed;
	text_clear(&parts);
	text_clear(&sent);
	return out->failed ? error_out_of_memory(error) : 0;
}

/* *kind gets that of the item that it was. */
static int messages_write_message(struct text *out, struct slice value,
	size_t *count, char *kind, struct error *error)
{
	struct message_list one = { 0 };
	int result = message_parse(&one, value, "a message", error);

	if (result == 0) {
		*kind = items_kind(one.items);
		result = messages_write_parts(out, one.items, count, error);
	}
	message_list_clear(&one);
	return result;
}

/*
 * Are both of OpenAI's assistant messages with tool_calls?  Such that follow
 * each other must be one message before the results.
 */
static bool messages_have_calls(struct slice message, struct slice next)
{
	const struct slice both[] = { message, next };
	struct slice role, calls;

	for (size_t i = 0; i < 2; i++)
		if (!json_find_kind(both[i], "role", JSON_KIND_STRING, &role) ||
			!json_string_is(role, SLICE("assistant")) ||
			!json_find_kind(both[i], "tool_calls", JSON_KIND_ARRAY,
				&calls) ||
			json_count(calls) == 0)
			return false;
	return true;
}

/*
 * Joins the message that begins at `last` with the one behind the comma at
 * `comma`, where these must be one.
 */
static bool messages_join(
	struct text *out, size_t last, size_t comma, bool continued)
{
	const struct slice message = { out->data + last, comma - last };
	const struct slice next = { out->data + comma + 1,
		out->length - comma - 1 };
	struct text joined = { 0 };

	if (!continued && !messages_have_calls(message, next))
		return false;
	join_write(&joined, message, next);
	out->length = last;
	text_slice(out, text_view(&joined));
	out->failed |= joined.failed;
	text_clear(&joined);
	return true;
}

/* The messages that were written so far, of a list. */
struct messages_list {
	size_t last;  /* where the last begins */
	bool begun;   /* the next may be joined with it */
	bool thought; /* it is nothing else */
	char kind;    /* of the item that it ends with */
};

/* A thought that nothing follows is not told; `end` is where it ends. */
static void messages_drop_thought(
	struct text *out, const struct messages_list *list, size_t end)
{
	size_t from = end, to = list->last;

	if (!list->thought || out->failed)
		return;
	if (from < out->length && out->data[from] == ',')
		from++;
	else if (to > 0 && out->data[to - 1] == ',')
		to--;
	memmove(out->data + to, out->data + from, out->length - from);
	out->length -= from - to;
}

/* Adds what one value became, so many messages from `end` on. */
static void messages_add(struct text *out, struct messages_list *list,
	size_t end, size_t count, char kind)
{
	const bool continues = items_kinds_continue(list->kind, kind);

	list->kind = kind;
	if (out->failed)
		return;
	if (list->begun && count == 1 &&
		messages_join(out, list->last, end, continues)) {
		list->thought &= kind == ITEM_THOUGHT;
		return;
	}
	if (list->thought) {
		messages_drop_thought(out, list, end);
		end = list->last;
	}
	list->last = end < out->length ? end + (out->data[end] == ',') : end;
	list->begun = count == 1;
	list->thought = kind == ITEM_THOUGHT;
}

/* Messages of a memory, in any form and of any number. */
static int messages_write_list(
	struct text *out, struct slice array, struct error *error)
{
	struct json_walk walk = json_walk(array);
	struct messages_list list = { .kind = ITEM_NONE };
	struct slice value;
	size_t count;
	char kind;

	while (json_next_element(&walk, &value)) {
		const size_t end = out->length;

		if (messages_write_message(out, value, &count, &kind, error))
			return -1;
		messages_add(out, &list, end, count, kind);
	}
	messages_drop_thought(out, &list, out->length);
	return 0;
}

static void messages_write_said(
	struct text *out, const char *role, struct slice utf8)
{
	json_begin_object(out);
	json_member_string(out, "role", slice_of(role));
	json_member_string(out, "content", utf8);
	json_end_object(out);
}

/* A JSON value said as text, unless that is empty. */
static int messages_write_words(struct text *out, const char *role,
	struct slice value, struct error *error)
{
	struct text words = { 0 };
	int result;

	chain_write_value(&words, value);
	if (words.length > 0)
		messages_write_said(out, role, text_view(&words));
	result = words.failed ? error_out_of_memory(error) : 0;
	text_clear(&words);
	return result;
}

static int messages_write_variables(
	struct slice variables, struct text *out, struct error *error)
{
	struct json_walk walk = json_walk(variables);
	struct slice name, value;
	int result = 0;

	while (result == 0 && json_next_member(&walk, &name, &value))
		result = json_kind(value) == JSON_KIND_ARRAY
				 ? messages_write_list(out, value, error)
				 : messages_write_words(
					   out, "system", value, error);
	return result;
}

/* Appends the elements of the array as a model is told them. */
static void messages_tell(struct text *out, struct slice messages)
{
	struct text told = { 0 };

	model_members_write(&told, messages);
	call_ids_finish(&told, 0);
	if (told.length > 0) {
		json_comma(out);
		text_slice(out, text_view(&told));
	}
	out->failed |= told.failed;
	text_clear(&told);
}

int chain_history(struct slice variables, struct text *out, struct error *error)
{
	struct text messages = { 0 };
	int result;

	json_begin_array(&messages);
	result = messages_write_variables(variables, &messages, error);
	json_end_array(&messages);
	if (result == 0 && messages.failed)
		result = error_out_of_memory(error);
	if (result == 0)
		messages_tell(out, text_view(&messages));
	text_clear(&messages);
	return result;
}

int chain_write_messages(const struct chain_question *question,
	struct text *out, struct error *error)
{
	const struct settings *settings = question->settings;

	json_name(out, "messages");
	json_begin_array(out);
	if (settings->has_system)
		messages_write_said(
			out, "system", text_view(&settings->system));
	if (chain_history(question->variables, out, error) ||
		messages_write_words(out, "user", question->input, error))
		return -1;
	json_end_array(out);
	return 0;
}
