/* SPDX-License-Identifier: MIT */
/* message.c - one message, by its id or its seq. */
#include "core/history/history.h"
#include "core/store/check.h"
#include "schema/forms/form.h"
#include "schema/forms/items.h"
#include "schema/forms/parse.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/memory/prefixes.h"
#include "server/api/handlers.h"
#include "server/api/input.h"

/* Reads the last segment of the path: digits are a seq, anything else an id. */
static void message_read_name(
	const struct request *request, struct slice *id, int64_t *seq)
{
	*id = items_id_bare(request->segments[3]);
	*seq = 0;
	for (size_t i = 0; i < id->length; i++)
		if (id->data[i] < '0' || id->data[i] > '9')
			return;
	if (!json_int64(*id, seq) || *seq > SEQ_MOST)
		*seq = 0;
	id->length = 0;
}

static int message_no(const struct request *request, struct error *error)
{
	struct slice name = request->segments[3];

	return error_set(error, ERROR_NOT_FOUND, "no message \"%.*s\"",
		SLICE_SHORT(name));
}

/* A visit of the message of the path. */
struct message_visit {
	struct message_visitor visitor;
	bool damaged; /* it may be: only its id is looked at */
	bool found;
};

static int message_visit_row(void *context, const struct message_row *row)
{
	struct message_visit *visit = context;

	visit->found = true;
	return visit->visitor.visit(visit->visitor.context, row);
}

/* Visits the message of the path, which must be there. */
static int message_find(struct store *store, const struct request *request,
	const struct session *session, struct message_visit *visit,
	struct error *error)
{
	struct slice id;
	int64_t seq;

	message_read_name(request, &id, &seq);
	if (session->id != 0 && (id.length > 0 || seq > 0) &&
		(visit->damaged ? store_message_locate : store_message_find)(
			store, session, (struct message_ref){ id, seq },
			(struct message_visitor){ message_visit_row, visit },
			error))
		return -1;
	return visit->found ? 0 : message_no(request, error);
}

/* --- reading ---------------------------------------------------------- */

struct message_shown {
	struct reply_form form;
	struct session session;
	struct text *out;
};

static int message_show(void *context, const struct message_row *row)
{
	const struct message_shown *shown = context;

	reply_write_message(shown->out, &shown->session, row, &shown->form);
	return 0;
}

static int message_show_row(struct store *store, const struct request *request,
	struct message_shown *shown, struct error *error)
{
	struct settings settings = { 0 };
	struct message_visit visit = { .visitor = { message_show, shown } };
	int result = session_settings(store, &shown->session, &settings, error);

	shown->form.prefixes = settings_prefixes(&settings);
	if (result == 0)
		result = message_find(
			store, request, &shown->session, &visit, error);
	settings_clear(&settings);
	return result;
}

int api_message_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct message_shown shown = { .out = &reply->body };
	int result;

	if (request_form(request, &shown.form, error) ||
		request_find_at(store, request, &shown.session, error))
		return -1;
	reply->status = 200;
	reply_etag(reply, &shown.session);
	if (shown.form.form->shape == FORM_LINE)
		reply->content_type = "text/plain; charset=utf-8";
	shown.form.one = true;
	result = message_show_row(store, request, &shown, error);
	if (result == 0 && shown.form.form->finish != NULL)
		shown.form.form->finish(&reply->body, 0);
	return result;
}

/* --- writing ---------------------------------------------------------- */

/* The message that is there, compared with the one that was sent. */
struct message_edit {
	const struct message *given; /* NULL: it is deleted */
	struct session session;
	struct text id;
	int64_t seq;
	bool same;
	bool other_id;
};

static int message_look(void *context, const struct message_row *row)
{
	struct message_edit *edit = context;
	const struct message *old = &row->message, *new = edit->given;

	edit->seq = row->seq;
	history_message_id(&edit->id, &edit->session, row);
	if (new == NULL)
		return 0;
	edit->other_id = new->id.length > 0 && !history_id_is(row, new->id);
	edit->same =
		old->form == new->form &&
		old->type == new->type &&slice_equal(
				     old->type_sent, new->type_sent) &&
		slice_equal(old->body, new->body) &&
		slice_equal(old->client_created_at, new->client_created_at);
	return 0;
}

/* A damaged message is none that was sent, and is mended by this one. */
static int message_look_up(struct store *store, const struct request *request,
	struct message_edit *edit, struct error *error)
{
	struct message_visit look = { .visitor = { message_look, edit } };

	if (message_find(store, request, &edit->session, &look, error) == 0)
		return 0;
	if (error->code != ERROR_DAMAGED)
		return -1;
	*error = (struct error){ 0 };
	look.damaged = true;
	if (message_find(store, request, &edit->session, &look, error))
		return -1;
	edit->same = false;
	return 0;
}

static int message_edit(struct store *store, const struct request *request,
	struct message_edit *edit, struct reply *reply, struct error *error)
{
	struct session *session = &edit->session;
	struct text *body = &reply->body;
	struct message_replacement replacement;

	if (request_find(store, request, session, error) ||
		message_look_up(store, request, edit, error))
		return -1;
	if (edit->other_id)
		return error_set(error, ERROR_INVALID,
			"a message keeps its id, which is %.*s",
			SLICE_SHORT(text_view(&edit->id)));
	replacement = (struct message_replacement){ edit->seq, edit->given,
		request->now };
	if (!edit->same &&
		store_message_replace(store, session, &replacement, error))
		return -1;
	reply->status = 200;
	reply_etag(reply, session);
	reply_begin_messages(body, request, session);
	json_begin_object(body);
	json_member_number(body, "seq", edit->seq);
	json_member(body, "id", text_view(&edit->id));
	json_end_object(body);
	json_end_array(body);
	json_end_object(body);
	return edit->id.failed ? error_out_of_memory(error) : 0;
}

int api_message_parse(struct request *request, struct error *error)
{
	struct message_list *list;

	if (json_kind(request->body) == JSON_KIND_ARRAY)
		return error_set(error, ERROR_INVALID,
			"one message is needed here, not an array");
	list = input_new_list(request, error);
	if (list == NULL ||
		message_parse(list, request->body, "message", error))
		return -1;
	input_count_list(request->input, list);
	return 0;
}

int api_message_put(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct message_edit edit = { .given = request_list(request)->items };
	int result = message_edit(store, request, &edit, reply, error);

	text_clear(&edit.id);
	return result;
}

int api_message_delete(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct message_edit edit = { 0 };
	struct message_visit look = { .visitor = { message_look, &edit },
		.damaged = true };
	struct session *session = &edit.session;
	struct message_removal removal = { .now = request->now };
	int result = -1;

	if (request_find(store, request, session, error) == 0 &&
		message_find(store, request, session, &look, error) == 0) {
		removal.seqs = (struct seq_range){ edit.seq, edit.seq };
		result = store_message_remove(store, session, &removal, error);
	}
	if (result == 0) {
		reply_etag(reply, session);
		result = reply_json(reply, 200,
			json_pack("{s:I,s:I}", "version",
				(json_int_t)session_version(session), "deleted",
				(json_int_t)removal.removed),
			error);
	}
	text_clear(&edit.id);
	return result;
}
