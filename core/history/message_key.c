/* SPDX-License-Identifier: MIT */
/* message_key.c - a message's key, made of its OpenAI form. */
#include "core/history/message_key.h"

#include <stdlib.h>
#include <string.h>

#include "schema/array.h"
#include "schema/error.h"
#include "schema/forms/form.h"
#include "schema/json/canonical.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/message/call_ids.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Appends a piece so that no other sequence of pieces has the same bytes. */
static void message_key_put(struct text *out, char kind, struct slice bytes)
{
	text_format(out, "%c%zu:", kind, bytes.length);
	text_slice(out, bytes);
}

/* Appends what the JSON string says, without losing half a surrogate pair. */
static void message_key_decode(struct text *out, struct slice string)
{
	struct slice rest = json_inner(string), piece;
	char buf[4];

	while (json_next_piece(&rest, buf, &piece))
		text_slice(out, piece);
}

static void message_key_put_string(
	struct text *out, char kind, struct slice object, const char *name)
{
	struct slice string = SLICE("\"\"");
	struct text decoded = { 0 };

	json_find_kind(object, name, JSON_KIND_STRING, &string);
	message_key_decode(&decoded, string);
	message_key_put(out, kind, text_view(&decoded));
	out->failed |= decoded.failed;
	text_clear(&decoded);
}

/*
 * An id that was made for a call or a result is none, and one that was made
 * another is as it was.
 */
static void message_key_put_id(
	struct text *out, char kind, struct slice object, const char *name)
{
	struct slice id = SLICE("\"\"");
	struct text decoded = { 0 };

	json_find_kind(object, name, JSON_KIND_STRING, &id);
	if (!call_ids_is_made(id))
		message_key_decode(&decoded, id);
	message_key_put(out, kind, call_ids_unmarked(text_view(&decoded)));
	out->failed |= decoded.failed;
	text_clear(&decoded);
}

/* --- white space ---------------------------------------------------------- */

/* Unicode's white space, and the byte order mark. */
static const struct slice message_key_spaces[] = { { " ", 1 }, { "\t", 1 },
	{ "\n", 1 }, { "\v", 1 }, { "\f", 1 }, { "\r", 1 }, { "\xc2\x85", 2 },
	{ "\xc2\xa0", 2 }, { "\xe1\x9a\x80", 3 }, { "\xe2\x80\x80", 3 },
	{ "\xe2\x80\x81", 3 }, { "\xe2\x80\x82", 3 }, { "\xe2\x80\x83", 3 },
	{ "\xe2\x80\x84", 3 }, { "\xe2\x80\x85", 3 }, { "\xe2\x80\x86", 3 },
	{ "\xe2\x80\x87", 3 }, { "\xe2\x80\x88", 3 }, { "\xe2\x80\x89", 3 },
	{ "\xe2\x80\x8a", 3 }, { "\xe2\x80\xa8", 3 }, { "\xe2\x80\xa9", 3 },
	{ "\xe2\x80\xaf", 3 }, { "\xe2\x81\x9f", 3 }, { "\xe3\x80\x80", 3 },
	{ "\xef\xbb\xbf", 3 } };

/* The bytes of a space at the end, or at the front; 0: there is none. */
static size_t message_key_space(struct slice text, bool end)
{
	for (size_t i = 0; i < COUNT(message_key_spaces); i++) {
		const struct slice space = message_key_spaces[i];
		const char *at = text.data;

		if (text.length < space.length)
			continue;
		if (end)
			at += text.length - space.length;
		if (memcmp(at, space.data, space.length) == 0)
			return space.length;
	}
	return 0;
}

static void message_key_trim(struct text *text)
{
	struct slice rest = text_view(text);
	size_t space;

	while ((space = message_key_space(rest, true)) > 0)
		rest.length -= space;
	while ((space = message_key_space(rest, false)) > 0) {
		rest.data += space;
		rest.length -= space;
	}
	if (rest.length > 0 && text->data != NULL)
		memmove(text->data, rest.data, rest.length);
	text->length = rest.length;
}

/* --- calls ---------------------------------------------------------------- */

/* The text of arguments as JSON, where it is: an empty one means {}. */
static void message_key_put_json(struct text *out, struct text *json)
{
	static const struct json_limits limits = { .depth = 64,
		.values = 1000000 };
	struct json_scratch scratch = { 0 };
	struct text canonical = { 0 };
	struct error why = { 0 };
	bool spaced;

	message_key_trim(json);
	if (json->length == 0)
		text_string(json, "{}");
	if (json->failed ||
		json_scan(text_view(json), &limits, &scratch, &spaced, &why)) {
		out->failed |= json->failed || why.code == ERROR_UNAVAILABLE;
		message_key_put(out, 't', text_view(json));
	} else {
		json->length = json_compact(json->data, json->length);
		json_canonical(&canonical, text_view(json));
		message_key_put(out, 'j', text_view(&canonical));
		out->failed |= canonical.failed;
	}
	json_scratch_clear(&scratch);
	text_clear(&canonical);
}

static void message_key_put_arguments(struct text *out, struct slice arguments)
{
	struct text json = { 0 };

	if (json_kind(arguments) == JSON_KIND_STRING)
		message_key_decode(&json, arguments);
	else if (json_kind(arguments) != JSON_KIND_NULL)
		text_slice(&json, arguments);
	message_key_put_json(out, &json);
	text_clear(&json);
}

/* A call: where its id is, and where its name and its arguments. */
struct message_key_call {
	struct slice object;
	struct slice function;
	const char *arguments;
};

static void message_key_add_call(
	struct message_key *key, const struct message_key_call *call)
{
	struct slice arguments = SLICE("{}");
	size_t *ends = array_room(
		key->ends, &key->capacity, key->count, sizeof(*ends));

	if (ends == NULL) {
		key->calls.failed = true;
		return;
	}
	key->ends = ends;
	json_find(call->function, call->arguments, &arguments);
	message_key_put_id(&key->calls, 'i', call->object, "id");
	message_key_put_string(&key->calls, 'n', call->function, "name");
	message_key_put_arguments(&key->calls, arguments);
	key->ends[key->count++] = key->calls.length;
}

static void message_key_add_listed(
	struct message_key *key, struct slice element)
{
	struct message_key_call call = { element, SLICE("{}"), "arguments" };

	if (json_find_kind(element, "custom", JSON_KIND_OBJECT, &call.function))
		call.arguments = "input";
	else
		json_find_kind(
			element, "function", JSON_KIND_OBJECT, &call.function);
	message_key_add_call(key, &call);
}

static void message_key_add_calls(struct message_key *key, struct slice message)
{
	struct slice list = SLICE("[]"), element;
	struct message_key_call old = { SLICE("{}"), { 0 }, "arguments" };
	struct json_walk walk;

	json_find_kind(message, "tool_calls", JSON_KIND_ARRAY, &list);
	walk = json_walk(list);
	while (json_next_element(&walk, &element))
		message_key_add_listed(key, element);
	if (json_find_kind(
		    message, "function_call", JSON_KIND_OBJECT, &old.function))
		message_key_add_call(key, &old);
}

/* --- content -------------------------------------------------------------- */

enum message_key_part { PART_TEXT, PART_REFUSAL, PART_CALL, PART_THOUGHT };

static void message_key_add_part(
	struct message_key *key, struct slice part, struct text *refusal)
{
	static const struct slice types[] = { { "text", 4 },
		{ "input_text", 10 }, { "output_text", 11 }, { "refusal", 7 },
		{ "tool_use", 8 }, { "thinking", 8 },
		{ "redacted_thinking", 17 }, { "reasoning", 9 } };
	static const enum message_key_part kinds[] = { PART_TEXT, PART_TEXT,
		PART_TEXT, PART_REFUSAL, PART_CALL, PART_THOUGHT, PART_THOUGHT,
		PART_THOUGHT };
	const struct message_key_call call = { part, part, "input" };
	struct slice type = SLICE("\"\""), string;
	size_t which;

	json_find_kind(part, "type", JSON_KIND_STRING, &type);
	which = json_string_among(type, types, COUNT(types));
	if (json_kind(part) == JSON_KIND_STRING)
		message_key_decode(&key->text, part);
	else if (which == COUNT(types))
		json_canonical(&key->media, part);
	else if (kinds[which] == PART_CALL)
		message_key_add_call(key, &call);
	else if (kinds[which] == PART_TEXT &&
		 json_find_kind(part, "text", JSON_KIND_STRING, &string))
		message_key_decode(&key->text, string);
	else if (kinds[which] == PART_REFUSAL &&
		 json_find_kind(part, "refusal", JSON_KIND_STRING, &string))
		message_key_decode(refusal, string);
}

static void message_key_add_content(
	struct message_key *key, struct slice message)
{
	struct slice content = SLICE("null"), part, string;
	struct text refusal = { 0 };
	struct json_walk walk;

	json_find(message, "content", &content);
	if (json_kind(content) == JSON_KIND_STRING)
		message_key_decode(&key->text, content);
	walk = json_walk(content);
	while (json_kind(content) == JSON_KIND_ARRAY &&
		json_next_element(&walk, &part))
		message_key_add_part(key, part, &refusal);
	message_key_trim(&key->text);
	if (json_find_kind(message, "refusal", JSON_KIND_STRING, &string))
		message_key_decode(&refusal, string);
	message_key_trim(&refusal);
	if (key->text.length == 0)
		text_slice(&key->text, text_view(&refusal));
	key->text.failed |= refusal.failed;
	text_clear(&refusal);
}

/* --- the whole ------------------------------------------------------------ */

static void message_key_reset(struct message_key *key)
{
	key->text.length = key->media.length = 0;
	key->said.length = key->calls.length = 0;
	key->count = 0;
}

static void message_key_make_of(
	struct message_key *key, enum message_type type, struct slice message)
{
	struct text *said = &key->said;

	message_key_add_content(key, message);
	message_key_add_calls(key, message);
	message_key_put_string(said, 'r', message, "role");
	message_key_put(said, 't', text_view(&key->text));
	message_key_put(said, 'm', text_view(&key->media));
	if (type == MESSAGE_TOOL)
		message_key_put_id(said, 'a', message, "tool_call_id");
	else if (type == MESSAGE_FUNCTION)
		message_key_put_string(said, 'a', message, "name");
}

int message_key_make(struct message_key *key, const struct message *message,
	struct error *error)
{
	struct text form = { 0 };
	bool failed;

	message_key_reset(key);
	if (message->form != MESSAGE_OPENAI)
		format_openai(&form, message);
	if (!form.failed)
		message_key_make_of(key, message->type,
			message->form == MESSAGE_OPENAI ? message->body
							: text_view(&form));
	failed = form.failed || key->text.failed || key->media.failed ||
		 key->said.failed || key->calls.failed;
	text_clear(&form);
	return failed ? error_out_of_memory(error) : 0;
}

struct slice message_key_call(const struct message_key *key, size_t at)
{
	const size_t begin = at > 0 ? key->ends[at - 1] : 0;

	return (struct slice){ key->calls.data + begin, key->ends[at] - begin };
}

bool message_key_says(const struct message_key *key)
{
	return key->text.length > 0 || key->media.length > 0;
}

void message_key_clear(struct message_key *key)
{
	text_clear(&key->text);
	text_clear(&key->media);
	text_clear(&key->said);
	text_clear(&key->calls);
	free(key->ends);
	*key = (struct message_key){ 0 };
}
