/* SPDX-License-Identifier: MIT */
/*
 * settle.c - the last seqs that a batch has to write.
 *
 * An append leaves its session's row alone, which then lags.  Where others
 * read that row to count on (struct engine_ops, shared) it is written once for
 * each session before the commit.
 */
#include "core/store/sql/sql.h"
#include "schema/array.h"

/* The parameters of the statements. */
enum { SETTLE_ID = 1, SETTLE_LAST_SEQ };

const char *const settle_sql[SQL_COUNT] = {
	[SQL_SESSION_SETTLE] = "UPDATE session SET last_seq = ?2"
			       " WHERE id = ?1 AND last_seq < ?2",
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
	if (seq->member != list->member)
		seq->before = seq->last_seq;
	seq->member = list->member;
	seq->last_seq = session->last_seq;
	return 0;
}

void store_settle_undo(struct store *store)
{
	struct settle_list *list = &store->settle;

	for (size_t i = 0; i < list->count; i++)
		if (list->seqs[i].member == list->member)
			list->seqs[i].last_seq = list->seqs[i].before;
}

void store_settle_correct(const struct store *store, struct session *session)
{
	const struct settle_seq *seq = settle_find(&store->settle, session->id);

	if (seq && seq->last_seq > session->last_seq)
		session->last_seq = seq->last_seq;
}

int store_settle(struct store *store, struct error *error)
{
	const struct settle_list *list = &store->settle;

	for (size_t i = 0; i < list->count; i++) {
		struct query query;

		if (!list->seqs[i].last_seq)
			continue;
		query = query_start(store, SQL_SESSION_SETTLE);
		query_number(&query, SETTLE_ID, list->seqs[i].session);
		query_number(&query, SETTLE_LAST_SEQ, list->seqs[i].last_seq);
		if (query_run(&query, error))
			return -1;
	}
	return 0;
}
