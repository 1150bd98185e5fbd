/* SPDX-License-Identifier: MIT */
/* replace.c - a history is made what a list says, with few changes. */
#include "core/history/history.h"

#include <assert.h>

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

int history_same(const struct message *a, const struct message *b,
	void (*write)(struct text *out, const struct message *message))
{
	struct text one = { 0 }, other = { 0 };
	int same = -1;

	write(&one, a);
	write(&other, b);
	if (!one.failed && !other.failed)
		same = json_same_value(text_view(&one), text_view(&other));
	text_clear(&one);
	text_clear(&other);
	return same;
}

struct history_items history_items_of(const struct message_list *list)
{
	struct history_items items = { .list = list };

	for (size_t i = 0; i < list->count && !items.named; i++)
		items.named = list->items[i].id.length > 0;
	return items;
}

static bool replace_names(
	const struct history_items *items, const struct message_row *row)
{
	const struct message_list *list = items->list;

	for (size_t i = 0; items->named && i < list->count; i++)
		if (list->items[i].id.length > 0 &&
			history_id_is(row, list->items[i].id))
			return true;
	return false;
}

int history_row_is(const struct message_row *row,
	const struct history_items *items, size_t at)
{
	const struct message *item = &items->list->items[at];

	if (row->message.type != item->type ||
		(item->id.length > 0 ? !history_id_is(row, item->id)
				     : replace_names(items, row)))
		return 0;
	return history_same(&row->message, item, replace_write_form);
}

/* Rows compared with a list, from one end of both. */
struct replace_comparison {
	struct history_items items;
	size_t at;
	bool backwards;
	bool differs;
	bool failed;
	int64_t seq; /* of the last row that was looked at */
};

static int replace_compare_row(void *context, const struct message_row *row)
{
	struct replace_comparison *comparison = context;
	const struct message_list *list = comparison->items.list;
	int same = 0;

	comparison->seq = row->seq;
	if (comparison->at < list->count)
		same = history_row_is(row, &comparison->items,
			comparison->backwards ? list->count - 1 - comparison->at
					      : comparison->at);
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

int history_replace(struct store *store, struct history_edit *edit,
	int64_t after, const struct message_list *list, struct error *error)
{
	const struct message_query query = {
		.after = after,
		.limit = (int64_t)list->count + 1,
	};
	struct replace_comparison comparison = {
		.items = history_items_of(list),
	};
	struct session *session = &edit->session;
	struct message_list rest;

	assert(after >= 0);
	if (store_session_take(store, edit->ref, edit->now, session, error) ||
		replace_compare(store, session, &query, &comparison, error))
		return -1;
	edit->removed = 0;
	edit->kept = comparison.at;
	if (comparison.differs &&
		replace_remove(store, edit, &comparison, error))
		return -1;
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
		.items = history_items_of(list),
		.backwards = true,
		.seq = session->last_seq + 1,
	};

	if (query.limit > 0 &&
		replace_compare(store, session, &query, &comparison, error))
		return -1;
	*after = comparison.seq - 1;
	return comparison.at == list->count;
}
