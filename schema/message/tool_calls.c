/* SPDX-License-Identifier: MIT */
/* tool_calls.c - the calls of tools and functions, and their answers. */
#include "schema/message/tool_calls.h"

#include "schema/json/value.h"

/* The string member `name` of a value that may be no object. */
static bool tool_calls_find_string(
	struct slice value, const char *name, struct slice *string)
{
	return json_kind(value) == JSON_KIND_OBJECT &&
	       json_find(value, name, string) &&
	       json_kind(*string) == JSON_KIND_STRING;
}

static int tool_calls_visit_list(struct slice object, const char *name,
	int (*visit)(void *context, const struct tool_call *call),
	void *context)
{
	struct tool_call call = { 0 };
	struct json_walk walk;
	struct slice list, made;
	int result = 0;

	if (!json_find(object, name, &list) ||
		json_kind(list) != JSON_KIND_ARRAY)
		return 0;
	walk = json_walk(list);
	while (result == 0 && json_next_element(&walk, &made))
		if (tool_calls_find_string(made, "id", &call.id))
			result = visit(context, &call);
	return result;
}

static int tool_calls_visit_object(struct slice object,
	int (*visit)(void *context, const struct tool_call *call),
	void *context)
{
	struct tool_call call = { .function = true };
	struct slice made;
	int result =
		tool_calls_visit_list(object, "tool_calls", visit, context);

	if (result == 0)
		result = tool_calls_visit_list(
			object, "invalid_tool_calls", visit, context);
	if (result == 0 && json_find(object, "function_call", &made) &&
		tool_calls_find_string(made, "name", &call.id))
		result = visit(context, &call);
	return result;
}

int tool_calls_made(const struct message *message,
	int (*visit)(void *context, const struct tool_call *call),
	void *context)
{
	const struct slice body = message->body;
	struct slice extra;
	int result;

	if (message->type != MESSAGE_AI || json_kind(body) != JSON_KIND_OBJECT)
		return 0;
	result = tool_calls_visit_object(body, visit, context);
	if (result == 0 && message->form != MESSAGE_OPENAI &&
		json_find(body, "additional_kwargs", &extra) &&
		json_kind(extra) == JSON_KIND_OBJECT)
		result = tool_calls_visit_object(extra, visit, context);
	return result;
}

bool tool_call_answered(const struct message *message, struct tool_call *call)
{
	call->function = message->type == MESSAGE_FUNCTION;
	call->id = SLICE("\"\"");
	if (message->type != MESSAGE_TOOL && message->type != MESSAGE_FUNCTION)
		return false;
	tool_calls_find_string(message->body,
		call->function ? "name" : "tool_call_id", &call->id);
	return true;
}

int tool_call_compare(const struct tool_call *a, const struct tool_call *b)
{
	if (a->function != b->function)
		return a->function ? 1 : -1;
	return json_string_compare(a->id, b->id);
}
