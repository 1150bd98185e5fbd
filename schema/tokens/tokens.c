/* SPDX-License-Identifier: MIT */
/* tokens.c - the tokens of a message, from its code points. */
#include "schema/tokens/tokens.h"

#include <string.h>

#include "schema/forms/form.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/*
 * The bytes of UTF-8 that do not continue a character (10xxxxxx), eight at a
 * time: this runs over every message that a window shows.
 */
static int64_t tokens_count_points(struct slice utf8)
{
	const uint64_t ones = 0x0101010101010101;
	size_t count = utf8.length, at = 0;

	for (uint64_t word; at + 8 <= utf8.length; at += 8) {
		memcpy(&word, utf8.data + at, 8);
		count -= ((word >> 7 & ~word >> 6 & ones) * ones) >> 56;
	}
	for (; at < utf8.length; at++)
		count -= ((unsigned char)utf8.data[at] & 0xc0) == 0x80;
	return (int64_t)count;
}

static int64_t tokens_count_string(struct slice string)
{
	struct slice rest = json_inner(string);
	struct slice piece;
	int64_t count = 0;
	char room[4];

	while (json_next_piece(&rest, room, &piece))
		count += tokens_count_points(piece);
	return count;
}

/* A string by what it says, a list by its JSON, null not at all. */
static int64_t tokens_count_value(struct slice value)
{
	switch (json_kind(value)) {
	case JSON_KIND_NULL:
		return 0;
	case JSON_KIND_STRING:
		return tokens_count_string(value);
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
	case JSON_KIND_NUMBER:
	case JSON_KIND_ARRAY:
	case JSON_KIND_OBJECT:
		break;
	}
	return tokens_count_points(value);
}

static bool tokens_is_list_of_calls(struct slice value)
{
	return !slice_is(value, "null") && !slice_is(value, "[]") &&
	       !slice_is(value, "{}");
}

/* The members that count; calls count wherever they are found first. */
enum counted { CONTENT, NAME, CALL_ID, KWARGS, CALLS, INVALID, FUNCTION, NONE };

static enum counted tokens_which_member(struct slice name)
{
	static const struct slice names[] = {
		[CONTENT] = { "content", 7 },
		[NAME] = { "name", 4 },
		[CALL_ID] = { "tool_call_id", 12 },
		[KWARGS] = { "additional_kwargs", 17 },
		[CALLS] = { "tool_calls", 10 },
		[INVALID] = { "invalid_tool_calls", 18 },
		[FUNCTION] = { "function_call", 13 },
	};
	const bool escaped = memchr(name.data, '\\', name.length) != NULL;
	const struct slice inner = json_inner(name);

	for (enum counted i = CONTENT; i < NONE; i++)
		if (escaped ? json_string_is(name, names[i])
			    : slice_equal(inner, names[i]))
			return i;
	return NONE;
}

/* Finds the members that count, in one walk. */
static void tokens_find_members(struct slice object, struct slice found[NONE])
{
	struct json_walk walk = json_walk(object);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		const enum counted which = tokens_which_member(name);

		if (which < CALLS ||
			(which < NONE && tokens_is_list_of_calls(value)))
			found[which] = value;
	}
}

static int64_t tokens_count_data(struct slice data)
{
	struct slice found[NONE] = { { 0 } }, extra[NONE] = { { 0 } };
	int64_t count = 0;

	tokens_find_members(data, found);
	for (enum counted i = CONTENT; i < KWARGS; i++)
		if (found[i].length > 0)
			count += tokens_count_value(found[i]);
	if (found[KWARGS].length > 0 &&
		json_kind(found[KWARGS]) == JSON_KIND_OBJECT)
		tokens_find_members(found[KWARGS], extra);
	for (enum counted i = CALLS; i < NONE; i++)
		count += tokens_count_points(
			found[i].length > 0 ? found[i] : extra[i]);
	return count;
}

/* Calls in OpenAI's form are longer than LangChain's: they are converted. */
static int64_t tokens_count_converted(const struct message *message)
{
	struct text text = { 0 };
	struct slice data;
	int64_t count = -1;

	json_begin_object(&text);
	format_langchain(&text, message, false);
	json_end_object(&text);
	if (!text.failed && json_find(text_view(&text), "data", &data))
		count = tokens_count_data(data);
	text_clear(&text);
	return count;
}

int64_t tokens_approx(const struct message *message)
{
	struct slice calls;
	int64_t count;

	if (message->form == MESSAGE_TUPLE || message->form == MESSAGE_TEXT)
		count = tokens_count_value(message->body);
	else if (message->form == MESSAGE_OPENAI &&
		 json_find(message->body, "tool_calls", &calls) &&
		 tokens_is_list_of_calls(calls))
		count = tokens_count_converted(message);
	else
		count = tokens_count_data(message->body);
	return count < 0 ? -1 : (count + 3) / 4 + 3;
}
