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
#include "schema/message/call_ids.h"
#include "schema/message/tool_blocks.h"

struct tool_calls_walk {
	/* 0: the call is left out, -1: no more visits, else it is kept so. */
	int (*visit)(
		struct tool_calls_walk *walk, const struct tool_call *call);
	bool human;	   /* blocks are results, else calls */
	bool extra;	   /* members may stand in additional_kwargs too */
	bool inside;	   /* these are walked */
	bool blocks;	   /* content_blocks are in content's place */
	struct slice body; /* that may have a list of calls */
	struct text *out;  /* NULL: nothing is written */
	bool stopped;
};

static int tool_calls_keep(
	struct tool_calls_walk *walk, const struct tool_call *call)
{
	int result = 0;

	if (!walk->stopped)
		result = walk->visit(walk, call);
	walk->stopped |= result < 0;
	return result > 0 ? result : 0;
}

/* Puts the object that a call stands in, kept so. */
static void tool_calls_put(struct text *out, struct slice object,
	const struct tool_call *call, int kept)
{
	if (kept > 1)
		call_ids_put_object(out, object, call->id, (unsigned)kept);
	else
		json_put(out, object);
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

bool tool_calls_are_listed(struct slice object)
{
	struct json_walk elements;
	struct slice list, element;

	if (!json_find_kind(object, "tool_calls", JSON_KIND_ARRAY, &list))
		return false;
	elements = json_walk(list);
	while (json_next_element(&elements, &element))
		if (json_kind(element) == JSON_KIND_OBJECT)
			return true;
	return false;
}

static void tool_calls_walk_list(
	struct tool_calls_walk *walk, struct slice name, struct slice list)
{
	struct json_walk elements = json_walk(list);
	struct slice element;
	const bool shadowed = walk->inside && tool_calls_are_listed(walk->body);
	bool begun = false;

	while (json_next_element(&elements, &element)) {
		struct tool_call call = { .shadowed = shadowed };
		int kept = 1;

		if (json_kind(element) == JSON_KIND_OBJECT) {
			tool_calls_identify(&call, element);
			kept = tool_calls_keep(walk, &call);
		}
		if (kept == 0)
			continue;
		if (walk->out == NULL)
			continue;
		if (!begun) {
			json_name_json(walk->out, name);
			json_begin_array(walk->out);
		}
		begun = true;
		tool_calls_put(walk->out, element, &call, kept);
	}
	if (begun)
		json_end_array(walk->out);
}

static void tool_calls_walk_function(
	struct tool_calls_walk *walk, struct slice name, struct slice value)
{
	struct tool_call call = { .function = true };
	struct slice outside;

	if (json_kind(value) == JSON_KIND_OBJECT) {
		call.shadowed = walk->inside &&
				json_find_kind(walk->body, "function_call",
					JSON_KIND_OBJECT, &outside);
		call.id = tool_calls_string(value, "name");
		if (!tool_calls_keep(walk, &call))
			return;
	}
	tool_calls_copy(walk, name, value);
}

/* --- blocks ------------------------------------------------------------- */

static bool tool_calls_shadow_blocks(const struct tool_calls_walk *walk)
{
	struct slice extra;

	return tool_calls_are_listed(walk->body) ||
	       (walk->extra &&
		       json_find_kind(walk->body, "additional_kwargs",
			       JSON_KIND_OBJECT, &extra) &&
		       tool_calls_are_listed(extra));
}

static void tool_calls_walk_blocks(
	struct tool_calls_walk *walk, struct slice content)
{
	struct json_walk blocks = json_walk(content);
	struct tool_call call;
	struct slice block;
	bool looked = walk->human, shadowed = false;

	if (walk->out != NULL)
		json_begin_array(walk->out);
	while (json_next_element(&blocks, &block)) {
		int kept = 1;

		if (tool_block_is(walk->human, block, &call)) {
			if (!looked)
				shadowed = tool_calls_shadow_blocks(walk);
			looked = true;
			call.shadowed = shadowed;
			kept = tool_calls_keep(walk, &call);
		}
		if (kept > 0 && walk->out != NULL)
			tool_calls_put(walk->out, block, &call, kept);
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
	if (walk->human ? member != CONTENT : walk->inside && member == CONTENT)
		return MEMBERS;
	if (member < FUNCTION && kind != JSON_KIND_ARRAY)
		return MEMBERS;
	if (member == EXTRA &&
		(!walk->extra || walk->inside || kind != JSON_KIND_OBJECT))
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
	walk->inside = true;
	tool_calls_walk_object(walk, value);
	walk->inside = false;
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

	walk->body = message->body;
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

/* The call that a tool or function message answers. */
static struct tool_call tool_calls_answered(const struct message *message)
{
	struct tool_call call = { .function =
					  message->type == MESSAGE_FUNCTION };

	call.id = tool_calls_string(
		message->body, call.function ? "name" : "tool_call_id");
	if (!call.function && slice_is(call.id, "\"\""))
		tool_calls_name(
			&call, tool_calls_string(message->body, "name"));
	return call;
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
	struct tool_call call;

	switch (message->type) {
	case MESSAGE_TOOL:
	case MESSAGE_FUNCTION:
		call = tool_calls_answered(message);
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
	const unsigned char *kept;
};

static int tool_calls_is_kept(
	struct tool_calls_walk *walk, const struct tool_call *call)
{
	struct tool_calls_writing *writing = (struct tool_calls_writing *)walk;

	(void)call;
	return *writing->kept++;
}

void tool_calls_write_kept(struct text *out, const struct message *message,
	const unsigned char *kept)
{
	struct tool_calls_writing writing = {
		.walk = { .visit = tool_calls_is_kept, .out = out },
		.kept = kept,
	};

	struct tool_call call = { 0 };

	if (message->type == MESSAGE_TOOL)
		call = tool_calls_answered(message);
	if (message->form == MESSAGE_ITEM)
		call.id = tool_calls_string(message->body, "call_id");
	if (call.id.length > 0)
		tool_calls_put(out, message->body, &call, *kept);
	else
		tool_calls_walk_message(&writing.walk, message);
}

int tool_call_compare(const struct tool_call *a, const struct tool_call *b)
{
	if (a->function != b->function)
		return a->function ? 1 : -1;
	return json_string_compare(a->id, b->id);
}
