/* SPDX-License-Identifier: MIT */
/*
 * string_js_1.c - the buffer strings of LangChain.js 1 (@langchain/core from
 * 1.1.33 on): blocks in a word, and the calls of an assistant.
 *
 * Functions, which it refuses, are shown as LangChain.js 0.3 shows them.
 */
#include "schema/forms/string_format.h"

#include "schema/json/stringify.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

#define ID_UNITS 64 /* of UTF-16, that are shown of the id of a call */

/* --- blocks ------------------------------------------------------------- */

/* How a block of content is shown; any other is its type in brackets. */
static const struct {
	const char *type;
	const char *shown;
	bool text; /* its text, or else the word */
} string_js_1_blocks[] = {
	{ "text", "", true },
	{ "text-plain", "[text-plain file]", true },
	{ "image", "[image]", false },
	{ "image_url", "[image]", false },
	{ "audio", "[audio]", false },
	{ "input_audio", "[audio]", false },
	{ "video", "[video]", false },
	{ "file", "[file]", false },
	{ "reasoning", "", false },
	{ "tool_call", "", false },
	{ "tool_call_chunk", "", false },
	{ "invalid_tool_call", "", false },
	{ "server_tool_call", "", false },
	{ "server_tool_call_chunk", "", false },
	{ "server_tool_call_result", "", false },
	{ "non_standard", "", false },
};
#define BLOCKS (sizeof(string_js_1_blocks) / sizeof(*string_js_1_blocks))

static void string_js_1_put_typed(struct text *out, struct slice type,
	struct slice block, enum format_escape escape)
{
	struct slice text;

	for (size_t i = 0; i < BLOCKS; i++) {
		if (!json_string_is(type, slice_of(string_js_1_blocks[i].type)))
			continue;
		if (string_js_1_blocks[i].text &&
			json_find_kind(block, "text", JSON_KIND_STRING, &text))
			string_put_json(out, text, escape);
		else
			text_string(out, string_js_1_blocks[i].shown);
		return;
	}
	if (json_inner(type).length == 0)
		return;
	text_string(out, "[");
	string_put_json(out, type, escape);
	text_string(out, "]");
}

static void string_js_1_put_content(
	struct text *out, struct slice content, enum format_escape escape)
{
	struct json_walk walk;
	struct slice block, type;

	if (json_kind(content) == JSON_KIND_STRING) {
		string_put_json(out, content, escape);
		return;
	}
	if (json_kind(content) != JSON_KIND_ARRAY)
		return;
	walk = json_walk(content);
	while (json_next_element(&walk, &block)) {
		if (json_kind(block) == JSON_KIND_STRING)
			string_put_json(out, block, escape);
		else if (json_find_kind(block, "type", JSON_KIND_STRING, &type))
			string_js_1_put_typed(out, type, block, escape);
	}
}

/* --- calls -------------------------------------------------------------- */

/* The bytes of the character or escape that an inner JSON string begins with.
 */
static size_t string_js_1_step(struct slice rest)
{
	if (rest.data[0] != '\\')
		return utf8_step(rest);
	return rest.data[1] == 'u' ? 6 : 2;
}

/*
 * Appends so much of a JSON string as is shown of an id.  A character of four
 * bytes is two units, and may be cut in half.
 */
static void string_js_1_put_id(struct text *out, struct slice id)
{
	const struct slice inner = json_inner(id);
	size_t at, step, units = 0;

	for (at = 0; at < inner.length; at += step) {
		step = string_js_1_step(
			(struct slice){ inner.data + at, inner.length - at });
		units += step == 4 ? 2 : 1;
		if (units > ID_UNITS)
			break;
	}
	json_begin_string(out);
	text_append(out, inner.data, at);
	if (at < inner.length && step == 4 && units == ID_UNITS + 1)
		text_format(out, "\\u%04x",
			0xd7c0 +
				(utf8_code_point(inner.data + at, step) >> 10));
	if (at < inner.length)
		text_string(out, "...");
	json_end_string(out);
}

/* `made` of additional_kwargs: such calls have no type. */
static void string_js_1_put_call(struct text *out, struct slice call, bool made)
{
	struct json_walk walk = json_walk(call);
	struct slice name, value;

	if (json_kind(call) != JSON_KIND_OBJECT) {
		json_put(out, call);
		return;
	}
	json_begin_object(out);
	while (json_next_member(&walk, &name, &value)) {
		if (made && json_string_is(name, SLICE("type")))
			continue;
		json_name_json(out, name);
		if (json_string_is(name, SLICE("id")) &&
			json_kind(value) == JSON_KIND_STRING)
			string_js_1_put_id(out, value);
		else
			json_put(out, value);
	}
	json_end_object(out);
}

static void string_js_1_put_json(
	struct text *out, struct slice value, enum format_escape escape)
{
	struct text printed = { 0 };

	json_stringify(&printed, value, 0);
	string_put_utf8(out, text_view(&printed), escape);
	out->failed |= printed.failed;
	text_clear(&printed);
}

static void string_js_1_put_calls(
	struct text *out, struct slice data, enum format_escape escape)
{
	struct text scratch = { 0 }, shown = { 0 };
	struct slice calls, call;

	if (string_find_calls(data, &scratch, &calls)) {
		struct json_walk walk = json_walk(calls);

		json_begin_array(&shown);
		while (json_next_element(&walk, &call))
			string_js_1_put_call(&shown, call, scratch.length > 0);
		json_end_array(&shown);
		string_js_1_put_json(out, text_view(&shown), escape);
	} else if (string_find_function_call(data, &call)) {
		string_js_1_put_json(out, call, escape);
	}
	out->failed |= scratch.failed || shown.failed;
	text_clear(&scratch);
	text_clear(&shown);
}

static void string_js_1_write(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	struct text scratch = { 0 };
	struct slice data = form_data(message, &scratch), content;

	(void)prefixes;
	string_put_name(out, data, escape);
	if (json_find(data, "content", &content))
		string_js_1_put_content(out, content, escape);
	if (message->type == MESSAGE_AI)
		string_js_1_put_calls(out, data, escape);
	out->failed |= scratch.failed;
	text_clear(&scratch);
}

const struct string_format string_js_1 = {
	.name = "langchain-js-1",
	.write = string_js_1_write,
};
