/* SPDX-License-Identifier: MIT */
/* format.c - the forms in which messages are handed out. */
#include "core/history/history.h"
#include "schema/forms/form.h"
#include "server/api/handlers.h"

static void format_write_siblings(struct text *out,
	const struct session *session, const struct message_row *row)
{
	text_string(out, ",\"seq\":");
	text_number(out, row->seq);
	text_string(out, ",\"id\":");
	history_message_id(out, session, row);
	text_string(out, ",\"created_at\":\"");
	text_time(out, row->created_at);
	text_append(out, "\"", 1);
	if (row->message.client_created_at.length > 0) {
		text_string(out, ",\"client_created_at\":");
		text_slice(out, row->message.client_created_at);
	}
	if (row->updated_at != 0) {
		text_string(out, ",\"updated_at\":\"");
		text_time(out, row->updated_at);
		text_append(out, "\"", 1);
	}
}

void reply_write_message(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	(void)context;
	text_append(out, "{", 1);
	format_langchain(out, &row->message, false);
	format_write_siblings(out, session, row);
	text_append(out, "}", 1);
}

static void format_write_python(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	(void)context;
	text_append(out, "{", 1);
	format_langchain(out, &row->message, true);
	format_write_siblings(out, session, row);
	text_append(out, "}", 1);
}

static void format_write_openai(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	(void)session;
	(void)context;
	format_openai(out, &row->message);
}

static void format_write_line(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	(void)session;
	format_text(out, &row->message, context, FORMAT_PLAIN);
}

/* The forms in which messages are handed out; the first is the default. */
static const struct api_format formats[] = {
	{ "langchain", reply_write_message, false },
	{ "langchain-python", format_write_python, false },
	{ "openai", format_write_openai, false },
	{ "text", format_write_line, true },
};

const struct api_format *request_format(
	const struct request *request, struct error *error)
{
	struct slice name;

	if (!request_parameter(request, "format", &name))
		return &formats[0];
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (slice_is(name, formats[i].name))
			return &formats[i];
	error_describe(error, ERROR_INVALID,
		"format must be langchain, langchain-python, openai or text, "
		"not \"%.*s\"",
		SLICE_SHORT(name));
	return NULL;
}
