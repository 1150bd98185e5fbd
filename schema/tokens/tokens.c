/* SPDX-License-Identifier: MIT */
/* tokens.c - what of a message counts. */
#include "schema/tokens/tokens.h"

#include <string.h>

#include "schema/forms/form.h"
#include "schema/json/value.h"
#include "schema/tokens/counts.h"
#include "schema/tokens/sum.h"
#include "schema/tokens/tokenizer.h"

/* How a member of an OpenAI message counts. */
enum tokens_member {
	TOKENS_CONTENT,
	TOKENS_STRING,
	TOKENS_JSON,   /* if it is not empty */
	TOKENS_OBJECT, /* of media, if it is one */
	TOKENS_LIST,   /* of media: Ollama's images */
	TOKENS_NOTHING,
};

static enum tokens_member tokens_which(struct slice name)
{
	static const struct {
		struct slice name;
		enum tokens_member member;
	} members[] = {
		{ { "content", 7 }, TOKENS_CONTENT },
		{ { "name", 4 }, TOKENS_STRING },
		{ { "tool_call_id", 12 }, TOKENS_STRING },
		{ { "refusal", 7 }, TOKENS_STRING },
		{ { "reasoning_content", 17 }, TOKENS_STRING },
		{ { "tool_calls", 10 }, TOKENS_JSON },
		{ { "function_call", 13 }, TOKENS_JSON },
		{ { "audio", 5 }, TOKENS_OBJECT },
		{ { "images", 6 }, TOKENS_LIST },
	};
	const bool escaped = memchr(name.data, '\\', name.length) != NULL;
	const struct slice inner = json_inner(name);

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (escaped ? json_string_is(name, members[i].name)
			    : slice_equal(inner, members[i].name))
			return members[i].member;
	return TOKENS_NOTHING;
}

static bool tokens_is_empty(struct slice value)
{
	return slice_is(value, "null") || slice_is(value, "[]") ||
	       slice_is(value, "{}");
}

static void tokens_sum_member(
	struct tokens_sum *sum, enum tokens_member member, struct slice value)
{
	const enum json_kind kind = json_kind(value);

	switch (member) {
	case TOKENS_CONTENT:
		sum_content(sum, value);
		break;
	case TOKENS_STRING:
		if (kind == JSON_KIND_STRING)
			sum_string(sum, value);
		break;
	case TOKENS_JSON:
		if (!tokens_is_empty(value))
			sum_text(sum, value);
		break;
	case TOKENS_OBJECT:
		sum_media(sum, kind == JSON_KIND_OBJECT);
		break;
	case TOKENS_LIST:
		if (kind == JSON_KIND_ARRAY)
			sum_media(sum, json_count(value));
		break;
	case TOKENS_NOTHING:
		break;
	}
}

static void tokens_sum_openai(struct tokens_sum *sum, struct slice body)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value))
		tokens_sum_member(sum, tokens_which(name), value);
}

/* A message in LangChain's form, by the OpenAI form of it. */
static void tokens_sum_converted(
	struct tokens_sum *sum, const struct message *message)
{
	struct text converted = { 0 };

	format_openai(&converted, message);
	if (!converted.failed)
		tokens_sum_openai(sum, text_view(&converted));
	sum->json.failed |= converted.failed;
	text_clear(&converted);
}

/* The members that the OpenAI form of it has elsewhere, or not at all. */
static bool tokens_is_moved(struct slice name)
{
	static const char *const names[] = { "additional_kwargs",
		"invalid_tool_calls", "tool_calls", "function_call", "refusal",
		"reasoning_content", "audio", "images" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_string_is(name, slice_of(names[i])))
			return true;
	return false;
}

/* Most of LangChain's messages count as they are, in one walk. */
static void tokens_sum_langchain(
	struct tokens_sum *sum, const struct message *message)
{
	struct json_walk walk = json_walk(message->body);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		if (tokens_is_moved(name) && !tokens_is_empty(value)) {
			sum->hundredths = 0;
			tokens_sum_converted(sum, message);
			return;
		}
		tokens_sum_member(sum, tokens_which(name), value);
	}
}

static void tokens_sum_message(
	struct tokens_sum *sum, const struct message *message)
{
	switch (message->form) {
	case MESSAGE_TUPLE:
	case MESSAGE_TEXT:
		sum_content(sum, message->body);
		return;
	case MESSAGE_OPENAI:
		tokens_sum_openai(sum, message->body);
		return;
	case MESSAGE_STORED:
	case MESSAGE_FLAT:
		tokens_sum_langchain(sum, message);
		return;
	}
}

static int64_t tokens_count_anew(
	const struct message *message, const struct tokenizer *tokenizer)
{
	struct tokens_sum sum = { .tokenizer = tokenizer };
	int64_t tokens = -1;

	tokens_sum_message(&sum, message);
	if (!sum_failed(&sum))
		tokens = (sum.hundredths + 99) / 100 + TOKENS_MESSAGE;
	sum_clear(&sum);
	return tokens;
}

int64_t tokens_count(
	const struct message *message, const struct tokenizer *tokenizer)
{
	struct counts_key key;
	struct counts *counts;
	int64_t tokens;

	if (tokenizer == NULL)
		return tokens_count_anew(message, NULL);
	counts = tokenizer_counts(tokenizer);
	key = counts_key_of(counts, message->body,
		(unsigned)message->form << 8 | (unsigned)message->type);
	tokens = counts_find(counts, &key);
	if (tokens >= 0)
		return tokens;
	tokens = tokens_count_anew(message, tokenizer);
	counts_keep(counts, &key, tokens);
	return tokens;
}
