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
#include "schema/json/write.h"

/* The parameter of the statement, JSON: [[id,last seq,its time],…]. */
enum { SETTLE_ALL = 1 };

const char *const settle_sql[SQL_COUNT] = {
	/* The newest message says its time here. */
	[SQL_SESSION_SETTLE] =
		"UPDATE session SET last_seq = json_extract(one.value, '$[1]')"
		" FROM json_each(?1) AS one WHERE session.id ="
		" json_extract(one.value, '$[0]') AND last_seq <"
		" json_extract(one.value, '$[1]')",
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

static void settle_write(struct text *out, const struct settle_list *list)
{
	json_begin_array(out);
	for (size_t i = 0; i < list->count; i++) {
		const struct settle_seq *seq = &list->seqs[i];

		if (!seq->last_seq)
			continue;
		json_begin_array(out);
		json_put_number(out, seq->session);
		json_put_number(out, seq->last_seq);
		json_put_number(out, seq->appended_at);
		json_end_array(out);
	}
	json_end_array(out);
}

int store_settle(struct store *store, struct error *error)
{
	struct text all = { 0 };
	struct query query;
	int result;

	if (!store->settle.count)
		return 0;
	settle_write(&all, &store->settle);
	if (all.failed)
		return error_out_of_memory(error);
	query = query_start(store, SQL_SESSION_SETTLE);
	query_text(&query, SETTLE_ALL, text_view(&all));
	result = query_run(&query, error);
	text_clear(&all);
	return result;
}
