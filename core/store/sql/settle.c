/* SPDX-License-Identifier: MIT */
/*
 * settle.c - the last seqs, and the times of their messages, that a batch has
 * to write.
 *
 * An append leaves its session's row alone, which then lags.  Where others
 * read that row to count on (struct engine_ops, shared) it is written once for
 * each session before the commit.
 */
#include "core/store/sql/sql.h"
#include "schema/array.h"

/* The parameters of the statement: lists of which each has a place in all. */
enum { SETTLE_SESSION = 1, SETTLE_SEQ, SETTLE_AT };
#define SETTLE_LISTS SETTLE_AT

const char *const settle_sql[SQL_COUNT] = {
	/* The newest message says its time here. */
	[SQL_SESSION_SETTLE] =
		"UPDATE session SET last_seq = seqs.value FROM json_each(?1)"
		" AS ids JOIN json_each(?2) AS seqs ON seqs.key = ids.key"
		" JOIN json_each(?3) AS times ON times.key = ids.key"
		" WHERE session.id = ids.value AND last_seq < seqs.value",
};

static struct settle_seq *settle_find(
	const struct settle_list *list, int64_t session)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->seqs[i].session == session)
			return &list->seqs[i];
	return NULL;
}

static struct settle_seq *settle_add(struct settle_list *list, int64_t session)
{
	struct settle_seq *seqs = array_room(
		list->seqs, &list->capacity, list->count, sizeof(*seqs));

	if (!seqs)
		return NULL;
	list->seqs = seqs;
	list->seqs[list->count] = (struct settle_seq){ .session = session };
	return &list->seqs[list->count++];
}

int store_settle_note(
	struct store *store, const struct session *session, struct error *error)
{
	struct settle_list *list = &store->settle;
	struct settle_seq *seq;

	if (!store->ops->shared)
		return 0;
	seq = settle_find(list, session->id);
	if (!seq)
		seq = settle_add(list, session->id);
	if (!seq)
		return error_out_of_memory(error);
	if (seq->member != list->member) {
		seq->seq_before = seq->last_seq;
		seq->at_before = seq->appended_at;
	}
	seq->member = list->member;
	seq->last_seq = session->last_seq;
	seq->appended_at = session->appended_at;
	return 0;
}

void store_settle_undo(struct store *store)
{
	struct settle_list *list = &store->settle;

	for (size_t i = 0; i < list->count; i++) {
		struct settle_seq *seq = &list->seqs[i];

		if (seq->member != list->member)
			continue;
		seq->last_seq = seq->seq_before;
		seq->appended_at = seq->at_before;
	}
}

void store_settle_correct(const struct store *store, struct session *session)
{
	const struct settle_seq *seq = settle_find(&store->settle, session->id);

	if (!seq)
		return;
	if (seq->last_seq > session->last_seq)
		session->last_seq = seq->last_seq;
	if (seq->appended_at > session->appended_at)
		session->appended_at = seq->appended_at;
}

/* How many have a seq to be written. */
static size_t settle_count(const struct settle_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->seqs[i].last_seq != 0;
	return count;
}

static int64_t settle_value(const struct settle_seq *seq, int parameter)
{
	return parameter == SETTLE_SESSION ? seq->session
	       : parameter == SETTLE_SEQ   ? seq->last_seq
					   : seq->appended_at;
}

static void settle_write(
	const struct store *store, struct text *out, int at, size_t count)
{
	const struct engine_value_list *list = store_value_list(store);
	const struct settle_list *all = &store->settle;

	list->begin(out, LIST_OF_NUMBERS, count);
	for (size_t i = 0; i < all->count; i++)
		if (all->seqs[i].last_seq)
			list->number(out, settle_value(&all->seqs[i], at));
	list->end(out);
}

static int settle_run(struct store *store,
	const struct text lists[SETTLE_LISTS], struct error *error)
{
	struct query query;

	for (int i = 0; i < SETTLE_LISTS; i++)
		if (lists[i].failed)
			return error_out_of_memory(error);
	query = query_start(store, SQL_SESSION_SETTLE);
	for (int i = 0; i < SETTLE_LISTS; i++)
		query_text(&query, i + 1, text_view(&lists[i]));
	return query_run(&query, error);
}

int store_settle(struct store *store, struct error *error)
{
	const size_t count = settle_count(&store->settle);
	struct text lists[SETTLE_LISTS] = { 0 };
	int result;

	if (!count)
		return 0;
	for (int i = 0; i < SETTLE_LISTS; i++)
		settle_write(store, &lists[i], i + 1, count);
	result = settle_run(store, lists, error);
	for (int i = 0; i < SETTLE_LISTS; i++)
		text_clear(&lists[i]);
	return result;
}
