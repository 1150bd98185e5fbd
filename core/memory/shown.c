/* SPDX-License-Identifier: MIT */
/* shown.c - messages of a memory variable, without what is beside them. */
#include "core/memory/shown.h"

#include "core/history/history.h"
#include "core/history/joined.h"
#include "core/history/page.h"
#include "schema/forms/form.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

/* A message while it is written, which may be several. */
struct shown_parts {
	struct text *out;
	const struct form_ops *form;
	struct slice type_sent;
};

static int shown_write_part(void *context, const struct message *part)
{
	const struct shown_parts *parts = context;
	struct message sent = *part;

	sent.type_sent = parts->type_sent;
	json_comma(parts->out);
	json_begin_object(parts->out);
	parts->form->write(parts->out, &sent, NULL);
	json_end_object(parts->out);
	return 0;
}

void shown_write_made(struct text *out, const struct message *message,
	const struct shown *shown)
{
	struct shown_parts parts = { out, shown->form, message->type_sent };

	if (shown->form == NULL)
		format_sent(out, message);
	else if (shown->form->shape != FORM_MEMBERS)
		shown->form->write(out, message, NULL);
	else if (form_parts(message, shown_write_part, &parts))
		out->failed = true;
}

void shown_write(struct text *out, const struct session *session,
	const struct message_row *row, const void *context)
{
	const struct shown *shown = context;
	const size_t begun = out->length;
	struct message named = row->message;
	struct text id = { 0 };

	history_message_id(&id, session, row);
	if (named.id.length == 0 && !id.failed)
		named.id = json_inner(text_view(&id));
	shown_write_made(out, &named, shown);
	if (shown->form != NULL)
		joined_note(shown->marks, row, shown->form, out, begun);
	out->failed |= id.failed;
	text_clear(&id);
}

void shown_finish(struct text *out, size_t begun, const struct shown *shown,
	const struct history_page *page)
{
	const struct joined_order order = { shown->marks, (size_t)page->count,
		page->reverse, false, page->whole };

	if (shown->form != NULL)
		joined_finish(out, begun, shown->form, &order);
}
