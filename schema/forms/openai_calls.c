/* SPDX-License-Identifier: MIT */
/* openai_calls.c - tool calls, in OpenAI's form and in LangChain's. */
#include "schema/forms/openai_calls.h"

#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/call_ids.h"
#include "schema/message/tool_calls.h"

/* --- to OpenAI's form -------------------------------------------------- */

/* A call's members, in whichever shape it is. */
struct openai_calls_call {
	struct slice id;   /* empty: it has none */
	struct slice name; /* a JSON string */
	struct slice arguments;
};

static struct openai_calls_call openai_calls_read(struct slice call)
{
	struct openai_calls_call found = { .name = SLICE("\"\""),
		.arguments = SLICE("\"\"") };
	struct slice function = call;

	json_find_kind(call, "function", JSON_KIND_OBJECT, &function);
	json_find_kind(function, "name", JSON_KIND_STRING, &found.name);
	if (!json_find(function, "arguments", &found.arguments))
		json_find(function, "args", &found.arguments);
	if (json_find_kind(call, "id", JSON_KIND_STRING, &found.id) &&
		slice_is(found.id, "\"\""))
		found.id.length = 0;
	return found;
}

/* Is it just as OpenAI has it, or none of a function? */
static bool openai_calls_is_right(struct slice call)
{
	struct slice id, type, function, value;

	if (!json_find_kind(call, "type", JSON_KIND_STRING, &type))
		return false;
	if (json_string_is(type, SLICE("custom")))
		return json_find_kind(call, "custom", JSON_KIND_OBJECT, &value);
	return json_string_is(type, SLICE("function")) &&
	       json_find_kind(call, "id", JSON_KIND_STRING, &id) &&
	       !slice_is(id, "\"\"") &&
	       json_find_kind(call, "function", JSON_KIND_OBJECT, &function) &&
	       json_find_kind(function, "name", JSON_KIND_STRING, &value) &&
	       json_find_kind(function, "arguments", JSON_KIND_STRING, &value);
}

static void openai_calls_put_named(
	struct text *out, const struct openai_calls_call *call)
{
	json_begin_object(out);
	json_member(out, "name", call->name);
	if (json_kind(call->arguments) == JSON_KIND_STRING)
		json_member(out, "arguments", call->arguments);
	else
		json_member_string(out, "arguments", call->arguments);
	json_end_object(out);
}

void openai_calls_put_function(struct text *out, struct slice function)
{
	const struct openai_calls_call call = openai_calls_read(function);

	openai_calls_put_named(out, &call);
}

static void openai_calls_put_call(struct text *out, struct slice value)
{
	const struct openai_calls_call call = openai_calls_read(value);

	if (openai_calls_is_right(value)) {
		json_put(out, value);
	} else {
		json_begin_object(out);
		json_name(out, "id");
		if (call.id.length > 0)
			json_put(out, call.id);
		else
			call_ids_put(out, call.name, call.arguments);
		json_member_string(out, "type", SLICE("function"));
		json_name(out, "function");
		openai_calls_put_named(out, &call);
		json_end_object(out);
	}
}

void openai_calls_put(struct text *out, struct slice calls)
{
	struct json_walk walk = json_walk(calls);
	struct slice call;

	json_begin_array(out);
	while (json_next_element(&walk, &call))
		if (json_kind(call) == JSON_KIND_OBJECT)
			openai_calls_put_call(out, call);
	json_end_array(out);
}

void openai_calls_write(struct text *out, struct slice body, struct slice extra)
{
	struct slice calls;

	if (!tool_calls_are_listed(body))
		body = extra;
	if (!tool_calls_are_listed(body))
		return;
	json_find(body, "tool_calls", &calls);
	json_name(out, "tool_calls");
	openai_calls_put(out, calls);
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

/* An invalid call has a string of them. */
static void openai_calls_put_args(
	struct text *out, struct slice args, bool valid)
{
	if (valid || json_kind(args) == JSON_KIND_STRING)
		json_member(out, "args", args);
	else
		json_member_string(out, "args", args);
}

static void openai_calls_read_call(
	struct openai_calls_reading *calls, struct slice call)
{
	const struct openai_calls_call found = openai_calls_read(call);
	struct slice id = SLICE("null"), args;
	const bool valid =
		openai_calls_arguments_object(calls, found.arguments, &args);
	struct text *out = valid ? &calls->valid : &calls->invalid;

	json_begin_object(out);
	json_member(out, "name", found.name);
	openai_calls_put_args(out, valid ? args : found.arguments, valid);
	/* An id that is empty stays, as all that came. */
	json_find_kind(call, "id", JSON_KIND_STRING, &id);
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

/* An invalid call keeps its error. */
static void openai_calls_read_invalid(
	struct openai_calls_reading *calls, struct slice call)
{
	static const char *const names[] = { "name", "args", "id", "error" };
	struct text *out = &calls->invalid;
	struct slice value;

	json_begin_object(out);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		value = SLICE("null");
		json_find(call, names[i], &value);
		if (json_kind(value) == JSON_KIND_STRING ||
			json_kind(value) == JSON_KIND_NULL)
			json_member(out, names[i], value);
		else
			json_member_string(out, names[i], value);
	}
	json_end_object(out);
}

static void openai_calls_read_list(struct openai_calls_reading *calls,
	struct slice list,
	void (*read)(struct openai_calls_reading *calls, struct slice call))
{
	struct json_walk walk = json_walk(list);
	struct slice call;

	while (json_kind(list) == JSON_KIND_ARRAY &&
		json_next_element(&walk, &call))
		if (json_kind(call) == JSON_KIND_OBJECT)
			read(calls, call);
}

static void openai_calls_end(
	struct text *out, struct openai_calls_reading *calls)
{
	out->failed |= calls->valid.failed || calls->invalid.failed ||
		       calls->arguments.failed;
	text_clear(&calls->valid);
	text_clear(&calls->invalid);
	text_clear(&calls->arguments);
	json_scratch_clear(&calls->scratch);
}

void openai_calls_write_data(struct text *out, struct slice tool_calls)
{
	struct openai_calls_reading calls = { 0 };

	openai_calls_read_list(&calls, tool_calls, openai_calls_read_call);
	openai_calls_put_list(out, "tool_calls", &calls.valid);
	if (calls.invalid.length > 0)
		openai_calls_put_list(
			out, "invalid_tool_calls", &calls.invalid);
	openai_calls_end(out, &calls);
}

void openai_calls_write_both(
	struct text *out, struct slice tool_calls, struct slice invalid)
{
	struct openai_calls_reading calls = { 0 };

	openai_calls_read_list(&calls, invalid, openai_calls_read_invalid);
	openai_calls_read_list(&calls, tool_calls, openai_calls_read_call);
	openai_calls_put_list(out, "tool_calls", &calls.valid);
	openai_calls_put_list(out, "invalid_tool_calls", &calls.invalid);
	openai_calls_end(out, &calls);
}
