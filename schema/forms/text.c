/* SPDX-License-Identifier: MIT */
/*
 * text.c - a message as text: a string comes in as what a human says, and a
 * line of LangChain's getBufferString goes out.
 */
#include "schema/forms/form.h"

#include "schema/forms/reader.h"
#include "schema/forms/string_format.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

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

static void text_put_speaker(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	struct slice role;

	switch (message->type) {
	case MESSAGE_HUMAN:
		string_put_utf8(out, prefixes->human, escape);
		break;
	case MESSAGE_AI:
		string_put_utf8(out, prefixes->ai, escape);
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
			string_put_json(out, role, escape);
		break;
	}
	text_string(out, ": ");
}

static void text_put_line(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	const struct string_format *strings = prefixes->strings != NULL
						      ? prefixes->strings
						      : string_format_default();

	text_put_speaker(out, message, prefixes, escape);
	strings->write(out, message, prefixes, escape);
}

/* The lines of one message. */
struct text_lines {
	struct text *out;
	const struct format_prefixes *prefixes;
	enum format_escape escape;
	bool begun;
};

static int text_put_part(void *context, const struct message *part)
{
	struct text_lines *lines = context;

	if (lines->begun)
		string_put_utf8(lines->out, SLICE("\n"), lines->escape);
	lines->begun = true;
	text_put_line(lines->out, part, lines->prefixes, lines->escape);
	return 0;
}

void format_text(struct text *out, const struct message *message,
	const struct format_prefixes *prefixes, enum format_escape escape)
{
	struct text_lines lines = { out, prefixes, escape, false };

	if (form_parts(message, text_put_part, &lines))
		out->failed = true;
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
