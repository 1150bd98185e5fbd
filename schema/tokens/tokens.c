/* SPDX-License-Identifier: MIT */
/* tokens.c - what of a message counts. */
#include "schema/tokens/tokens.h"

#include <string.h>

#include "schema/forms/form.h"
#include "schema/forms/openai_calls.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/tokens/counts.h"
#include "schema/tokens/sum.h"
#include "schema/tokens/tokenizer.h"

/* How a member of a message counts. */
enum tokens_member {
	TOKENS_NOTHING,
	TOKENS_CONTENT,
	TOKENS_STRING, /* in both forms */
	TOKENS_CALLS,  /* JSON, if it is not empty */
	/* LangChain's form has these in additional_kwargs. */
	TOKENS_TEXT,	 /* a string */
	TOKENS_FUNCTION, /* JSON, if it is not empty */
	TOKENS_OBJECT,	 /* of media, if it is one */
	TOKENS_LIST,	 /* of media: Ollama's images */
	/* LangChain's form only. */
	TOKENS_EXTRA, /* additional_kwargs */
};

static enum tokens_member tokens_which(struct slice name)
{
	static const struct slice names[] = {
		{ "content", 7 },
		{ "additional_kwargs", 17 },
		{ "tool_calls", 10 },
		{ "name", 4 },
		{ "tool_call_id", 12 },
		{ "refusal", 7 },
		{ "reasoning_content", 17 },
		{ "function_call", 13 },
		{ "audio", 5 },
		{ "images", 6 },
	};
	static const enum tokens_member members[] = { TOKENS_CONTENT,
		TOKENS_EXTRA, TOKENS_CALLS, TOKENS_STRING, TOKENS_STRING,
		TOKENS_TEXT, TOKENS_TEXT, TOKENS_FUNCTION, TOKENS_OBJECT,
		TOKENS_LIST, TOKENS_NOTHING };

	return members[json_string_among(
		name, names, sizeof(names) / sizeof(*names))];
}

static bool tokens_is_empty(struct slice value)
{
	return value.length == 2 ? value.data[0] == '[' || value.data[0] == '{'
				 : slice_is(value, "null");
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
	case TOKENS_TEXT:
		if (kind == JSON_KIND_STRING)
			sum_string(sum, value);
		break;
	case TOKENS_CALLS:
	case TOKENS_FUNCTION:
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
	case TOKENS_EXTRA:
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

/* LangChain's calls count as the JSON that OpenAI's form has of them. */
static void tokens_sum_calls(
	struct tokens_sum *sum, struct slice body, struct slice extra)
{
	struct slice calls;

	sum->json.length = 0;
	json_begin_object(&sum->json);
	openai_calls_write(&sum->json, body, extra);
	json_end_object(&sum->json);
	if (!sum->json.failed &&
		json_find(text_view(&sum->json), "tool_calls", &calls))
		tokens_sum_member(sum, TOKENS_CALLS, calls);
}

/* Sums what OpenAI's form has as members; true if there are calls, too. */
static bool tokens_sum_extra(struct tokens_sum *sum, struct slice extra)
{
	struct json_walk walk = json_walk(extra);
	struct slice name, value;
	bool calls = false;

	while (json_next_member(&walk, &name, &value)) {
		const enum tokens_member member = tokens_which(name);

		if (member == TOKENS_CALLS)
			calls |= !tokens_is_empty(value);
		else if (member >= TOKENS_TEXT)
			tokens_sum_member(sum, member, value);
	}
	return calls;
}

static void tokens_sum_langchain(struct tokens_sum *sum, struct slice body)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value, extra = SLICE("{}");
	bool calls = false;

	while (json_next_member(&walk, &name, &value)) {
		const enum tokens_member member = tokens_which(name);

		if (member == TOKENS_CONTENT || member == TOKENS_STRING)
			tokens_sum_member(sum, member, value);
		else if (member == TOKENS_CALLS)
			calls |= !tokens_is_empty(value);
		else if (member == TOKENS_EXTRA &&
			 json_kind(value) == JSON_KIND_OBJECT)
			extra = value;
	}
	if (!json_find(body, "content", &value) &&
		message_find_content(body, &value))
		tokens_sum_member(sum, TOKENS_CONTENT, value);
	calls |= tokens_sum_extra(sum, extra);
	if (calls)
		tokens_sum_calls(sum, body, extra);
}

static void tokens_sum_message(
	struct tokens_sum *sum, const struct message *message)
{
	switch (message_form_body(message->form)) {
	case BODY_OWN: /* nothing plain has one */
		return;
	case BODY_CONTENT:
	case BODY_STRING:
		sum_content(sum, message->body);
		return;
	case BODY_OPENAI:
		tokens_sum_openai(sum, message->body);
		return;
	case BODY_LANGCHAIN:
		tokens_sum_langchain(sum, message->body);
		return;
	}
}

/* The messages of a chat that are counted as one. */
struct tokens_parts {
	struct tokens_sum *sum;
	int64_t count;
};

static int tokens_sum_part(void *context, const struct message *part)
{
	struct tokens_parts *parts = context;

	tokens_sum_message(parts->sum, part);
	parts->count++;
	return 0;
}

static int64_t tokens_count_anew(
	const struct message *message, const struct tokenizer *tokenizer)
{
	struct tokens_sum sum = {
		.tokenizer = tokenizer_is_exact(tokenizer) ? tokenizer : NULL,
	};
	struct tokens_parts parts = { &sum, 0 };
	int64_t tokens = -1;

	if (form_parts(message, tokens_sum_part, &parts) == 0 &&
		!sum_failed(&sum))
		tokens = (sum.hundredths + 99) / 100 +
			 parts.count * TOKENS_MESSAGE;
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
