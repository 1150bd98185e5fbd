/* SPDX-License-Identifier: MIT */
/* openai_chat.c - a message as OpenAI's chat completions take it. */
#include "schema/forms/form.h"

#include "schema/json/value.h"
#include "schema/json/write.h"

static const char *const roles[] = {
	[MESSAGE_HUMAN] = "\"user\"",
	[MESSAGE_AI] = "\"assistant\"",
	[MESSAGE_SYSTEM] = "\"system\"",
	[MESSAGE_TOOL] = "\"tool\"",
	[MESSAGE_FUNCTION] = "\"function\"",
	[MESSAGE_GENERIC] = "\"\"", /* has one of its own */
};

static bool openai_chat_find_kind(struct slice object, const char *name,
	enum json_kind kind, struct slice *value)
{
	struct slice found;

	if (!json_find(object, name, &found) || json_kind(found) != kind)
		return false;
	*value = found;
	return true;
}

/* A part may be a bare string in LangChain; OpenAI wants an object. */
static void openai_chat_put_parts(struct text *out, struct slice parts)
{
	struct json_walk walk = json_walk(parts);
	struct slice part;

	json_begin_array(out);
	while (json_next_element(&walk, &part)) {
		if (json_kind(part) != JSON_KIND_STRING) {
			json_put(out, part);
			continue;
		}
		json_begin_object(out);
		json_member_string(out, "type", SLICE("text"));
		json_member(out, "text", part);
		json_end_object(out);
	}
	json_end_array(out);
}

static void openai_chat_put_content(struct text *out, struct slice content)
{
	json_name(out, "content");
	if (json_kind(content) == JSON_KIND_ARRAY)
		openai_chat_put_parts(out, content);
	else
		json_put(out, content);
}

/* What a call is given: the text of an object, as a string. */
static void openai_chat_put_arguments(struct text *out, struct slice call)
{
	struct slice args = SLICE("\"\"");

	json_find(call, "args", &args);
	if (json_kind(args) == JSON_KIND_STRING)
		json_member(out, "arguments", args);
	else
		json_member_string(out, "arguments", args);
}

static void openai_chat_put_call(struct text *out, struct slice call)
{
	struct slice id, name = SLICE("\"\""), function;

	if (openai_chat_find_kind(
		    call, "function", JSON_KIND_OBJECT, &function)) {
		json_put(out, call); /* is in OpenAI's form already */
		return;
	}
	json_begin_object(out);
	if (openai_chat_find_kind(call, "id", JSON_KIND_STRING, &id))
		json_member(out, "id", id);
	openai_chat_find_kind(call, "name", JSON_KIND_STRING, &name);
	json_member_string(out, "type", SLICE("function"));
	json_name(out, "function");
	json_begin_object(out);
	json_member(out, "name", name);
	openai_chat_put_arguments(out, call);
	json_end_object(out);
	json_end_object(out);
}

/* Appends the calls of one list; the first of all begins the array. */
static void openai_chat_put_calls(
	struct text *out, struct slice body, const char *member, bool *begun)
{
	struct slice calls, call;
	struct json_walk walk;

	if (!openai_chat_find_kind(body, member, JSON_KIND_ARRAY, &calls))
		return;
	walk = json_walk(calls);
	while (json_next_element(&walk, &call)) {
		if (json_kind(call) != JSON_KIND_OBJECT)
			continue;
		if (!*begun) {
			json_name(out, "tool_calls");
			json_begin_array(out);
		}
		*begun = true;
		openai_chat_put_call(out, call);
	}
}

static bool openai_chat_has_elements(struct slice object, const char *member)
{
	struct slice array;

	return openai_chat_find_kind(object, member, JSON_KIND_ARRAY, &array) &&
	       json_count(array) > 0;
}

static void openai_chat_put_tool_calls(
	struct text *out, struct slice body, struct slice extra)
{
	bool begun = false;
	struct slice raw;

	if (!openai_chat_has_elements(body, "tool_calls") &&
		openai_chat_has_elements(extra, "tool_calls")) {
		json_find(extra, "tool_calls", &raw);
		json_member(out, "tool_calls", raw);
		return;
	}
	openai_chat_put_calls(out, body, "tool_calls", &begun);
	openai_chat_put_calls(out, body, "invalid_tool_calls", &begun);
	if (begun)
		json_end_array(out);
}

/* True for members that are written from elsewhere, if at all. */
static bool openai_chat_has_place(struct slice name)
{
	static const char *const names[] = { "role", "content", "name",
		"tool_calls", "tool_call_id", "__openai_role__" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (json_string_is(name, slice_of(names[i])))
			return true;
	}
	return false;
}

static void openai_chat_put_others(struct text *out, struct slice extra)
{
	struct json_walk walk = json_walk(extra);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value))
		if (!openai_chat_has_place(name))
			json_member_json(out, name, value);
}

static void openai_chat_put_string_member(
	struct text *out, struct slice body, const char *name)
{
	struct slice value;

	if (openai_chat_find_kind(body, name, JSON_KIND_STRING, &value))
		json_member(out, name, value);
}

static void openai_chat_put_object(
	struct text *out, const struct message *message)
{
	struct slice body = message->body;
	struct slice role = slice_of(roles[message->type]);
	struct slice content = SLICE("null"), extra = SLICE("{}");

	openai_chat_find_kind(
		body, "additional_kwargs", JSON_KIND_OBJECT, &extra);
	if (message->type == MESSAGE_GENERIC)
		openai_chat_find_kind(body, "role", JSON_KIND_STRING, &role);
	openai_chat_find_kind(
		extra, "__openai_role__", JSON_KIND_STRING, &role);
	json_find(body, "content", &content);
	json_begin_object(out);
	json_member(out, "role", role);
	openai_chat_put_content(out, content);
	openai_chat_put_string_member(out, body, "name");
	openai_chat_put_string_member(out, body, "tool_call_id");
	openai_chat_put_tool_calls(out, body, extra);
	openai_chat_put_others(out, extra);
	json_end_object(out);
}

void format_openai(struct text *out, const struct message *message)
{
	switch (message->form) {
	case MESSAGE_OPENAI:
		json_put(out, message->body);
		break;
	case MESSAGE_STORED:
	case MESSAGE_FLAT:
		openai_chat_put_object(out, message);
		break;
	case MESSAGE_TUPLE:
	case MESSAGE_TEXT:
		json_begin_object(out);
		json_member(out, "role", slice_of(roles[message->type]));
		openai_chat_put_content(out, message->body);
		json_end_object(out);
		break;
	}
}
