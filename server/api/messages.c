/* SPDX-License-Identifier: MIT */
/* messages.c - ChatMessageHistory over HTTP. */
#include <stdlib.h>

#include "core/history/joined.h"
#include "core/history/window.h"
#include "schema/forms/form.h"
#include "schema/forms/parse.h"
#include "schema/json/merge.h"
#include "schema/json/write.h"
#include "schema/memory/prefixes.h"
#include "schema/message/tool_calls.h"
#include "server/api/handlers.h"
#include "server/api/input.h"
#include "server/api/view.h"

#define PAGE_BYTES	 ((size_t)16 << 20)
#define PAGE_FIRST_BYTES 4096 /* that it has room for from the start */
#define PAGE_LIMIT	 1000
#define PAGE_MOST	 10000

/* Bytes of the reply to what was appended, or so: alone, and for a message. */
#define APPENDED_BYTES	   128
#define APPENDED_BYTES_ONE 64

/* `type=human,ai` */
static int messages_read_types(
	const struct request *request, unsigned *types, struct error *error)
{
	struct slice names;

	if (!request_parameter(request, "type", &names))
		return 0;
	for (size_t start = 0, end; start <= names.length; start = end + 1) {
		struct slice name = { names.data + start, 0 };
		enum message_type type;

		for (end = start; end < names.length && names.data[end] != ',';)
			end++;
		name.length = end - start;
		type = message_type_of(name);
		if (type == 0)
			return error_set(error, ERROR_INVALID,
				"type \"%.*s\" is unknown; there are human, "
				"ai, system, tool, function and generic",
				SLICE_SHORT(name));
		*types |= 1u << type;
	}
	return 0;
}

int request_order(
	const struct request *request, bool *descending, struct error *error)
{
	struct slice order;

	if (!request_parameter(request, "order", &order))
		return 0;
	*descending = slice_is(order, "desc");
	if (!*descending && !slice_is(order, "asc"))
		return error_set(error, ERROR_INVALID,
			"order must be asc or desc, not \"%.*s\"",
			SLICE_SHORT(order));
	return 0;
}

static int messages_note_call(void *context, const struct tool_call *call)
{
	(void)context;
	(void)call;
	return 1;
}

/* Did a person see it?  Not if it is only calls, or only their results. */
static int messages_is_seen(const struct message *message)
{
	struct text data = { 0 };
	const struct message plain = form_plain(message, &data);
	int seen = 1;

	if (data.failed)
		seen = -1;
	else if (plain.type == MESSAGE_AI)
		seen = tool_calls_beside(&plain) ||
		       !tool_calls_visit(&plain, messages_note_call, NULL);
	else if (plain.type == MESSAGE_HUMAN)
		seen = !tool_calls_only_answers(&plain);
	text_clear(&data);
	return seen;
}

static int messages_read_calls(const struct request *request,
	struct history_page *page, struct error *error)
{
	bool calls = true;

	if (request_flag(request, "calls", &calls, error))
		return -1;
	if (!calls)
		page->shows = messages_is_seen;
	page->max_passed = request_bytes(request, SIZE_MAX);
	return 0;
}

static int messages_read_query(const struct request *request,
	struct message_query *query, struct error *error)
{
	query->limit = PAGE_LIMIT;
	if (request_integer(request,
		    (struct integer_range){ "limit", 1, PAGE_MOST },
		    &query->limit, error) ||
		request_integer(request,
			(struct integer_range){ "after", 0, SEQ_MOST },
			&query->after, error) ||
		request_integer(request,
			(struct integer_range){ "before", 1, SEQ_MOST },
			&query->before, error) ||
		messages_read_types(request, &query->types, error))
		return -1;
	return request_order(request, &query->descending, error);
}

static int messages_write_view(struct store *store, struct messages_view *view,
	struct text *out, struct error *error)
{
	const struct session *session = &view->session;

	if (!window_is_set(&view->window))
		return history_write(store, session, &view->page, out, error);
	view->page.window = &view->window;
	view->page.figures = &view->figures;
	return window_write(store, session, &view->page, out, error);
}

static int messages_write_text(struct store *store, struct messages_view *view,
	struct reply *reply, struct error *error)
{
	struct settings settings = { 0 };
	int result = session_settings(store, &view->session, &settings, error);

	if (result == 0) {
		view->form.prefixes = settings_prefixes(&settings);
		view->page.write = reply_write_message;
		view->page.context = &view->form;
		view->page.separator = SLICE("\n");
		reply->content_type = "text/plain; charset=utf-8";
		result = messages_write_view(store, view, &reply->body, error);
	}
	if (result == 0 && window_is_set(&view->window))
		reply_figures(reply, &view->figures);
	settings_clear(&settings);
	return result;
}

void reply_begin_messages(struct text *body, const struct request *request,
	const struct session *session)
{
	json_begin_object(body);
	json_member_string(body, "session", request_session(request));
	json_member_number(body, "version", session_version(session));
	json_name(body, "messages");
	json_begin_array(body);
}

int reply_write_view(struct store *store, struct messages_view *view,
	struct text *body, struct error *error)
{
	const size_t begun = body->length;
	struct joined_order order;
	struct text marks = { 0 };
	int result;

	view->form.marks = view->page.marks = &marks;
	view->page.write = reply_write_message;
	view->page.context = &view->form;
	view->page.separator = SLICE(",");
	result = messages_write_view(store, view, body, error);
	order = (struct joined_order){ &marks, (size_t)view->page.count,
		view->page.reverse,
		view->page.query.descending && !view->page.reverse,
		view->page.whole };
	if (result == 0)
		joined_finish(body, begun, view->form.form, &order);
	text_clear(&marks);
	return result;
}

static int messages_write_list(struct store *store,
	const struct request *request, struct messages_view *view,
	struct text *body, struct error *error)
{
	reply_begin_messages(body, request, &view->session);
	if (reply_write_view(store, view, body, error))
		return -1;
	json_end_array(body);
	json_member_bool(body, "has_more", view->page.more);
	if (view->page.more && view->page.count > 0)
		json_member_number(body,
			view->page.query.descending ? "next_before"
						    : "next_after",
			view->page.last_seq);
	if (window_is_set(&view->window))
		reply_write_figures(body, &view->figures);
	json_end_object(body);
	return 0;
}

/* Has the view become too large for a page, or for a window? */
static bool messages_is_cut(
	int result, const struct history_page *page, const struct error *error)
{
	return result ? error->code == ERROR_TOO_LARGE : page->cut;
}

int api_messages_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct messages_view view = {
		.page.max_bytes = request_bytes(request, PAGE_BYTES),
	};
	int result;

	if (request_form(request, &view.form, error) ||
		request_window(request, &view.window, error) ||
		messages_read_query(request, &view.page.query, error) ||
		messages_read_calls(request, &view.page, error))
		return -1;
	if (request_find_at(store, request, &view.session, error))
		return -1;
	view.page.answers = true;
	text_reserve(&reply->body, PAGE_FIRST_BYTES);
	reply->status = 200;
	reply_etag(reply, &view.session);
	result = view.form.form->shape == FORM_LINE
			 ? messages_write_text(store, &view, reply, error)
			 : messages_write_list(
				   store, request, &view, &reply->body, error);
	return reply_elsewhere(reply, request,
		       messages_is_cut(result, &view.page, error), error)
		       ? 0
		       : result;
}

/* --- appending -------------------------------------------------------- */

struct history_edit request_edit(const struct request *request)
{
	return (struct history_edit){
		.ref = request_ref(request),
		.now = request->now,
	};
}

void reply_appended(struct reply *reply, const struct request *request,
	const struct session *session, const struct message_list *list,
	const struct history_appended *appended)
{
	struct text *body = &reply->body;

	reply->status = 201;
	reply_etag(reply, session);
	text_reserve(body, APPENDED_BYTES + list->count * APPENDED_BYTES_ONE);
	reply_begin_messages(body, request, session);
	for (size_t i = 0; i < list->count; i++) {
		const struct message_row row = {
			.message.id = list->items[i].id,
			.seq = appended[i].seq,
		};

		json_begin_object(body);
		json_member_number(body, "seq", row.seq);
		json_name(body, "id");
		history_message_id(body, session, &row);
		json_end_object(body);
	}
	json_end_array(body);
	json_end_object(body);
}

/* Writes the profile; a session that does not exist yet is made. */
static int messages_configure(struct store *store,
	const struct request *request, const struct session_profile *profile,
	struct session *session, struct error *error)
{
	if (session->id == 0 &&
		store_session_create(store, request_ref(request), request->now,
			session, error))
		return -1;
	return store_session_configure(
		store, session, profile, request->now, error);
}

/* Applies the envelope's "metadata", a merge patch of the session's. */
static int messages_patch_metadata(struct store *store,
	const struct request *request, struct slice patch,
	struct session *session, struct error *error)
{
	struct text buf = { 0 }, merged = { 0 };
	struct session_profile profile = {
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.retain_retired = -1,
	};
	int result = 0;

	if (patch.length == 0)
		return 0;
	if (session->id != 0)
		result = store_session_profile(
			store, session, &buf, &profile, error);
	if (result == 0 && !json_merge_patch(&merged, profile.metadata, patch))
		result = error_out_of_memory(error);
	if (result == 0 && !slice_equal(profile.metadata, text_view(&merged))) {
		profile.metadata = text_view(&merged);
		result = messages_configure(
			store, request, &profile, session, error);
	}
	text_clear(&buf);
	text_clear(&merged);
	return result;
}

int api_messages_parse(struct request *request, struct error *error)
{
	struct message_list *list = input_new_list(request, error);

	if (list == NULL || message_list_parse(list, request->body, error))
		return -1;
	input_count_list(request->input, list);
	return 0;
}

int api_messages_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct message_list *list = request_list(request);
	struct history_edit edit = request_edit(request);
	int result;

	edit.appended = calloc(list->count + 1, sizeof(*edit.appended));
	if (edit.appended == NULL)
		return error_out_of_memory(error);
	result = history_append(store, &edit, list, error);
	if (result == 0)
		result = messages_patch_metadata(
			store, request, list->metadata, &edit.session, error);
	if (result == 0) {
		reply_appended(
			reply, request, &edit.session, list, edit.appended);
		result = reply_reflect(
			store, request, &edit.session, reply, error);
	}
	free(edit.appended);
	return result;
}
