/* SPDX-License-Identifier: MIT */
/*
 * text.c - a message as text: a string comes in as what a human says, and a
 * line of LangChain's getBufferString goes out.
 */
#include "schema/forms/form.h"

#include "schema/forms/reader.h"
#include "schema/json/stringify.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/message/media.h"

/* --- reading ---------------------------------------------------------- */

static bool text_recognise(struct slice value)
{
	return json_kind(value) == JSON_KIND_STRING;
}

static int text_read(struct form_reader *reader, struct slice value)
{
	const struct message message = {
		.form = MESSAGE_TEXT, .type = MESSAGE_HUMAN, .body = value
	};

	return form_add(reader, &message);
}

/* --- writing ---------------------------------------------------------- */

static void text_write_sent(struct text *out, const struct message *message)
{
	json_put(out, message->body);
}

static void text_write_data(struct text *out, const struct message *message)
{
	json_begin_object(out);
	json_member(out, "content", message->body);
	json_end_object(out);
}

static void text_put_utf8(
	struct text *out, struct slice utf8, enum format_escape escape)
{
	if (escape == FORMAT_JSON)
		text_json_inner(out, utf8);
	else
		text_slice(out, utf8);
}

static void text_put_string(
	struct text *out, struct slice string, enum format_escape escape)
{
	if (escape == FORMAT_JSON)
		text_slice(out, json_inner(string));
	else
		json_decode(out, string);
}

static void text_put_speaker(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	struct slice role;

	switch (message->type) {
	case MESSAGE_HUMAN:
		text_put_utf8(out, prefixes->human, escape);
		break;
	case MESSAGE_AI:
		text_put_utf8(out, prefixes->ai, escape);
		break;
	case MESSAGE_SYSTEM:
		text_string(out, "System");
		break;
	case MESSAGE_TOOL:
		text_string(out, "Tool");
		break;
	case MESSAGE_FUNCTION:
		text_string(out, "Function");
		break;
	case MESSAGE_GENERIC:
		if (json_find(message->body, "role", &role))
			text_put_string(out, role, escape);
		break;
	}
	text_string(out, ": ");
}

static void text_put_name(struct text *out, const struct message *message,
	enum format_escape escape)
{
	struct slice name;

	if (!json_find(message->body, "name", &name) ||
		json_kind(name) != JSON_KIND_STRING || slice_is(name, "\"\""))
		return;
	text_put_string(out, name, escape);
	text_string(out, ", ");
}

/* Anything but a string is shown as JSON.stringify(value, null, 2). */
static void text_put_value(
	struct text *out, struct slice value, enum format_escape escape)
{
	struct text pretty = { 0 };

	if (json_kind(value) == JSON_KIND_STRING) {
		text_put_string(out, value, escape);
		return;
	}
	json_stringify(&pretty, value, 2);
	text_put_utf8(out, text_view(&pretty), escape);
	out->failed |= pretty.failed;
	text_clear(&pretty);
}

/* The text of parts, and what else there is as JSON, each on its line. */
static void text_put_parts(
	struct text *out, struct slice parts, enum format_escape escape)
{
	struct json_walk walk = json_walk(parts);
	struct slice part, inner;
	bool begun = false;

	while (json_next_element(&walk, &part)) {
		if (begun)
			text_put_utf8(out, SLICE("\n"), escape);
		begun = true;
		if (json_find_kind(part, "text", JSON_KIND_STRING, &inner))
			part = inner;
		if (json_kind(part) == JSON_KIND_STRING)
			text_put_string(out, part, escape);
		else
			text_put_utf8(out, part, escape);
	}
}

/* As text_put_value(), unless it has media that are to be named. */
static void text_put_named(struct text *out, struct slice content,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	struct text named = { 0 };

	if (prefixes->names_media && json_kind(content) == JSON_KIND_ARRAY &&
		media_write_without(&named, content, true) > 0)
		text_put_parts(out, text_view(&named), escape);
	else
		text_put_value(out, content, escape);
	out->failed |= named.failed;
	text_clear(&named);
}

static void text_put_content(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	bool openai = message_form_body(message->form) == BODY_OPENAI;
	struct slice content;

	if (!json_find(message->body, "content", &content))
		text_string(out, openai ? "" : "undefined");
	else if (!openai || json_kind(content) != JSON_KIND_NULL)
		text_put_named(out, content, prefixes, escape);
}

static void text_put_line(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	text_put_speaker(out, message, prefixes, escape);
	if (message_is_content(message)) {
		text_put_named(out, message->body, prefixes, escape);
		return;
	}
	text_put_name(out, message, escape);
	text_put_content(out, message, prefixes, escape);
}

void format_text(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	struct text data = { 0 };
	const struct message plain = form_plain(message, &data);

	text_put_line(out, &plain, prefixes, escape);
	out->failed |= data.failed;
	text_clear(&data);
}

static void text_write(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes)
{
	format_text(out, message, prefixes, FORMAT_PLAIN);
}

const struct form_ops form_text = {
	.name = "text",
	.recognise = text_recognise,
	.read = text_read,
	.sent = text_write_sent,
	.data = text_write_data,
	.shape = FORM_LINE,
	.write = text_write,
};
