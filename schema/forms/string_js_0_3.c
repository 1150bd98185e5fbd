/* SPDX-License-Identifier: MIT */
/* string_js_0_3.c - the buffer strings of LangChain.js 0.3. */
#include "schema/forms/string_format.h"

#include "schema/json/stringify.h"
#include "schema/json/value.h"
#include "schema/message/media.h"

/* Anything but a string is shown as JSON.stringify(value, null, 2). */
static void string_js_0_3_put_value(
	struct text *out, struct slice value, enum format_escape escape)
{
	struct text pretty = { 0 };

	if (json_kind(value) == JSON_KIND_STRING) {
		string_put_json(out, value, escape);
		return;
	}
	json_stringify(&pretty, value, 2);
	string_put_utf8(out, text_view(&pretty), escape);
	out->failed |= pretty.failed;
	text_clear(&pretty);
}

/* The text of parts, and what else there is as JSON, each on its line. */
static void string_js_0_3_put_parts(
	struct text *out, struct slice parts, enum format_escape escape)
{
	struct json_walk walk = json_walk(parts);
	struct slice part, inner;
	bool begun = false;

	while (json_next_element(&walk, &part)) {
		if (begun)
			string_put_utf8(out, SLICE("\n"), escape);
		begun = true;
		if (json_find_kind(part, "text", JSON_KIND_STRING, &inner))
			part = inner;
		if (json_kind(part) == JSON_KIND_STRING)
			string_put_json(out, part, escape);
		else
			string_put_utf8(out, part, escape);
	}
}

/* As string_js_0_3_put_value(), unless it has media that are to be named. */
static void string_js_0_3_put_named(struct text *out, struct slice content,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	struct text named = { 0 };

	if (prefixes->names_media && json_kind(content) == JSON_KIND_ARRAY &&
		media_write_without(&named, content, true) > 0)
		string_js_0_3_put_parts(out, text_view(&named), escape);
	else
		string_js_0_3_put_value(out, content, escape);
	out->failed |= named.failed;
	text_clear(&named);
}

static void string_js_0_3_write(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	bool openai = message_form_body(message->form) == BODY_OPENAI;
	struct slice content;

	if (message_is_content(message)) {
		string_js_0_3_put_named(out, message->body, prefixes, escape);
		return;
	}
	string_put_name(out, message->body, escape);
	if (!message_find_content(message->body, &content))
		text_string(out, openai ? "" : "undefined");
	else if (!openai || json_kind(content) != JSON_KIND_NULL)
		string_js_0_3_put_named(out, content, prefixes, escape);
}

const struct string_format string_js_0_3 = {
	.name = "langchain-js-0.3",
	.write = string_js_0_3_write,
};
