/* SPDX-License-Identifier: MIT */
/* format.c - messages as replies show them, in any form. */
#include "core/history/history.h"
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
	const struct reply_form *wanted = context;
	const struct form_ops *form =
		wanted != NULL ? wanted->form : form_default();

	if (form->shape != FORM_MEMBERS) {
		form->write(out, &row->message, &wanted->prefixes);
		return;
	}
	json_begin_object(out);
	form->write(out, &row->message, NULL);
	format_write_siblings(out, session, row);
	json_end_object(out);
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
