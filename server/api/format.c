/* SPDX-License-Identifier: MIT */
/* format.c - messages as replies show them, in any form. */
#include "core/history/history.h"
#include "core/history/joined.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "server/api/handlers.h"

/* A row while it is written, which may be several messages. */
struct format_row {
	struct text *out;
	const struct session *session;
	const struct message_row *row;
	const struct form_ops *form;
	int64_t count;
};

/* The first has the id of the row, the second `ID.2` and so on. */
static void format_write_id(const struct format_row *writing)
{
	struct text *out = writing->out;

	json_name(out, "id");
	history_message_id(out, writing->session, writing->row);
	if (writing->count == 1 || out->failed)
		return;
	out->length--; /* the quote */
	text_format(out, ".%lld\"", (long long)writing->count);
}

static void format_write_siblings(const struct format_row *writing)
{
	const struct message_row *row = writing->row;
	struct text *out = writing->out;

	json_member_number(out, "seq", row->seq);
	format_write_id(writing);
	json_member_time(out, "created_at", row->created_at);
	if (row->message.client_created_at.length > 0)
		json_member(out, "client_created_at",
			row->message.client_created_at);
	if (row->updated_at != 0)
		json_member_time(out, "updated_at", row->updated_at);
}

static int format_write_part(void *context, const struct message *part)
{
	struct format_row *writing = context;
	struct message sent = *part;

	writing->count++;
	sent.type_sent = writing->row->message.type_sent;
	json_comma(writing->out);
	json_begin_object(writing->out);
	writing->form->write(writing->out, &sent, NULL);
	format_write_siblings(writing);
	json_end_object(writing->out);
	return 0;
}

/* A value may need the id of its message. */
static void format_write_value(const struct format_row *writing,
	const struct message *message, const struct format_prefixes *prefixes)
{
	struct message named = *message;
	struct text id = { 0 };

	history_message_id(&id, writing->session, writing->row);
	if (named.id.length == 0 && !id.failed)
		named.id = json_inner(text_view(&id));
	writing->form->write(writing->out, &named, prefixes);
	writing->out->failed |= id.failed;
	text_clear(&id);
}

void reply_write_message(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	const struct reply_form *wanted = context;
	const size_t begun = out->length;
	struct message_row one = *row;
	struct text data = { 0 };
	struct format_row writing = {
		.out = out,
		.session = session,
		.row = &one,
		.form = wanted != NULL ? wanted->form : form_default(),
	};

	if ((wanted == NULL || wanted->one) &&
		form_of(row->message.form) != writing.form)
		one.message = form_plain(&row->message, &data);
	if (writing.form->shape != FORM_MEMBERS)
		format_write_value(&writing, &one.message, &wanted->prefixes);
	else if (form_parts(&one.message, format_write_part, &writing))
		out->failed = true;
	if (wanted != NULL && wanted->marks != NULL)
		joined_note(wanted->marks, row, writing.form, out, begun);
	out->failed |= data.failed;
	text_clear(&data);
}

int request_form(const struct request *request, struct reply_form *form,
	struct error *error)
{
	struct text names = { 0 };
	struct slice name;

	*form = (struct reply_form){ .form = form_default() };
	if (!request_parameter(request, "format", &name))
		return 0;
	form->form = form_named(name);
	if (form->form != NULL)
		return 0;
	form_names(&names);
	error_describe(error, ERROR_INVALID,
		"format must be %.*s, not \"%.*s\"",
		SLICE_SHORT(text_view(&names)), SLICE_SHORT(name));
	text_clear(&names);
	return -1;
}
