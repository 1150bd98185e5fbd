/* SPDX-License-Identifier: MIT */
/* replace.c - a history is made what a list says, with few changes. */
#include "core/history/history.h"

#include <assert.h>
#include <string.h>

#include "schema/error.h"
#include "schema/forms/form.h"
#include "schema/json/equal.h"
#include "schema/json/write.h"

bool history_id_is(const struct message_row *row, struct slice id)
{
	char mark[MARK_LENGTH + 1] = "";

	if (row->message.id.length > 0)
		return slice_equal(row->message.id, id);
	for (size_t i = 0; i < MARK_LENGTH && i < row->mark.length; i++)
		mark[i] = row->mark.data[i];
	return store_id_seq(id, mark) == row->seq;
}

static void replace_write_form(struct text *out, const struct message *message)
{
	json_begin_object(out);
	format_langchain(out, message);
	json_end_object(out);
}

int history_same(const struct message *a, const struct message *b)
{
	struct text one = { 0 }, other = { 0 };
	int same = -1;

	/* Of a form of its own LangChain's may not tell all. */
	if (a->form == b->form && message_form_body(a->form) == BODY_OWN)
		return json_same_value(a->body, b->body);
	replace_write_form(&one, a);
	replace_write_form(&other, b);
	if (!one.failed && !other.failed)
		same = json_same_value(text_view(&one), text_view(&other));
	text_clear(&one);
	text_clear(&other);
	return same;
}

int history_items_make(struct history_items *out,
	const struct message_list *list, struct error *error)
{
	out->list = list;
	return message_ids_sort(&out->ids, list->items, list->count)
		       ? error_out_of_memory(error)
		       : 0;
}

int history_row_is(const struct message_row *row,
	const struct history_items *items, size_t at)
{
	const struct message *item = &items->list->items[at];

	if (row->message.type != item->type ||
		(item->id.length > 0 ? !history_id_is(row, item->id)
				     : message_ids_find_row(&items->ids, row) !=
					       NULL))
		return 0;
	return history_same(&row->message, item);
}

/* Rows compared with a list, from one end of both. */
struct replace_comparison {
	struct history_items items;
	size_t at;
	bool backwards;
	bool differs;
	bool failed;
	int64_t seq; /* of the last row that was looked at */
	/* System messages that both begin with, and the seq of the last. */
	size_t head;
	int64_t head_seq;
	/* Of messages that are to be edited; NULL: none may be. */
	struct text *edits;
};

/* A message of the list that is there, further on. */
struct replace_edit {
	int64_t seq;
	size_t at;
};

/* 1: it is the same, or will be when it is edited. */
static int replace_compare_item(struct replace_comparison *comparison,
	const struct message_row *row, size_t at)
{
	const struct message *item = &comparison->items.list->items[at];
	const struct replace_edit edit = { row->seq, at };
	const int same = history_row_is(row, &comparison->items, at);

	if (same != 0 || comparison->edits == NULL || item->id.length == 0 ||
		!form_of(item->form)->grows || !history_id_is(row, item->id))
		return same;
	text_append(comparison->edits, (const char *)&edit, sizeof(edit));
	return comparison->edits->failed ? -1 : 1;
}

static int replace_compare_row(void *context, const struct message_row *row)
{
	struct replace_comparison *comparison = context;
	const struct message_list *list = comparison->items.list;
	int same = 0;

	comparison->seq = row->seq;
	if (comparison->at < list->count)
		same = replace_compare_item(comparison, row,
			comparison->backwards ? list->count - 1 - comparison->at
					      : comparison->at);
	if (same == 1 && comparison->head == comparison->at &&
		row->message.type == MESSAGE_SYSTEM) {
		comparison->head++;
		comparison->head_seq = row->seq;
	}
	comparison->at += same == 1;
	comparison->differs = same != 1;
	comparison->failed = same < 0;
	return same != 1;
}

static int replace_compare(struct store *store, const struct session *session,
	const struct message_query *query,
	struct replace_comparison *comparison, struct error *error)
{
	if (session->id == 0)
		return 0;
	if (store_message_list(store, session, query,
		    (struct message_visitor){ replace_compare_row, comparison },
		    error))
		return -1;
	return comparison->failed ? error_out_of_memory(error) : 0;
}

/*
 * Removes what differs: all of it, or what stands before a tail that the rest
 * of the list begins with.  Adds that tail to *kept.
 */
static int replace_remove(struct store *store, struct history_edit *edit,
	const struct replace_comparison *comparison, struct error *error)
{
	const struct message_list *list = comparison->items.list;
	struct session *session = &edit->session;
	const struct message_list rest = {
		.items = list->items + comparison->at,
		.count = list->count - comparison->at,
	};
	struct history_tail tail = { .list = &rest,
		.after = comparison->seq - 1 };
	struct message_removal removal = { .now = edit->now,
		.archives = edit->archives };

	if (history_find_tail(store, session, &tail, error))
		return -1;
	removal.seqs = (struct seq_range){ comparison->seq,
		tail.count > 0 ? tail.first_seq - 1 : session->last_seq };
	if (store_message_remove(store, session, &removal, error))
		return -1;
	edit->removed = removal.removed;
	edit->kept += tail.count;
	return 0;
}

/*
 * Of a window whose messages recur, the beginning may be that of the history,
 * too.  Where what is dropped is archived, it is the end if it can be: a window
 * takes nothing from there.
 */
static int replace_as_window(struct store *store,
	const struct history_edit *edit, struct replace_comparison *comparison,
	struct error *error)
{
	const struct message_list *list = comparison->items.list;
	const struct message_list rest = {
		.items = list->items + comparison->head,
		.count = list->count - comparison->head,
	};
	struct history_tail tail = { .list = &rest,
		.after = comparison->head_seq };

	if (!edit->archives || comparison->edits->length > 0)
		return 0;
	if (history_find_tail(store, &edit->session, &tail, error))
		return -1;
	if (tail.count > 0) {
		comparison->at = comparison->head;
		comparison->seq = comparison->head_seq + 1;
	}
	return 0;
}

/* Edits what grew, when no row is read any more. */
static int replace_edit(struct store *store, struct history_edit *edit,
	const struct replace_comparison *comparison, struct error *error)
{
	const struct text *edits = comparison->edits;
	struct replace_edit one;

	for (size_t at = 0; at < edits->length; at += sizeof(one)) {
		memcpy(&one, edits->data + at, sizeof(one));
		if (history_edit_message(store, edit, one.seq,
			    &comparison->items.list->items[one.at], error))
			return -1;
	}
	return 0;
}

/* Keeps the beginning, which may grow, and removes the rest. */
static int replace_rest(struct store *store, struct history_edit *edit,
	struct replace_comparison *comparison, int64_t after,
	struct error *error)
{
	const struct message_query query = {
		.after = after,
		.limit = (int64_t)comparison->items.list->count + 1,
	};
	struct session *session = &edit->session;

	if (replace_compare(store, session, &query, comparison, error) ||
		replace_edit(store, edit, comparison, error))
		return -1;
	if (comparison->differs &&
		replace_as_window(store, edit, comparison, error))
		return -1;
	edit->removed = 0;
	edit->kept = comparison->at;
	return comparison->differs
		       ? replace_remove(store, edit, comparison, error)
		       : 0;
}

int history_replace(struct store *store, struct history_edit *edit,
	int64_t after, const struct message_list *list, struct error *error)
{
	struct text edits = { 0 };
	struct replace_comparison comparison = { .edits = &edits,
		.head_seq = after };
	struct message_list rest;
	int result;

	assert(after >= 0);
	result = history_items_make(&comparison.items, list, error);
	if (result == 0)
		result = store_session_take(
			store, edit->ref, edit->now, &edit->session, error);
	if (result == 0)
		result = replace_rest(store, edit, &comparison, after, error);
	message_ids_clear(&comparison.items.ids);
	text_clear(&edits);
	if (result)
		return result;
	rest = (struct message_list){
		.items = list->items + edit->kept,
		.count = list->count - edit->kept,
	};
	return history_append(store, edit, &rest, error);
}

int history_ends_with(struct store *store, const struct session *session,
	const struct message_list *list, int64_t *after, struct error *error)
{
	const struct message_query query = {
		.limit = (int64_t)list->count,
		.descending = true,
	};
	struct replace_comparison comparison = {
		.backwards = true,
		.seq = session->last_seq + 1,
	};
	int result = history_items_make(&comparison.items, list, error);

	if (result == 0 && query.limit > 0)
		result = replace_compare(
			store, session, &query, &comparison, error);
	message_ids_clear(&comparison.items.ids);
	if (result)
		return -1;
	*after = comparison.seq - 1;
	return comparison.at == list->count;
}
