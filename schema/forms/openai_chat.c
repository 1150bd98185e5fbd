/* SPDX-License-Identifier: MIT */
/* openai_chat.c - a message as OpenAI's chat completions take it. */
#include "schema/forms/form.h"

#include "schema/json/value.h"

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
	const char *before = "[";
	struct slice part;

	while (json_next_element(&walk, &part)) {
		bool string = json_kind(part) == JSON_KIND_STRING;

		text_string(out, before);
		text_string(out, string ? "{\"type\":\"text\",\"text\":" : "");
		text_slice(out, part);
		text_string(out, string ? "}" : "");
		before = ",";
	}
	text_string(out, parts.length > 2 ? "]" : "[]");
}

static void openai_chat_put_content(struct text *out, struct slice content)
{
	text_string(out, ",\"content\":");
	if (json_kind(content) == JSON_KIND_ARRAY)
		openai_chat_put_parts(out, content);
	else
		text_slice(out, content);
}

/* What a call is given: the text of an object, as a string. */
static void openai_chat_put_arguments(struct text *out, struct slice call)
{
	struct slice args = SLICE("\"\"");

	json_find(call, "args", &args);
	if (json_kind(args) == JSON_KIND_STRING)
		text_slice(out, args);
	else
		text_json(out, args);
}

static void openai_chat_put_call(struct text *out, struct slice call)
{
	struct slice id, name = SLICE("\"\""), function;

	if (openai_chat_find_kind(
		    call, "function", JSON_KIND_OBJECT, &function)) {
		text_slice(out, call); /* is in OpenAI's form already */
		return;
	}
	text_string(out, "{");
	if (openai_chat_find_kind(call, "id", JSON_KIND_STRING, &id)) {
		text_string(out, "\"id\":");
		text_slice(out, id);
		text_string(out, ",");
	}
	openai_chat_find_kind(call, "name", JSON_KIND_STRING, &name);
	text_string(out, "\"type\":\"function\",\"function\":{\"name\":");
	text_slice(out, name);
	text_string(out, ",\"arguments\":");
	openai_chat_put_arguments(out, call);
	text_string(out, "}}");
}

/* The calls of one list; gives what stands before the next one. */
static const char *openai_chat_put_calls(struct text *out, struct slice body,
	const char *member, const char *before)
{
	struct slice calls, call;
	struct json_walk walk;

	if (!openai_chat_find_kind(body, member, JSON_KIND_ARRAY, &calls))
		return before;
	walk = json_walk(calls);
	while (json_next_element(&walk, &call)) {
		if (json_kind(call) != JSON_KIND_OBJECT)
			continue;
		text_string(out, before);
		openai_chat_put_call(out, call);
		before = ",";
	}
	return before;
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
	const char *const open = ",\"tool_calls\":[";
	const char *before = open;
	struct slice raw;

	if (!openai_chat_has_elements(body, "tool_calls") &&
		openai_chat_has_elements(extra, "tool_calls")) {
		json_find(extra, "tool_calls", &raw);
		text_string(out, ",\"tool_calls\":");
		text_slice(out, raw);
		return;
	}
	before = openai_chat_put_calls(out, body, "tool_calls", before);
	before = openai_chat_put_calls(out, body, "invalid_tool_calls", before);
	text_string(out, before == open ? "" : "]");
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

	while (json_next_member(&walk, &name, &value)) {
		if (openai_chat_has_place(name))
			continue;
		text_string(out, ",");
		text_slice(out, name);
		text_string(out, ":");
		text_slice(out, value);
	}
}

static void openai_chat_put_string_member(
	struct text *out, struct slice body, const char *name)
{
	struct slice value;

	if (!openai_chat_find_kind(body, name, JSON_KIND_STRING, &value))
		return;
	text_format(out, ",\"%s\":", name);
	text_slice(out, value);
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
	text_string(out, "{\"role\":");
	text_slice(out, role);
	openai_chat_put_content(out, content);
	openai_chat_put_string_member(out, body, "name");
	openai_chat_put_string_member(out, body, "tool_call_id");
	openai_chat_put_tool_calls(out, body, extra);
	openai_chat_put_others(out, extra);
	text_string(out, "}");
}

void format_openai(struct text *out, const struct message *message)
{
	switch (message->form) {
	case MESSAGE_OPENAI:
		text_slice(out, message->body);
		break;
	case MESSAGE_STORED:
	case MESSAGE_FLAT:
		openai_chat_put_object(out, message);
		break;
	case MESSAGE_TUPLE:
	case MESSAGE_TEXT:
		text_string(out, "{\"role\":");
		text_string(out, roles[message->type]);
		openai_chat_put_content(out, message->body);
		text_string(out, "}");
		break;
	}
}
