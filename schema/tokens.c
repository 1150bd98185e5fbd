/* SPDX-License-Identifier: MIT */
/* tokens.c - the tokens of a message, from its code points. */
#include "tokens.h"

#include <string.h>

#include "format.h"
#include "json_value.h"

/*
 * The bytes of UTF-8 that do not continue a character (10xxxxxx), eight at a
 * time: this runs over every message that a window shows.
 */
static int64_t count_points(struct slice utf8)
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

static int64_t count_string(struct slice string)
{
	struct slice rest = json_inner(string);
	struct slice piece;
	int64_t count = 0;
	char room[4];

	while (json_next_piece(&rest, room, &piece))
		count += count_points(piece);
	return count;
}

/* A string by what it says, a list by its JSON, null not at all. */
static int64_t count_value(struct slice value)
{
	switch (json_kind(value)) {
	case JSON_KIND_NULL:
		return 0;
	case JSON_KIND_STRING:
		return count_string(value);
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
	case JSON_KIND_NUMBER:
	case JSON_KIND_ARRAY:
	case JSON_KIND_OBJECT:
		break;
	}
	return count_points(value);
}

static bool find_calls(
	struct slice object, const char *name, struct slice *calls)
{
	return json_find(object, name, calls) && !slice_is(*calls, "null") &&
	       !slice_is(*calls, "[]") && !slice_is(*calls, "{}");
}

static int64_t count_data(struct slice data)
{
	static const char *const texts[] = { "content", "name",
		"tool_call_id" };
	static const char *const calls[] = { "tool_calls", "invalid_tool_calls",
		"function_call" };
	struct slice extra = SLICE("{}"), value;
	int64_t count = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (json_find(data, texts[i], &value))
			count += count_value(value);
	if (json_find(data, "additional_kwargs", &value) &&
		json_kind(value) == JSON_KIND_OBJECT)
		extra = value;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (find_calls(data, calls[i], &value) ||
			find_calls(extra, calls[i], &value))
			count += count_points(value);
	return count;
}

/* Calls in OpenAI's form are longer than LangChain's: they are converted. */
static int64_t count_converted(const struct message *message)
{
	struct text text = { 0 };
	struct slice data;
	int64_t count = -1;

	text_string(&text, "{");
	format_langchain(&text, message, false);
	text_string(&text, "}");
	if (!text.failed && json_find(text_view(&text), "data", &data))
		count = count_data(data);
	text_clear(&text);
	return count;
}

int64_t tokens_approx(const struct message *message)
{
	struct slice calls;
	int64_t count;

	if (message->form == MESSAGE_TUPLE || message->form == MESSAGE_TEXT)
		count = count_value(message->body);
	else if (message->form == MESSAGE_OPENAI &&
		 find_calls(message->body, "tool_calls", &calls))
		count = count_converted(message);
	else
		count = count_data(message->body);
	return count < 0 ? -1 : (count + 3) / 4 + 3;
}
