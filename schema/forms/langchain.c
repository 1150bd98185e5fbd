/* SPDX-License-Identifier: MIT */
/* langchain.c - a message in LangChain's stored form. */
#include "schema/forms/form.h"

#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

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

/* The members but `type`, which stands outside of data in stored form. */
static void langchain_put_flat(struct text *out, struct slice body)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value))
		if (!json_string_is(name, SLICE("type")))
			json_member_json(out, name, value);
	json_end_object(out);
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
	json_begin_object(out);
	json_member(out, "name", name);
	json_member(out, "args", valid ? args : arguments);
	if (json_find(call, "id", &id))
		json_member(out, "id", id);
	if (valid)
		json_member_string(out, "type", SLICE("tool_call"));
	else
		json_member_string(out, "error", SLICE("Malformed args."));
	json_end_object(out);
}

static void langchain_put_list(
	struct text *out, const char *name, const struct text *elements)
{
	json_name(out, name);
	json_begin_array(out);
	text_slice(out, text_view(elements));
	json_end_array(out);
}

static void langchain_put_calls(struct text *out, struct slice tool_calls)
{
	struct langchain_calls calls = { 0 };
	struct json_walk walk = json_walk(tool_calls);
	struct slice call;

	while (json_next_element(&walk, &call))
		langchain_put_call(&calls, call);
	langchain_put_list(out, "tool_calls", &calls.valid);
	if (calls.invalid.length > 0)
		langchain_put_list(out, "invalid_tool_calls", &calls.invalid);
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

/* Begins additional_kwargs, unless that has been done. */
static void langchain_begin_others(struct text *out, bool *begun)
{
	if (*begun)
		return;
	json_name(out, "additional_kwargs");
	json_begin_object(out);
	*begun = true;
}

/* What has no place goes into additional_kwargs. */
static void langchain_put_others(
	struct text *out, struct slice body, bool developer)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;
	bool any = false;

	if (developer) {
		langchain_begin_others(out, &any);
		json_member_string(out, "__openai_role__", SLICE("developer"));
	}
	while (json_next_member(&walk, &name, &value)) {
		if (langchain_has_place(name, value) ||
			(developer &&
				json_string_is(name, SLICE("__openai_role__"))))
			continue;
		langchain_begin_others(out, &any);
		json_member_json(out, name, value);
	}
	if (any)
		json_end_object(out);
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
	json_begin_object(out);
	json_member(out, "content", content);
	if (message->type == MESSAGE_GENERIC)
		json_member(out, "role", role);
	if (json_find(body, "name", &value))
		json_member(out, "name", value);
	if (json_find(body, "tool_call_id", &value))
		json_member(out, "tool_call_id", value);
	if (json_find(body, "tool_calls", &value) &&
		langchain_convertible(value))
		langchain_put_calls(out, value);
	langchain_put_others(
		out, body, json_string_is(role, SLICE("developer")));
	json_end_object(out);
}

static void langchain_put_content(
	struct text *out, const struct message *message)
{
	json_begin_object(out);
	json_member(out, "content", message->body);
	json_end_object(out);
}

void format_langchain(
	struct text *out, const struct message *message, bool python)
{
	const char *type = python ? message_type_python(message->type)
				  : message_type_name(message->type);

	json_member_string(out, "type", slice_of(type));
	json_name(out, "data");
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
