/* SPDX-License-Identifier: MIT */
/* langchain.c - a message in LangChain's stored form. */
#include "schema/forms/form.h"

#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"

/*
 * Arguments that are nested deeper stay a string: what is written here can
 * be sent back inside of {"messages":[{"data":{"tool_calls":[{"args":…, six
 * levels further down, and a body has at most 64.
 */
static const struct json_limits arguments_limits = {
	.depth = 58,
	.values = 1000000,
};

/* What converting the calls of one message needs. */
struct langchain_calls {
	struct text valid;
	struct text invalid;
	struct text arguments;
	struct json_scratch scratch;
};

static void langchain_put_member(struct text *out, const char *before,
	struct slice name, struct slice value)
{
	text_string(out, before);
	text_slice(out, name);
	text_string(out, ":");
	text_slice(out, value);
}

/* The members but `type`, which stands outside of data in stored form. */
static void langchain_put_flat(struct text *out, struct slice body)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;
	const char *before = "{";

	while (json_next_member(&walk, &name, &value)) {
		if (json_string_is(name, SLICE("type")))
			continue;
		langchain_put_member(out, before, name, value);
		before = ",";
	}
	text_string(out, "}");
}

/* True if all of them are function calls, the only ones LangChain knows. */
static bool langchain_convertible(struct slice tool_calls)
{
	struct json_walk walk;
	struct slice call, function;

	if (json_kind(tool_calls) != JSON_KIND_ARRAY)
		return false;
	walk = json_walk(tool_calls);
	while (json_next_element(&walk, &call)) {
		if (json_kind(call) != JSON_KIND_OBJECT ||
			!json_find(call, "function", &function) ||
			json_kind(function) != JSON_KIND_OBJECT)
			return false;
	}
	return true;
}

/*
 * Gives the object that `arguments` spells, compact; false if it is none.
 * Borrows from `calls` until the next call.
 */
static bool langchain_arguments_object(struct langchain_calls *calls,
	struct slice arguments, struct slice *object)
{
	struct text *text = &calls->arguments;
	struct error error = { 0 };
	bool spaced, valid;

	*object = arguments;
	if (json_kind(arguments) != JSON_KIND_STRING)
		return json_kind(arguments) == JSON_KIND_OBJECT;
	text->length = 0;
	valid = json_decode(text, arguments) &&
		json_scan(text_view(text), &arguments_limits, &calls->scratch,
			&spaced, &error) == 0;
	if (error.code == ERROR_UNAVAILABLE)
		text->failed = true;
	if (!valid)
		return false;
	if (spaced)
		text->length = json_compact(text->data, text->length);
	*object = text_view(text);
	return json_kind(*object) == JSON_KIND_OBJECT;
}

static void langchain_put_call(struct langchain_calls *calls, struct slice call)
{
	struct slice name = SLICE("\"\""), arguments = SLICE("\"\"");
	struct slice function = call, id, args;
	struct text *out;
	bool valid;

	json_find(call, "function", &function);
	json_find(function, "name", &name);
	json_find(function, "arguments", &arguments);
	valid = langchain_arguments_object(calls, arguments, &args);
	out = valid ? &calls->valid : &calls->invalid;
	langchain_put_member(
		out, out->length ? ",{" : "{", SLICE("\"name\""), name);
	langchain_put_member(
		out, ",", SLICE("\"args\""), valid ? args : arguments);
	if (json_find(call, "id", &id))
		langchain_put_member(out, ",", SLICE("\"id\""), id);
	text_string(out, valid ? ",\"type\":\"tool_call\"}"
			       : ",\"error\":\"Malformed args.\"}");
}

static void langchain_put_calls(struct text *out, struct slice tool_calls)
{
	struct langchain_calls calls = { 0 };
	struct json_walk walk = json_walk(tool_calls);
	struct slice call;

	while (json_next_element(&walk, &call))
		langchain_put_call(&calls, call);
	text_string(out, ",\"tool_calls\":[");
	text_slice(out, text_view(&calls.valid));
	text_string(out, "]");
	if (calls.invalid.length) {
		text_string(out, ",\"invalid_tool_calls\":[");
		text_slice(out, text_view(&calls.invalid));
		text_string(out, "]");
	}
	out->failed |= calls.valid.failed || calls.invalid.failed ||
		       calls.arguments.failed;
	text_clear(&calls.valid);
	text_clear(&calls.invalid);
	text_clear(&calls.arguments);
	json_scratch_clear(&calls.scratch);
}

/* True if the member has a place of its own in LangChain's data. */
static bool langchain_has_place(struct slice name, struct slice value)
{
	return json_string_is(name, SLICE("role")) ||
	       json_string_is(name, SLICE("content")) ||
	       json_string_is(name, SLICE("name")) ||
	       json_string_is(name, SLICE("tool_call_id")) ||
	       (json_string_is(name, SLICE("tool_calls")) &&
		       langchain_convertible(value));
}

/* What has no place goes into additional_kwargs. */
static void langchain_put_others(
	struct text *out, struct slice body, bool developer)
{
	struct json_walk walk = json_walk(body);
	const char *before = ",\"additional_kwargs\":{";
	struct slice name, value;
	bool any = developer;

	if (developer) {
		langchain_put_member(out, before, SLICE("\"__openai_role__\""),
			SLICE("\"developer\""));
		before = ",";
	}
	while (json_next_member(&walk, &name, &value)) {
		if (langchain_has_place(name, value) ||
			(developer &&
				json_string_is(name, SLICE("__openai_role__"))))
			continue;
		langchain_put_member(out, before, name, value);
		before = ",";
		any = true;
	}
	text_string(out, any ? "}" : "");
}

static void langchain_put_openai(
	struct text *out, const struct message *message)
{
	struct slice role = SLICE("\"\""), content, value;
	struct slice body = message->body;

	json_find(body, "role", &role);
	if (!json_find(body, "content", &content) ||
		json_kind(content) == JSON_KIND_NULL)
		content = SLICE("\"\"");
	langchain_put_member(out, "{", SLICE("\"content\""), content);
	if (message->type == MESSAGE_GENERIC)
		langchain_put_member(out, ",", SLICE("\"role\""), role);
	if (json_find(body, "name", &value))
		langchain_put_member(out, ",", SLICE("\"name\""), value);
	if (json_find(body, "tool_call_id", &value))
		langchain_put_member(
			out, ",", SLICE("\"tool_call_id\""), value);
	if (json_find(body, "tool_calls", &value) &&
		langchain_convertible(value))
		langchain_put_calls(out, value);
	langchain_put_others(
		out, body, json_string_is(role, SLICE("developer")));
	text_string(out, "}");
}

static void langchain_put_content(
	struct text *out, const struct message *message)
{
	langchain_put_member(out, "{", SLICE("\"content\""), message->body);
	text_string(out, "}");
}

void format_langchain(
	struct text *out, const struct message *message, bool python)
{
	text_string(out, "\"type\":\"");
	text_string(out, python ? message_type_python(message->type)
				: message_type_name(message->type));
	text_string(out, "\",\"data\":");
	switch (message->form) {
	case MESSAGE_STORED:
		text_slice(out, message->body);
		break;
	case MESSAGE_FLAT:
		langchain_put_flat(out, message->body);
		break;
	case MESSAGE_OPENAI:
		langchain_put_openai(out, message);
		break;
	case MESSAGE_TUPLE:
	case MESSAGE_TEXT:
		langchain_put_content(out, message);
		break;
	}
}
