/* SPDX-License-Identifier: MIT */
/* tool_beside.c - what a message says beside its calls and answers. */
#include "schema/json/value.h"
#include "schema/message/tool_blocks.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct slice tool_beside_content(const struct message *message)
{
	struct slice content = SLICE("null");

	if (json_kind(message->body) != JSON_KIND_OBJECT)
		return message->body;
	message_find_content(message->body, &content);
	return content;
}

bool tool_calls_only_answers(const struct message *message)
{
	const struct slice content = tool_beside_content(message);
	struct json_walk blocks = json_walk(content);
	struct tool_call call;
	struct slice block;
	bool any = false;

	if (message->type == MESSAGE_TOOL || message->type == MESSAGE_FUNCTION)
		return true;
	if (message->type != MESSAGE_HUMAN ||
		json_kind(content) != JSON_KIND_ARRAY)
		return false;
	for (; json_next_element(&blocks, &block); any = true)
		if (!tool_block_is(true, block, &call))
			return false;
	return any;
}

/* A thought alone says nothing. */
static bool tool_beside_says(bool human, struct slice block)
{
	static const struct slice thoughts[] = { { "thinking", 8 },
		{ "redacted_thinking", 17 }, { "reasoning", 9 } };
	struct tool_call call;
	struct slice type;

	if (json_kind(block) != JSON_KIND_OBJECT)
		return !slice_is(block, "\"\"");
	if (tool_block_is(human, block, &call))
		return false;
	return !json_find_kind(block, "type", JSON_KIND_STRING, &type) ||
	       json_string_among(type, thoughts, COUNT(thoughts)) ==
		       COUNT(thoughts);
}

static bool tool_beside_refuses(struct slice object)
{
	struct slice refusal;

	return json_find_kind(object, "refusal", JSON_KIND_STRING, &refusal) &&
	       refusal.length > 2;
}

bool tool_calls_beside(const struct message *message)
{
	const struct slice content = tool_beside_content(message);
	struct json_walk blocks = json_walk(content);
	struct slice block, extra;

	if (tool_beside_refuses(message->body) ||
		(json_find_kind(message->body, "additional_kwargs",
			 JSON_KIND_OBJECT, &extra) &&
			tool_beside_refuses(extra)))
		return true;
	if (json_kind(content) != JSON_KIND_ARRAY)
		return !slice_is(content, "null") && !slice_is(content, "\"\"");
	while (json_next_element(&blocks, &block))
		if (tool_beside_says(message->type == MESSAGE_HUMAN, block))
			return true;
	return false;
}
