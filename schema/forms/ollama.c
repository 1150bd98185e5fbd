/* SPDX-License-Identifier: MIT */
/*
 * ollama.c - a message of Ollama's chat API, where that is not OpenAI's: calls
 * have arguments that are objects and no id, and a result names its tool.
 */
#include "schema/forms/form.h"

#include "schema/forms/reader.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* --- reading ---------------------------------------------------------- */

static bool ollama_is_result(struct slice object)
{
	struct slice role, name, id;

	return json_find_kind(object, "role", JSON_KIND_STRING, &role) &&
	       json_string_is(role, SLICE("tool")) &&
	       json_find_kind(object, "tool_name", JSON_KIND_STRING, &name) &&
	       !json_find_kind(object, "tool_call_id", JSON_KIND_STRING, &id);
}

static bool ollama_has_calls(struct slice object)
{
	struct slice role, calls, call, function, arguments;
	struct json_walk walk;

	if (!json_find_kind(object, "role", JSON_KIND_STRING, &role) ||
		!json_string_is(role, SLICE("assistant")) ||
		!json_find_kind(object, "tool_calls", JSON_KIND_ARRAY, &calls))
		return false;
	walk = json_walk(calls);
	while (json_next_element(&walk, &call))
		if (json_find_kind(
			    call, "function", JSON_KIND_OBJECT, &function) &&
			json_find_kind(function, "arguments", JSON_KIND_OBJECT,
				&arguments))
			return true;
	return false;
}

static bool ollama_recognise(struct slice value)
{
	struct slice type;

	return json_kind(value) == JSON_KIND_OBJECT &&
	       !json_find(value, "type", &type) &&
	       (ollama_is_result(value) || ollama_has_calls(value));
}

static int ollama_read(struct form_reader *reader, struct slice object)
{
	const struct message message = {
		.form = MESSAGE_OLLAMA,
		.type = ollama_is_result(object) ? MESSAGE_TOOL : MESSAGE_AI,
		.body = object,
	};

	return form_add(reader, &message);
}

/* --- writing ---------------------------------------------------------- */

static void ollama_write_sent(struct text *out, const struct message *message)
{
	json_put(out, message->body);
}

/* The id is empty: the name says which call is answered. */
static void ollama_write_result(struct text *out, struct slice body)
{
	struct slice content = SLICE("\"\""), name = SLICE("\"\"");

	json_find(body, "content", &content);
	json_find(body, "tool_name", &name);
	json_begin_object(out);
	json_member(out, "content", content);
	json_member(out, "name", name);
	json_member_string(out, "tool_call_id", SLICE(""));
	json_end_object(out);
}

static void ollama_write_data(struct text *out, const struct message *message)
{
	if (message->type == MESSAGE_TOOL)
		ollama_write_result(out, message->body);
	else
		form_of(MESSAGE_OPENAI)->data(out, message);
}

const struct form_ops form_ollama = {
	.recognise = ollama_recognise,
	.read = ollama_read,
	.sent = ollama_write_sent,
	.data = ollama_write_data,
};
