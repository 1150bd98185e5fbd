/* SPDX-License-Identifier: MIT */
/*
 * model_form.c - parts of other APIs, as OpenAI's chat completions take them.
 *
 * Anthropic's tool_use and tool_result are blocks of a content there, and calls
 * and messages of their own here.  Thoughts are not told again.
 */
#include "schema/forms/model_form.h"

#include "schema/forms/chat_media.h"
#include "schema/forms/chat_parts.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/media.h"
#include "schema/message/tool_calls.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum model_form_part {
	PART_CALL,
	PART_RESULT,
	PART_THOUGHT,
	PART_TEXT, /* also as other APIs have it */
	PART_OTHER,
};

static enum model_form_part model_form_which(struct slice part)
{
	static const struct {
		const char *type;
		enum model_form_part part;
	} parts[] = {
		{ "tool_use", PART_CALL },
		{ "tool_call", PART_CALL },
		{ "function_call", PART_CALL },
		{ "tool_result", PART_RESULT },
		{ "thinking", PART_THOUGHT },
		{ "redacted_thinking", PART_THOUGHT },
		{ "reasoning", PART_THOUGHT },
		{ "tool_call_chunk", PART_THOUGHT },
		{ "invalid_tool_call", PART_THOUGHT },
		{ "input_json_delta", PART_THOUGHT },
		{ "text", PART_TEXT },
		{ "input_text", PART_TEXT },
		{ "output_text", PART_TEXT },
	};
	struct slice type;

	if (json_kind(part) == JSON_KIND_STRING)
		return PART_TEXT;
	if (json_find_kind(part, "type", JSON_KIND_STRING, &type))
		for (size_t i = 0; i < COUNT(parts); i++)
			if (json_string_is(type, slice_of(parts[i].type)))
				return parts[i].part;
	return PART_OTHER;
}

/* How many parts of the content are of this kind? */
static size_t model_form_count(struct slice content, enum model_form_part kind)
{
	struct json_walk walk = json_walk(content);
	struct slice part;
	size_t count = 0;

	while (json_kind(content) == JSON_KIND_ARRAY &&
		json_next_element(&walk, &part))
		count += model_form_which(part) == kind;
	return count;
}

static void model_form_put_text(struct text *out, struct slice part)
{
	struct slice text = SLICE("\"\""), cache;

	if (json_kind(part) == JSON_KIND_STRING)
		text = part;
	json_find_kind(part, "text", JSON_KIND_STRING, &text);
	if (!json_find_kind(part, "cache_control", JSON_KIND_OBJECT, &cache)) {
		chat_parts_put_text(out, text);
		return;
	}
	json_begin_object(out);
	json_member_string(out, "type", SLICE("text"));
	json_member(out, "text", text);
	json_member(out, "cache_control", cache);
	json_end_object(out);
}

/* Puts what is left of the content, or `nothing`. */
static void model_form_put_rest(struct text *out, struct slice message,
	struct slice content, struct slice nothing)
{
	struct json_walk walk = json_walk(content);
	struct slice role, part;
	const bool users =
		json_find_kind(message, "role", JSON_KIND_STRING, &role) &&
		json_string_is(role, SLICE("user"));

	if (model_form_count(content, PART_TEXT) +
			model_form_count(content, PART_OTHER) ==
		0) {
		json_put(out, nothing);
		return;
	}
	json_begin_array(out);
	while (json_next_element(&walk, &part)) {
		const enum model_form_part which = model_form_which(part);

		if (which == PART_TEXT)
			model_form_put_text(out, part);
		else if (which == PART_OTHER &&
			 /* A model has taken it so, or has given it. */
			 (chat_media_is_openais(part) ||
				 !chat_media_put(out, part, users)))
			json_put(out, part);
	}
	json_end_array(out);
}

/* --- calls -------------------------------------------------------------- */

static void model_form_put_call(struct text *out, struct slice part)
{
	static const char *const inputs[] = { "input", "args", "arguments" };
	struct slice id = SLICE("\"\""), name = SLICE("\"\"");
	struct slice input = SLICE("{}");

	if (!json_find_kind(part, "call_id", JSON_KIND_STRING, &id))
		json_find_kind(part, "id", JSON_KIND_STRING, &id);
	json_find_kind(part, "name", JSON_KIND_STRING, &name);
	for (size_t i = 0; i < COUNT(inputs); i++)
		if (json_find(part, inputs[i], &input))
			break;
	json_begin_object(out);
	json_member(out, "id", id);
	json_member_string(out, "type", SLICE("function"));
	json_name(out, "function");
	json_begin_object(out);
	json_member(out, "name", name);
	if (json_kind(input) == JSON_KIND_STRING)
		json_member(out, "arguments", input);
	else
		json_member_string(out, "arguments", input);
	json_end_object(out);
	json_end_object(out);
}

static void model_form_put_calls(struct text *out, struct slice content)
{
	struct json_walk walk = json_walk(content);
	struct slice part;

	json_name(out, "tool_calls");
	json_begin_array(out);
	while (json_next_element(&walk, &part))
		if (model_form_which(part) == PART_CALL)
			model_form_put_call(out, part);
	json_end_array(out);
}

/* --- results ------------------------------------------------------------ */

static void model_form_put_result(struct text *out, struct slice part)
{
	struct slice id = SLICE("\"\""), content = SLICE("\"\"");
	struct text named = { 0 };

	json_find_kind(part, "tool_use_id", JSON_KIND_STRING, &id);
	json_find(part, "content", &content);
	json_begin_object(out);
	json_member_string(out, "role", SLICE("tool"));
	json_member(out, "tool_call_id", id);
	json_name(out, "content");
	if (json_kind(content) == JSON_KIND_ARRAY) {
		media_write_without(&named, content, true);
		if (!named.failed)
			chat_parts_put_lines(out, text_view(&named));
		out->failed |= named.failed;
		text_clear(&named);
	} else if (json_kind(content) == JSON_KIND_STRING) {
		json_put(out, content);
	} else {
		json_put_string(out, content);
	}
	json_end_object(out);
}

static void model_form_put_results(struct text *out, struct slice content)
{
	struct json_walk walk = json_walk(content);
	struct slice part;

	while (json_next_element(&walk, &part))
		if (model_form_which(part) == PART_RESULT)
			model_form_put_result(out, part);
}

/* --- messages ----------------------------------------------------------- */

static void model_form_put_message(
	struct text *out, struct slice message, struct slice content)
{
	struct json_walk walk = json_walk(message);
	struct slice name, value, calls = SLICE("[]");
	const bool called = model_form_count(content, PART_CALL) > 0;
	const bool listed = tool_calls_are_listed(message);

	json_find_kind(message, "tool_calls", JSON_KIND_ARRAY, &calls);
	json_begin_object(out);
	while (json_next_member(&walk, &name, &value)) {
		if (called && !listed && value.data == calls.data)
			continue;
		json_name_json(out, name);
		if (value.data == content.data)
			model_form_put_rest(out, message, content,
				called || listed ? SLICE("null")
						 : SLICE("\"\""));
		else
			json_put(out, value);
	}
	if (called && !listed)
		model_form_put_calls(out, content);
	json_end_object(out);
}

size_t model_form_write(struct text *out, struct slice message)
{
	struct slice content = SLICE("null");
	size_t results;

	json_find(message, "content", &content);
	if (json_kind(content) != JSON_KIND_ARRAY || slice_is(content, "[]")) {
		json_put(out, message);
		return 1;
	}
	results = model_form_count(content, PART_RESULT);
	model_form_put_results(out, content);
	if (results == json_count(content))
		return results;
	model_form_put_message(out, message, content);
	return results + 1;
}
