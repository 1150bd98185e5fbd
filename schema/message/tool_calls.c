/* SPDX-License-Identifier: MIT */
/*
 * tool_calls.c - the calls of tools and functions, and their answers.
 *
 * One walk over a body visits the calls in it, and writes what is to be kept
 * if there is a text to write to: so both have the same order.
 */
#include "schema/message/tool_calls.h"

#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/tool_blocks.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct tool_calls_walk {
	/* 1: the call is kept, 0: it is left out, -1: no more visits. */
	int (*visit)(
		struct tool_calls_walk *walk, const struct tool_call *call);
	bool human;	  /* blocks are results, else calls */
	bool extra;	  /* members may stand in additional_kwargs too */
	bool blocks;	  /* content_blocks are in content's place */
	struct text *out; /* NULL: nothing is written */
	bool stopped;
};

static bool tool_calls_keep(
	struct tool_calls_walk *walk, const struct tool_call *call)
{
	int result = 0;

	if (!walk->stopped)
		result = walk->visit(walk, call);
	walk->stopped |= result < 0;
	return result > 0;
}

static void tool_calls_copy(const struct tool_calls_walk *walk,
	struct slice name, struct slice value)
{
	if (walk->out != NULL)
		json_member_json(walk->out, name, value);
}

static struct slice tool_calls_string(struct slice object, const char *name)
{
	struct slice string = SLICE("\"\"");

	json_find_kind(object, name, JSON_KIND_STRING, &string);
	return string;
}

/* --- members ------------------------------------------------------------ */

/* A call without an id is known by its name. */
static void tool_calls_name(struct tool_call *call, struct slice name)
{
	if (slice_is(name, "\"\""))
		return;
	call->id = name;
	call->function = call->named = true;
}

static void tool_calls_identify(struct tool_call *call, struct slice element)
{
	struct slice function = element;

	call->id = tool_calls_string(element, "id");
	if (!slice_is(call->id, "\"\""))
		return;
	json_find_kind(element, "function", JSON_KIND_OBJECT, &function);
	tool_calls_name(call, tool_calls_string(function, "name"));
}

static void tool_calls_walk_list(
	struct tool_calls_walk *walk, struct slice name, struct slice list)
{
	struct json_walk elements = json_walk(list);
	struct slice element;
	bool begun = false;

	while (json_next_element(&elements, &element)) {
		struct tool_call call = { 0 };

		if (json_kind(element) == JSON_KIND_OBJECT) {
			tool_calls_identify(&call, element);
			if (!tool_calls_keep(walk, &call))
				continue;
		}
		if (walk->out == NULL)
			continue;
		if (!begun) {
			json_name_json(walk->out, name);
			json_begin_array(walk->out);
		}
		begun = true;
		json_put(walk->out, element);
	}
	if (begun)
		json_end_array(walk->out);
}

static void tool_calls_walk_function(
	struct tool_calls_walk *walk, struct slice name, struct slice value)
{
	struct tool_call call = { .function = true };

	if (json_kind(value) == JSON_KIND_OBJECT) {
		call.id = tool_calls_string(value, "name");
		if (!tool_calls_keep(walk, &call))
			return;
	}
	tool_calls_copy(walk, name, value);
}

/* --- blocks ------------------------------------------------------------- */

static void tool_calls_walk_blocks(
	struct tool_calls_walk *walk, struct slice content)
{
	struct json_walk blocks = json_walk(content);
	struct tool_call call;
	struct slice block;

	if (walk->out != NULL)
		json_begin_array(walk->out);
	while (json_next_element(&blocks, &block)) {
		if (tool_block_is(walk->human, block, &call) &&
			!tool_calls_keep(walk, &call))
			continue;
		if (walk->out != NULL)
			json_put(walk->out, block);
	}
	if (walk->out != NULL)
		json_end_array(walk->out);
}

static void tool_calls_walk_content(
	struct tool_calls_walk *walk, struct slice name, struct slice content)
{
	if (json_kind(content) != JSON_KIND_ARRAY) {
		tool_calls_copy(walk, name, content);
		return;
	}
	if (walk->out != NULL)
		json_name_json(walk->out, name);
	tool_calls_walk_blocks(walk, content);
}

/* --- messages ----------------------------------------------------------- */

enum tool_calls_member { CALLS, FUNCTION, EXTRA, CONTENT, MEMBERS };

static enum tool_calls_member tool_calls_which(
	const struct tool_calls_walk *walk, struct slice name,
	enum json_kind kind)
{
	static const struct slice names[] = {
		[CALLS] = { "tool_calls", 10 },
		[FUNCTION] = { "function_call", 13 },
		[EXTRA] = { "additional_kwargs", 17 },
		[CONTENT] = { "content", 7 },
	};
	enum tool_calls_member member =
		(enum tool_calls_member)json_string_among(name, names, MEMBERS);

	if (walk->blocks && json_string_is(name, SLICE("content_blocks")))
		member = CONTENT;
	if (walk->human && member != CONTENT)
		return MEMBERS;
	if (member < FUNCTION && kind != JSON_KIND_ARRAY)
		return MEMBERS;
	if (member == EXTRA && (!walk->extra || kind != JSON_KIND_OBJECT))
		return MEMBERS;
	return member;
}

static void tool_calls_walk_object(
	struct tool_calls_walk *walk, struct slice object);

static void tool_calls_walk_extra(
	struct tool_calls_walk *walk, struct slice name, struct slice value)
{
	if (walk->out != NULL)
		json_name_json(walk->out, name);
	walk->extra = false;
	tool_calls_walk_object(walk, value);
	walk->extra = true;
}

static void tool_calls_walk_member(
	struct tool_calls_walk *walk, struct slice name, struct slice value)
{
	switch (tool_calls_which(walk, name, json_kind(value))) {
	case CALLS:
		tool_calls_walk_list(walk, name, value);
		break;
	case FUNCTION:
		tool_calls_walk_function(walk, name, value);
		break;
	case EXTRA:
		tool_calls_walk_extra(walk, name, value);
		break;
	case CONTENT:
		tool_calls_walk_content(walk, name, value);
		break;
	case MEMBERS:
		tool_calls_copy(walk, name, value);
		break;
	}
}

static void tool_calls_walk_object(
	struct tool_calls_walk *walk, struct slice object)
{
	struct json_walk members = json_walk(object);
	struct slice name, value;

	if (walk->out != NULL)
		json_begin_object(walk->out);
	while (json_next_member(&members, &name, &value))
		tool_calls_walk_member(walk, name, value);
	if (walk->out != NULL)
		json_end_object(walk->out);
}

static void tool_calls_walk_message(
	struct tool_calls_walk *walk, const struct message *message)
{
	struct slice content;

	walk->human = message->type == MESSAGE_HUMAN;
	walk->extra = message_form_body(message->form) != BODY_OPENAI;
	walk->blocks = json_kind(message->body) == JSON_KIND_OBJECT &&
		       !json_find(message->body, "content", &content);
	if (json_kind(message->body) == JSON_KIND_OBJECT)
		tool_calls_walk_object(walk, message->body);
	else if (json_kind(message->body) == JSON_KIND_ARRAY)
		tool_calls_walk_blocks(walk, message->body);
	else if (walk->out != NULL)
		json_put(walk->out, message->body);
}

/* --- visiting and writing ------------------------------------------------ */

struct tool_calls_visiting {
	struct tool_calls_walk walk; /* the first member */
	int (*visit)(void *context, const struct tool_call *call);
	void *context;
	int result;
};

static int tool_calls_hand_on(
	struct tool_calls_walk *walk, const struct tool_call *call)
{
	struct tool_calls_visiting *visiting =
		(struct tool_calls_visiting *)walk;

	visiting->result = visiting->visit(visiting->context, call);
	return visiting->result == 0 ? 1 : -1;
}

int tool_calls_visit(const struct message *message,
	int (*visit)(void *context, const struct tool_call *call),
	void *context)
{
	struct tool_calls_visiting visiting = {
		.walk.visit = tool_calls_hand_on,
		.visit = visit,
		.context = context,
	};
	struct tool_call call = { .function =
					  message->type == MESSAGE_FUNCTION };

	switch (message->type) {
	case MESSAGE_TOOL:
	case MESSAGE_FUNCTION:
		call.id = tool_calls_string(
			message->body, call.function ? "name" : "tool_call_id");
		if (!call.function && slice_is(call.id, "\"\""))
			tool_calls_name(&call,
				tool_calls_string(message->body, "name"));
		return visit(context, &call);
	case MESSAGE_HUMAN:
	case MESSAGE_AI:
		tool_calls_walk_message(&visiting.walk, message);
		return visiting.result;
	case MESSAGE_SYSTEM:
	case MESSAGE_GENERIC:
		break;
	}
	return 0;
}

struct tool_calls_writing {
	struct tool_calls_walk walk; /* the first member */
	const char *kept;
};

static int tool_calls_is_kept(
	struct tool_calls_walk *walk, const struct tool_call *call)
{
	struct tool_calls_writing *writing = (struct tool_calls_writing *)walk;

	(void)call;
	return *writing->kept++;
}

void tool_calls_write_kept(
	struct text *out, const struct message *message, const char *kept)
{
	struct tool_calls_writing writing = {
		.walk = { .visit = tool_calls_is_kept, .out = out },
		.kept = kept,
	};

	tool_calls_walk_message(&writing.walk, message);
}

/* --- what there is beside ------------------------------------------------ */

static struct slice tool_calls_content(const struct message *message)
{
	struct slice content = SLICE("null");

	if (json_kind(message->body) != JSON_KIND_OBJECT)
		return message->body;
	message_find_content(message->body, &content);
	return content;
}

bool tool_calls_only_answers(const struct message *message)
{
	const struct slice content = tool_calls_content(message);
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
static bool tool_calls_says(bool human, struct slice block)
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

static bool tool_calls_refuses(struct slice object)
{
	struct slice refusal;

	return json_find_kind(object, "refusal", JSON_KIND_STRING, &refusal) &&
	       refusal.length > 2;
}

bool tool_calls_beside(const struct message *message)
{
	const struct slice content = tool_calls_content(message);
	struct json_walk blocks = json_walk(content);
	struct slice block, extra;

	if (tool_calls_refuses(message->body) ||
		(json_find_kind(message->body, "additional_kwargs",
			 JSON_KIND_OBJECT, &extra) &&
			tool_calls_refuses(extra)))
		return true;
	if (json_kind(content) != JSON_KIND_ARRAY)
		return !slice_is(content, "null") && !slice_is(content, "\"\"");
	while (json_next_element(&blocks, &block))
		if (tool_calls_says(message->type == MESSAGE_HUMAN, block))
			return true;
	return false;
}

int tool_call_compare(const struct tool_call *a, const struct tool_call *b)
{
	if (a->function != b->function)
		return a->function ? 1 : -1;
	return json_string_compare(a->id, b->id);
}
