/* SPDX-License-Identifier: MIT */
/* edit.c - lists of messages replaced, trimmed and popped. */
#include <stdlib.h>

#include "core/history/history.h"
#include "core/history/page.h"
#include "schema/forms/parse.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "server/api/handlers.h"
#include "server/api/input.h"
#include "server/api/view.h"

#define POP_BYTES ((size_t)16 << 20)

/* A change of a history: the list replaces all after the seq `after`. */
struct edit_replacement {
	int64_t after;
	const struct message_list *list;
	bool archives;
};

static int edit_replace(struct store *store, const struct request *request,
	const struct edit_replacement *replacement, struct reply *reply,
	struct error *error)
{
	const struct message_list *list = replacement->list;
	struct history_edit edit = request_edit(request);
	struct message_list rest = *list;
	int result;

	edit.archives = replacement->archives;
	edit.appended = calloc(list->count + 1, sizeof(*edit.appended));
	if (edit.appended == NULL)
		return error_out_of_memory(error);
	result = history_replace(store, &edit, replacement->after, list, error);
	if (result == 0) {
		rest.items += edit.kept;
		rest.count -= edit.kept;
		reply_appended(
			reply, request, &edit.session, &rest, edit.appended);
		reply->status = 200;
	}
	free(edit.appended);
	return result;
}

/* Is what the list drops archived?  It is retired by default. */
static int edit_read_dropped(
	const struct request *request, bool *archives, struct error *error)
{
	struct slice dropped;

	*archives = false;
	if (!request_parameter(request, "dropped", &dropped) ||
		slice_is(dropped, "retire"))
		return 0;
	*archives = slice_is(dropped, "archive");
	return *archives ? 0
			 : error_set(error, ERROR_INVALID,
				   "dropped must be retire or archive, not "
				   "\"%.*s\"",
				   SLICE_SHORT(dropped));
}

int api_messages_parse_all(struct request *request, struct error *error)
{
	bool archives;

	if (edit_read_dropped(request, &archives, error) ||
		api_messages_parse(request, error))
		return -1;
	if (request_list(request)->metadata.length > 0)
		return error_set(error, ERROR_INVALID,
			"metadata is not replaced here, but with PATCH of the "
			"session");
	return 0;
}

int api_messages_put(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct edit_replacement all = { .list = request_list(request) };

	if (edit_read_dropped(request, &all.archives, error))
		return -1;
	return edit_replace(store, request, &all, reply, error);
}

/* --- replace_suffix --------------------------------------------------- */

struct edit_suffix_input {
	struct input input;
	struct message_list expected;
	struct message_list replacement;
};

static void edit_free_suffix(struct input *input)
{
	struct edit_suffix_input *self =
		(struct edit_suffix_input *)(void *)input;

	message_list_clear(&self->expected);
	message_list_clear(&self->replacement);
	free(self);
}

/* Reads an array of messages; `name` is the member that it was. */
static int edit_read_array(struct message_list *list, struct slice value,
	const char *name, struct error *error)
{
	struct error why = { 0 };

	if (value.length == 0)
		return error_set(error, ERROR_INVALID,
			"replace_suffix.%s is missing", name);
	if (json_kind(value) != JSON_KIND_ARRAY)
		return error_set(error, ERROR_INVALID,
			"replace_suffix.%s must be an array of messages", name);
	if (message_list_parse(list, value, &why) == 0)
		return 0;
	return error_set(
		error, why.code, "replace_suffix.%s: %s", name, why.message);
}

/* Reads the only member of the body, and its two members. */
static int edit_read_suffix(struct slice body, struct slice *expected,
	struct slice *replacement, struct error *error)
{
	struct json_walk walk;
	struct slice name, value;

	if (json_kind(body) != JSON_KIND_OBJECT ||
		!json_find(body, "replace_suffix", &value) ||
		json_count(body) != 1 || json_kind(value) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be {\"replace_suffix\":{\"expected\":[…],"
			"\"replacement\":[…]}}");
	walk = json_walk(value);
	while (json_next_member(&walk, &name, &value)) {
		if (json_string_is(name, SLICE("expected")))
			*expected = value;
		else if (json_string_is(name, SLICE("replacement")))
			*replacement = value;
		else
			return error_set(error, ERROR_INVALID,
				"unknown member replace_suffix.%.*s",
				SLICE_SHORT(json_inner(name)));
	}
	return 0;
}

/* Finds the seq before what is expected, with which the history must end. */
static int edit_find_suffix(struct store *store, const struct request *request,
	int64_t *after, struct reply *reply, struct error *error)
{
	const struct edit_suffix_input *input = request_input(request);
	struct session session;
	int ends;

	if (request_find(store, request, &session, error))
		return -1;
	ends = history_ends_with(
		store, &session, &input->expected, after, error);
	if (ends != 0)
		return ends < 0 ? -1 : 0;
	reply_etag(reply, &session);
	return error_set(error, ERROR_VERSION,
		"the history does not end with what is expected; its "
		"version is %lld",
		(long long)session_version(&session));
}

int api_messages_parse_suffix(struct request *request, struct error *error)
{
	struct edit_suffix_input *input;
	struct slice old = { 0 }, new = { 0 };

	if (edit_read_suffix(request->body, &old, &new, error))
		return -1;
	input = input_new(request, sizeof(*input), edit_free_suffix, error);
	if (input == NULL ||
		edit_read_array(&input->expected, old, "expected", error) ||
		edit_read_array(&input->replacement, new, "replacement", error))
		return -1;
	input_count_list(&input->input, &input->expected);
	input_count_list(&input->input, &input->replacement);
	return 0;
}

int api_messages_patch(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct edit_suffix_input *input = request_input(request);
	struct edit_replacement end = { .list = &input->replacement };

	if (edit_find_suffix(store, request, &end.after, reply, error))
		return -1;
	return edit_replace(store, request, &end, reply, error);
}

/* --- deletion --------------------------------------------------------- */

/*
 * The messages that a DELETE removes: all, or so many from one end, or all
 * before a seq.
 */
struct edit_cut {
	struct input input;
	int64_t last;		/* -1: not given */
	int64_t oldest;		/* -1: not given */
	int64_t before;		/* 0: not given */
	struct reply_form form; /* of what `last` returns */
};

static void edit_free_cut(struct input *input)
{
	free(input);
}

/* Only what `last` takes is in the reply, as JSON. */
static int edit_read_form(const struct request *request, struct edit_cut *cut,
	struct error *error)
{
	struct slice name;

	if (request_form(request, &cut->form, error))
		return -1;
	if (cut->form.form->shape == FORM_LINE)
		return error_set(error, ERROR_INVALID,
			"format=text is for reads: what last removes is "
			"returned as JSON");
	if (cut->last < 0 && request_parameter(request, "format", &name))
		return error_set(error, ERROR_INVALID,
			"format needs last: nothing else that is removed is "
			"returned");
	return 0;
}

int api_messages_parse_cut(struct request *request, struct error *error)
{
	struct edit_cut *cut;
	struct slice format;

	if (request->parameter_count >
		1 + request_parameter(request, "format", &format))
		return error_set(error, ERROR_INVALID,
			"last, oldest and before exclude each other");
	cut = input_new(request, sizeof(*cut), edit_free_cut, error);
	if (cut == NULL)
		return -1;
	cut->last = -1;
	cut->oldest = -1;
	if (request_integer(request,
		    (struct integer_range){ "last", 0, MESSAGES_PER_REQUEST },
		    &cut->last, error) ||
		request_integer(request,
			(struct integer_range){ "oldest", 0, SEQ_MOST },
			&cut->oldest, error) ||
		request_integer(request,
			(struct integer_range){ "before", 1, SEQ_MOST },
			&cut->before, error))
		return -1;
	return edit_read_form(request, cut, error);
}

/* Which seqs go; first > last for none. */
static int edit_find_range(struct store *store, const struct session *session,
	const struct edit_cut *cut, struct seq_range *range,
	struct error *error)
{
	const int64_t count = session_message_count(session);
	/* The oldest that stays, counted from the end. */
	const int64_t kept = count - cut->oldest;

	range->first = 1;
	range->last = cut->before ? cut->before - 1 : session->last_seq;
	if (cut->last == 0)
		range->first = session->last_seq + 1;
	if (cut->last > 0 && cut->last < count)
		return store_message_nth(
			store, session, cut->last, &range->first, error);
	if (cut->oldest < 0 || kept <= 0)
		return 0;
	if (store_message_nth(store, session, kept, &range->last, error))
		return -1;
	range->last--;
	return 0;
}

/* Appends what is popped, oldest first. */
static int edit_write_popped(struct store *store, struct messages_view *view,
	struct text *body, struct error *error)
{
	view->page.query.limit = INT64_MAX;
	view->page.max_bytes = POP_BYTES;
	json_begin_array(body);
	if (reply_write_view(store, view, body, error))
		return -1;
	if (view->page.more)
		return error_set(error, ERROR_TOO_LARGE,
			"the last messages have over 16 MiB: pop fewer");
	json_end_array(body);
	return 0;
}

static int edit_remove(struct store *store, const struct request *request,
	struct session *session, struct message_removal *removal,
	struct error *error)
{
	if (removal->seqs.first <= removal->seqs.last &&
		store_message_remove(store, session, removal, error))
		return -1;
	if (removal->removed == 0 || session_message_count(session) > 0)
		return 0;
	return request_cleared(store, request, session, error);
}

static void edit_reply_removed(struct reply *reply,
	const struct session *session, int64_t removed,
	const struct text *popped)
{
	reply->status = 200;
	reply_etag(reply, session);
	json_begin_object(&reply->body);
	json_member_number(&reply->body, "version", session_version(session));
	json_member_number(&reply->body, "deleted", removed);
	if (popped->length > 0)
		json_member(&reply->body, "messages", text_view(popped));
	json_end_object(&reply->body);
}

int api_messages_delete(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct edit_cut *cut = request_input(request);
	struct messages_view view = { .form = cut->form,
		.window = WINDOW_NONE };
	struct text popped = { 0 };
	struct message_removal removal = { .now = request->now };
	int result = 0;

	if (request_find(store, request, &view.session, error) ||
		edit_find_range(
			store, &view.session, cut, &removal.seqs, error))
		return -1;
	view.page.query.after = removal.seqs.first - 1;
	if (cut->last >= 0)
		result = edit_write_popped(store, &view, &popped, error);
	if (result == 0)
		result = edit_remove(
			store, request, &view.session, &removal, error);
	if (result == 0) {
		edit_reply_removed(
			reply, &view.session, removal.removed, &popped);
		result = popped.failed ? error_out_of_memory(error) : 0;
	}
	text_clear(&popped);
	return result;
}
