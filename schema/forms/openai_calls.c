/* SPDX-License-Identifier: MIT */
/* openai_calls.c - tool calls, in OpenAI's form and in LangChain's. */
#include "schema/forms/openai_calls.h"

#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* --- to OpenAI's form -------------------------------------------------- */

/* The arguments of a call: the text of an object, as a string. */
static void openai_calls_put_arguments(struct text *out, struct slice call)
{
	struct slice args = SLICE("\"\"");

	json_find(call, "args", &args);
	if (json_kind(args) == JSON_KIND_STRING)
		json_member(out, "arguments", args);
	else
		json_member_string(out, "arguments", args);
}

static void openai_calls_put_call(struct text *out, struct slice call)
{
	struct slice id, name = SLICE("\"\""), function;

	if (json_find_kind(call, "function", JSON_KIND_OBJECT, &function)) {
		json_put(out, call); /* is in OpenAI's form already */
		return;
	}
	json_begin_object(out);
	if (json_find_kind(call, "id", JSON_KIND_STRING, &id))
		json_member(out, "id", id);
	json_find_kind(call, "name", JSON_KIND_STRING, &name);
	json_member_string(out, "type", SLICE("function"));
	json_name(out, "function");
	json_begin_object(out);
	json_member(out, "name", name);
	openai_calls_put_arguments(out, call);
	json_end_object(out);
	json_end_object(out);
}

/* Appends the calls of one list; the first of all begins the array. */
static void openai_calls_put_calls(
	struct text *out, struct slice body, const char *member, bool *begun)
{
	struct slice calls, call;
	struct json_walk walk;

	if (!json_find_kind(body, member, JSON_KIND_ARRAY, &calls))
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
		openai_calls_put_call(out, call);
	}
}

static bool openai_calls_has_elements(struct slice object, const char *member)
{
	struct slice array;

	return json_find_kind(object, member, JSON_KIND_ARRAY, &array) &&
	       json_count(array) > 0;
}

void openai_calls_write(struct text *out, struct slice body, struct slice extra)
{
	bool begun = false;
	struct slice raw;

	if (!openai_calls_has_elements(body, "tool_calls") &&
		openai_calls_has_elements(extra, "tool_calls")) {
		json_find(extra, "tool_calls", &raw);
		json_member(out, "tool_calls", raw);
		return;
	}
	openai_calls_put_calls(out, body, "tool_calls", &begun);
	openai_calls_put_calls(out, body, "invalid_tool_calls", &begun);
	if (begun)
		json_end_array(out);
}

/* --- to LangChain's ---------------------------------------------------- */

/*
 * Arguments that are nested deeper stay a string: what is written here can
 * be sent back inside of {"messages":[{"data":{"tool_calls":[{"args":…, six
 * levels further down, and a body has at most 64.
 */
static const struct json_limits arguments_limits = {
	.depth = 58,
	.values = 1000000,
};

/* The calls of one message while they are converted. */
struct openai_calls_reading {
	struct text valid;
	struct text invalid;
	struct text arguments;
	struct json_scratch scratch;
};

bool openai_calls_convertible(struct slice tool_calls)
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
static bool openai_calls_arguments_object(struct openai_calls_reading *calls,
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

static void openai_calls_read_call(
	struct openai_calls_reading *calls, struct slice call)
{
	struct slice name = SLICE("\"\""), arguments = SLICE("\"\"");
	struct slice function = call, id, args;
	struct text *out;
	bool valid;

	json_find(call, "function", &function);
	json_find(function, "name", &name);
	json_find(function, "arguments", &arguments);
	valid = openai_calls_arguments_object(calls, arguments, &args);
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

static void openai_calls_put_list(
	struct text *out, const char *name, const struct text *elements)
{
	json_name(out, name);
	json_begin_array(out);
	text_slice(out, text_view(elements));
	json_end_array(out);
}

void openai_calls_write_data(struct text *out, struct slice tool_calls)
{
	struct openai_calls_reading calls = { 0 };
	struct json_walk walk = json_walk(tool_calls);
	struct slice call;

	while (json_next_element(&walk, &call))
		openai_calls_read_call(&calls, call);
	openai_calls_put_list(out, "tool_calls", &calls.valid);
	if (calls.invalid.length > 0)
		openai_calls_put_list(
			out, "invalid_tool_calls", &calls.invalid);
	out->failed |= calls.valid.failed || calls.invalid.failed ||
		       calls.arguments.failed;
	text_clear(&calls.valid);
	text_clear(&calls.invalid);
	text_clear(&calls.arguments);
	json_scratch_clear(&calls.scratch);
}
