/* SPDX-License-Identifier: MIT */
/*
 * tail.c - the last messages of a history, which a list begins with.
 *
 * Knuth, Morris and Pratt: the rows are walked once, however often messages
 * recur.
 */
#include <stdlib.h>

#include "core/history/history.h"
#include "schema/error.h"

struct tail_search {
	struct history_items items;
	/* [n]: of the list's first n, so many of the last are the first, too */
	size_t *borders;
	int64_t *seqs; /* of the rows that were walked */
	size_t walked;
	size_t matched; /* of the list, by the last of these */
	bool failed;
};

/* Is each row that is the list's one item the other as well? */
static bool tail_implies(struct tail_search *search, size_t one, size_t other)
{
	const struct message *a = &search->items.list->items[one];
	const struct message *b = &search->items.list->items[other];
	int same;

	if (a->type != b->type || !slice_equal(a->id, b->id))
		return false;
	same = history_same(a, b);
	search->failed |= same < 0;
	return same == 1;
}

static void tail_fill_borders(struct tail_search *search)
{
	size_t border = 0;

	for (size_t at = 1; at < search->items.list->count && !search->failed;
		at++) {
		while (border > 0 && !tail_implies(search, at, border))
			border = search->borders[border];
		border += tail_implies(search, at, border);
		search->borders[at + 1] = border;
	}
}

static int tail_walk_row(void *context, const struct message_row *row)
{
	struct tail_search *search = context;
	const struct message_list *list = search->items.list;
	int same = 0;

	search->seqs[search->walked++] = row->seq;
	while (same == 0) {
		if (search->matched < list->count)
			same = history_row_is(
				row, &search->items, search->matched);
		if (same == 0 && search->matched == 0)
			break;
		if (same == 0)
			search->matched = search->borders[search->matched];
	}
	search->matched += same == 1;
	search->failed |= same < 0;
	return search->failed;
}

static int tail_note_seq(void *context, const struct message_row *row)
{
	*(int64_t *)context = row->seq - 1;
	return 0;
}

/* The seq before as many of the newest as the list has, or `after`. */
static int tail_begin(struct store *store, const struct session *session,
	const struct history_tail *tail, int64_t *after, struct error *error)
{
	const struct message_query query = {
		.after = tail->after,
		.limit = (int64_t)tail->list->count,
		.descending = true,
	};

	*after = tail->after;
	return store_message_list(store, session, &query,
		(struct message_visitor){ tail_note_seq, after }, error);
}

static int tail_search(struct store *store, const struct session *session,
	struct history_tail *tail, struct tail_search *search,
	struct error *error)
{
	struct message_query query = { .limit = INT64_MAX };

	if (search->borders == NULL || search->seqs == NULL)
		return error_out_of_memory(error);
	tail_fill_borders(search);
	if (search->failed)
		return error_out_of_memory(error);
	if (tail_begin(store, session, tail, &query.after, error) ||
		store_message_list(store, session, &query,
			(struct message_visitor){ tail_walk_row, search },
			error))
		return -1;
	if (search->failed)
		return error_out_of_memory(error);
	tail->count = search->matched;
	if (tail->count > 0)
		tail->first_seq =
			search->seqs[search->walked - search->matched];
	return 0;
}

int history_find_tail(struct store *store, const struct session *session,
	struct history_tail *tail, struct error *error)
{
	struct tail_search search = { 0 };
	int result;

	tail->count = 0;
	if (session->id == 0 || tail->list->count == 0)
		return 0;
	search.borders = calloc(tail->list->count + 1, sizeof(*search.borders));
	search.seqs = calloc(tail->list->count + 1, sizeof(*search.seqs));
	result = history_items_make(&search.items, tail->list, error);
	if (result == 0)
		result = tail_search(store, session, tail, &search, error);
	message_ids_clear(&search.items.ids);
	free(search.borders);
	free(search.seqs);
	return result;
}
