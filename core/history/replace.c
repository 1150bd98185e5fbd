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

/* Rows compared with a list, from one end of both. */
struct replace_comparison {
	const struct message_list *list;
	size_t at;
	bool backwards;
	bool differs;
	bool failed;
	int64_t seq; /* of the last row that was looked at */
};

static int replace_compare_row(void *context, const struct message_row *row)
{
	struct replace_comparison *comparison = context;
	const struct message_list *list = comparison->list;
	const struct message *item;
	int same = 0;

	comparison->seq = row->seq;
	if (comparison->at < list->count) {
		item = &list->items[comparison->backwards
					    ? list->count - 1 - comparison->at
					    : comparison->at];
		if (item->id.length == 0 || history_id_is(row, item->id))
			same = history_same(
				&row->message, item, replace_write_form);
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

int history_replace(struct store *store, struct history_edit *edit,
	int64_t after, const struct message_list *list, struct error *error)
{
	const struct message_query query = {
		.after = after,
		.limit = (int64_t)list->count + 1,
	};
	struct replace_comparison comparison = { .list = list };
	struct message_removal removal = { .now = edit->now };
	struct session *session = &edit->session;
	struct message_list rest;

	assert(after >= 0);
	if (store_session_take(store, edit->ref, edit->now, session, error) ||
		replace_compare(store, session, &query, &comparison, error))
		return -1;
	removal.seqs = (struct seq_range){ comparison.seq, session->last_seq };
	if (comparison.differs &&
		store_message_remove(store, session, &removal, error))
		return -1;
	edit->removed = removal.removed;
	edit->kept = comparison.at;
	rest = (struct message_list){
		.items = list->items + comparison.at,
		.count = list->count - comparison.at,
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
		.list = list,
		.backwards = true,
		.seq = session->last_seq + 1,
	};

	if (query.limit > 0 &&
		replace_compare(store, session, &query, &comparison, error))
		return -1;
	*after = comparison.seq - 1;
	return comparison.at == list->count;
}
