/* SPDX-License-Identifier: MIT */
/*
 * strict_model.h - what the APIs of OpenAI and Anthropic refuse of a history.
 *
 * OpenAI: a tool message must follow the message with its call, each call must
 * be followed by its result, and no two have one id; Anthropic: the same of
 * tool_use and tool_result, and no message without content.  Calls at the very
 * end may be without results, as these are on their way; with blocks all or
 * none.
 */
#ifndef TESTS_UNIT_STRICT_MODEL_H
#define TESTS_UNIT_STRICT_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "schema/text.h"

#define STRICT_CALLS 16

/* Calls that wait for results. */
struct strict {
	char ids[STRICT_CALLS][16];
	int count;
	bool block; /* one has come, as a block */
	bool twice; /* two of the newest calls have one id */
	bool joins; /* messages of tool_calls are joined before they are sent */
	bool joinable; /* the newest message is such a one */
	const char *why;
};

static const char strict_stray[] = "a result without its call in front";

static const char strict_twice[] = "two calls of one id";

static void strict_call(struct strict *strict, const char *id)
{
	for (int i = 0; i < strict->count; i++)
		if (strcmp(strict->ids[i], id) == 0)
			return;
	snprintf(
		strict->ids[strict->count++], sizeof(strict->ids[0]), "%s", id);
}

static void strict_result(struct strict *strict, const char *id)
{
	for (int i = 0; i < strict->count; i++) {
		if (strcmp(strict->ids[i], id) != 0)
			continue;
		memmove(strict->ids[i], strict->ids[--strict->count],
			sizeof(strict->ids[i]));
		return;
	}
	strict->why = strict_stray;
}

static void strict_list(
	struct strict *strict, const json_t *object, const char *name)
{
	struct strict list = { .count = 0 };
	json_t *call;
	size_t i;

	json_array_foreach(json_object_get(object, name), i, call)
	{
		const char *id = json_string_value(json_object_get(call, "id"));

		strict_call(&list, id);
		strict->twice |= list.count < (int)i + 1;
		strict_call(strict, id);
	}
}

static void strict_object(struct strict *strict, const json_t *object)
{
	const json_t *function = json_object_get(object, "function_call");

	strict_list(strict, object, "tool_calls");
	if (function != NULL)
		strict_call(strict,
			json_string_value(json_object_get(function, "name")));
}

/* Blocks of this type; how many others there are. */
static size_t strict_blocks(struct strict *strict, const json_t *content,
	const char *type, const char *id,
	void (*visit)(struct strict *strict, const char *id))
{
	size_t i, others = 0;
	json_t *block;

	json_array_foreach(content, i, block)
	{
		const char *is =
			json_string_value(json_object_get(block, "type"));

		if (is == NULL || strcmp(is, type) != 0) {
			others++;
			continue;
		}
		visit(strict, json_string_value(json_object_get(block, id)));
	}
	return others +
	       (json_is_string(content) && json_string_length(content) > 0);
}

static void strict_block(struct strict *strict, const char *id)
{
	strict->block = true;
	strict_result(strict, id);
}

static void strict_ended(struct strict *strict)
{
	if (strict->count > 0)
		strict->why = "a call without its result behind";
	else if (strict->twice)
		strict->why = strict_twice;
	strict->twice = false;
	strict->count = 0;
	strict->block = false;
}

static void strict_ai(
	struct strict *strict, const json_t *body, const json_t *content)
{
	const json_t *extra = json_object_get(body, "additional_kwargs");
	struct strict said = { .count = 0 };
	size_t others, blocks;

	others = strict_blocks(&said, content, "tool_use", "id", strict_call);
	blocks = json_array_size(content) -
		 (json_is_array(content) ? others : 0);
	strict_object(&said, body);
	strict_object(&said, extra);
	said.joinable = strict->joins && said.count > 0 && blocks == 0 &&
			json_object_get(body, "function_call") == NULL &&
			json_object_get(extra, "function_call") == NULL;
	if (!strict->joinable || !said.joinable)
		strict_ended(strict);
	strict->twice |= said.twice;
	for (int i = 0; i < said.count; i++)
		strict_call(strict, said.ids[i]);
	strict->joinable = said.joinable;
	if (said.count == 0 && others == 0)
		strict->why = "a message without content";
}

static void strict_human(struct strict *strict, const json_t *content)
{
	const size_t others = strict_blocks(
		strict, content, "tool_result", "tool_use_id", strict_block);

	if (others > 0)
		strict_ended(strict);
	else if (json_array_size(content) == 0)
		strict->why = "a message without content";
}

static void strict_message(
	struct strict *strict, const char *type, const json_t *body)
{
	const json_t *content =
		json_is_object(body) ? json_object_get(body, "content") : body;

	if (strcmp(type, "ai") == 0) {
		strict_ai(strict, body, content);
		return;
	}
	strict->joinable = false;
	if (strcmp(type, "human") == 0)
		strict_human(strict, content);
	else if (strcmp(type, "tool") == 0)
		strict_result(strict, json_string_value(json_object_get(
					      body, "tool_call_id")));
	else if (strcmp(type, "function") == 0)
		strict_result(strict,
			json_string_value(json_object_get(body, "name")));
	else
		strict_ended(strict);
}

/*
 * NULL, or why the history is refused: an array of {"type":…,"body":…}.  Those
 * from `own` on are the client's own, which may answer calls of nobody.
 */
static const char *strict_refuses(struct slice json, size_t own, bool joins)
{
	json_t *list = json_loadb(json.data, json.length, 0, NULL), *message;
	struct strict strict = { .joins = joins,
		.why = list ? NULL : "no JSON" };
	size_t i;

	json_array_foreach(list, i, message)
	{
		strict_message(&strict,
			json_string_value(json_object_get(message, "type")),
			json_object_get(message, "body"));
		if ((strict.why == strict_stray ||
			    strict.why == strict_twice) &&
			i >= own)
			strict.why = NULL;
		if (strict.why != NULL)
			break;
	}
	/* What a request brings has ids of its own. */
	if (own < json_array_size(list))
		strict.twice = false;
	if (strict.why == NULL && strict.twice)
		strict.why = strict_twice;
	if (strict.why == NULL && strict.block)
		strict_ended(&strict);
	json_decref(list);
	return strict.why;
}

#endif
