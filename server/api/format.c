/* SPDX-License-Identifier: MIT */
/* format.c - the forms in which messages are handed out. */
#include "core/history/history.h"
#include "schema/forms/form.h"
#include "schema/json/write.h"
#include "server/api/handlers.h"

static void format_write_siblings(struct text *out,
	const struct session *session, const struct message_row *row)
{
	json_member_number(out, "seq", row->seq);
	json_name(out, "id");
	history_message_id(out, session, row);
	json_member_time(out, "created_at", row->created_at);
	if (row->message.client_created_at.length > 0)
		json_member(out, "client_created_at",
			row->message.client_created_at);
	if (row->updated_at != 0)
		json_member_time(out, "updated_at", row->updated_at);
}

void reply_write_message(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	(void)context;
	json_begin_object(out);
	format_langchain(out, &row->message, false);
	format_write_siblings(out, session, row);
	json_end_object(out);
}

static void format_write_python(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	(void)context;
	json_begin_object(out);
	format_langchain(out, &row->message, true);
	format_write_siblings(out, session, row);
	json_end_object(out);
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
