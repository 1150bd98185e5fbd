/* SPDX-License-Identifier: MIT */
/*
 * chat_request.c - a request for a response, as chat completions take it.
 *
 * Each member has a row: another name, another shape, nothing, or a refusal.
 * A member that has no row goes as it is.
 */
#include "core/chain/chat_request.h"

#include <stdio.h>

#include "core/chain/chain.h"
#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int chat_request_refuse(
	const char *what, struct slice value, struct error *error)
{
	return error_set(error, ERROR_INVALID,
		"%s has no counterpart in chat completions, which is all that "
		"the language model's server has (--llm-api): %.*s",
		what, SLICE_SHORT(value));
}

static bool chat_request_is_null(struct slice value)
{
	return json_kind(value) == JSON_KIND_NULL;
}

static struct slice chat_request_type(struct slice object)
{
	struct slice type = SLICE("null");

	if (json_kind(object) == JSON_KIND_OBJECT)
		json_find(object, "type", &type);
	return type;
}

/* {"type":"function","name":…} becomes {"type":"function","function":{…}}. */
static void chat_request_put_nested(
	struct text *out, const char *name, struct slice object)
{
	json_begin_object(out);
	json_member(out, "type", chat_request_type(object));
	json_name(out, name);
	json_begin_object(out);
	json_members_but(out, object, "type");
	json_end_object(out);
	json_end_object(out);
}

/* --- members of another shape ------------------------------------------- */

static int chat_request_put_tools(
	struct text *out, struct slice value, struct error *error)
{
	struct json_walk walk = json_walk(value);
	struct slice tool;
	char what[40];

	if (json_count(value) == 0)
		return 0;
	json_name(out, "tools");
	json_begin_array(out);
	for (size_t i = 0; json_next_element(&walk, &tool); i++) {
		snprintf(what, sizeof(what), "tools[%zu].type", i);
		if (!json_string_is(chat_request_type(tool), SLICE("function")))
			return chat_request_refuse(
				what, chat_request_type(tool), error);
		chat_request_put_nested(out, "function", tool);
	}
	json_end_array(out);
	return 0;
}

static int chat_request_put_choice(
	struct text *out, struct slice value, struct error *error)
{
	if (json_kind(value) == JSON_KIND_STRING) {
		json_member(out, "tool_choice", value);
		return 0;
	}
	if (!json_string_is(chat_request_type(value), SLICE("function")))
		return chat_request_refuse("tool_choice", value, error);
	json_name(out, "tool_choice");
	chat_request_put_nested(out, "function", value);
	return 0;
}

static int chat_request_put_format(
	struct text *out, struct slice format, struct error *error)
{
	const struct slice type = chat_request_type(format);

	if (json_string_is(type, SLICE("text")))
		return 0;
	if (json_string_is(type, SLICE("json_object"))) {
		json_member(out, "response_format", format);
		return 0;
	}
	if (!json_string_is(type, SLICE("json_schema")))
		return chat_request_refuse("text.format", format, error);
	json_name(out, "response_format");
	chat_request_put_nested(out, "json_schema", format);
	return 0;
}

static int chat_request_put_text(
	struct text *out, struct slice value, struct error *error)
{
	struct slice member;

	if (json_find_kind(value, "verbosity", JSON_KIND_STRING, &member))
		json_member(out, "verbosity", member);
	return json_find_kind(value, "format", JSON_KIND_OBJECT, &member)
		       ? chat_request_put_format(out, member, error)
		       : 0;
}

/* A summary of thoughts is not to be had. */
static int chat_request_put_reasoning(
	struct text *out, struct slice value, struct error *error)
{
	struct slice effort;

	(void)error;
	if (json_find_kind(value, "effort", JSON_KIND_STRING, &effort))
		json_member(out, "reasoning_effort", effort);
	return 0;
}

static int chat_request_put_stream(
	struct text *out, struct slice value, struct error *error)
{
	(void)error;
	json_member(out, "stream", value);
	if (json_kind(value) != JSON_KIND_TRUE)
		return 0;
	json_name(out, "stream_options");
	json_begin_object(out);
	json_member_bool(out, "include_usage", true);
	json_end_object(out);
	return 0;
}

static int chat_request_put_most(
	struct text *out, struct slice value, struct error *error)
{
	(void)error;
	json_member(out, "max_tokens", value);
	return 0;
}

static int chat_request_put_top(
	struct text *out, struct slice value, struct error *error)
{
	(void)error;
	if (!slice_is(value, "0"))
		json_member(out, "top_logprobs", value);
	return 0;
}

/* Nothing of it reaches the model's server, which has no counterpart. */
static int chat_request_drop(
	struct text *out, struct slice value, struct error *error)
{
	(void)out;
	(void)value;
	(void)error;
	return 0;
}

static int chat_request_refuse_prompt(
	struct text *out, struct slice value, struct error *error)
{
	(void)out;
	return chat_request_refuse("prompt", value, error);
}

static const struct {
	struct slice name;
	int (*put)(struct text *out, struct slice value, struct error *error);
} chat_request_members[] = {
	{ { "tools", 5 }, chat_request_put_tools },
	{ { "tool_choice", 11 }, chat_request_put_choice },
	{ { "text", 4 }, chat_request_put_text },
	{ { "reasoning", 9 }, chat_request_put_reasoning },
	{ { "stream", 6 }, chat_request_put_stream },
	{ { "max_output_tokens", 17 }, chat_request_put_most },
	{ { "top_logprobs", 12 }, chat_request_put_top },
	{ { "prompt", 6 }, chat_request_refuse_prompt },
	{ { "instructions", 12 }, chat_request_drop }, /* a message */
	{ { "input", 5 }, chat_request_drop },	       /* the messages */
	{ { "messages", 8 }, chat_request_drop },      /* not the client's */
	{ { "store", 5 }, chat_request_drop },
	{ { "logprobs", 8 }, chat_request_drop }, /* with these */
	{ { "include", 7 }, chat_request_drop },
	{ { "truncation", 10 }, chat_request_drop },
	{ { "background", 10 }, chat_request_drop },
	{ { "max_tool_calls", 14 }, chat_request_drop },
	{ { "stream_options", 14 }, chat_request_drop },
	{ { "previous_response_id", 20 }, chat_request_drop },
	{ { "conversation", 12 }, chat_request_drop },
};

/* --- messages ----------------------------------------------------------- */

static bool chat_request_is_known(struct slice item)
{
	static const struct slice types[] = { { "message", 7 },
		{ "function_call", 13 }, { "function_call_output", 20 },
		{ "reasoning", 9 } };
	const struct slice type = chat_request_type(item);

	return json_kind(type) != JSON_KIND_STRING ||
	       json_string_among(type, types, COUNT(types)) < COUNT(types);
}

static int chat_request_check_items(struct slice items, struct error *error)
{
	struct json_walk walk = json_walk(items);
	struct slice item;
	char what[40];

	for (size_t i = 0; json_next_element(&walk, &item); i++) {
		if (chat_request_is_known(item))
			continue;
		snprintf(what, sizeof(what), "input[%zu].type", i);
		return chat_request_refuse(
			what, chat_request_type(item), error);
	}
	return 0;
}

static int chat_request_put_items(
	struct text *out, struct slice items, struct error *error)
{
	struct text variables = { 0 };
	int result = chat_request_check_items(items, error);

	json_begin_object(&variables);
	json_member(&variables, "input", items);
	json_end_object(&variables);
	if (result == 0 && variables.failed)
		result = error_out_of_memory(error);
	if (result == 0)
		result = chain_history(text_view(&variables), out, error);
	text_clear(&variables);
	return result;
}

static void chat_request_put_said(
	struct text *out, const char *role, struct slice content)
{
	json_begin_object(out);
	json_member_string(out, "role", slice_of(role));
	json_member(out, "content", content);
	json_end_object(out);
}

static int chat_request_put_messages(
	struct text *out, struct slice body, struct error *error)
{
	struct slice value;
	int result = 0;

	json_name(out, "messages");
	json_begin_array(out);
	if (json_find_kind(body, "instructions", JSON_KIND_STRING, &value))
		chat_request_put_said(out, "system", value);
	if (json_find_kind(body, "input", JSON_KIND_STRING, &value))
		chat_request_put_said(out, "user", value);
	else if (json_find_kind(body, "input", JSON_KIND_ARRAY, &value))
		result = chat_request_put_items(out, value, error);
	json_end_array(out);
	return result;
}

/* Are the probabilities of the tokens asked for, or those of others, too? */
static bool chat_request_wants_logprobs(struct slice body)
{
	struct slice include = SLICE("[]"), value = SLICE("0");
	struct json_walk walk;

	if ((json_find_kind(body, "top_logprobs", JSON_KIND_NUMBER, &value) &&
		    !slice_is(value, "0")) ||
		json_find_kind(body, "logprobs", JSON_KIND_TRUE, &value))
		return true;
	json_find_kind(body, "include", JSON_KIND_ARRAY, &include);
	walk = json_walk(include);
	while (json_next_element(&walk, &value))
		if (slice_is(value, "\"message.output_text.logprobs\""))
			return true;
	return false;
}

/* --- all ---------------------------------------------------------------- */

static int chat_request_put_member(struct text *out, struct slice name,
	struct slice value, struct error *error)
{
	for (size_t i = 0; i < COUNT(chat_request_members); i++)
		if (json_string_is(name, chat_request_members[i].name))
			return chat_request_is_null(value)
				       ? 0
				       : chat_request_members[i].put(
						 out, value, error);
	if (!chat_request_is_null(value))
		json_member_json(out, name, value);
	return 0;
}

int chat_request_write(struct text *out, struct slice body, struct error *error)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;

	json_begin_object(out);
	while (json_next_member(&walk, &name, &value))
		if (chat_request_put_member(out, name, value, error))
			return -1;
	if (chat_request_wants_logprobs(body))
		json_member_bool(out, "logprobs", true);
	if (chat_request_put_messages(out, body, error))
		return -1;
	json_end_object(out);
	return out->failed ? error_out_of_memory(error) : 0;
}
