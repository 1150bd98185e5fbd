/* SPDX-License-Identifier: MIT */
/* answer_items.c - an answer's first item, and its last. */
#include "core/history/answer_items.h"

#include "schema/forms/items.h"

#define ROWS_MOST 64 /* looked at in one go, where two were not enough */

/* From the message on, to one end of its answer. */
struct answer_items_walk {
	int64_t seq; /* of the last row that is of it */
	char kind;
	bool begun;
	bool down;
	bool ended;
};

static int answer_items_pass(void *context, const struct message_row *row)
{
	struct answer_items_walk *walk = context;
	const char kind = items_kind(&row->message);
	const char first = walk->down ? kind : walk->kind;
	const char next = walk->down ? walk->kind : kind;

	walk->ended = row->seq != walk->seq + (walk->begun ? walk->down ? -1 : 1
							   : 0) ||
		      (walk->begun && !items_kinds_continue(first, next));
	if (walk->ended)
		return 1;
	walk->begun = true;
	walk->seq = row->seq;
	walk->kind = kind;
	walk->ended = kind == ITEM_NONE;
	return walk->ended;
}

/* Most messages are of no such answer, and the next one tells. */
static int answer_items_find(struct store *store, const struct session *session,
	struct answer_items_walk *walk, struct error *error)
{
	struct message_query query = { .limit = 2, .descending = walk->down };
	int64_t seq;

	do {
		seq = walk->seq;
		if (walk->down)
			query.before = seq + !walk->begun;
		else
			query.after = seq - !walk->begun;
		if (store_message_list(store, session, &query,
			    (struct message_visitor){ answer_items_pass, walk },
			    error))
			return -1;
		query.limit = ROWS_MOST;
	} while (!walk->ended && walk->seq != seq);
	return 0;
}

int history_answer_first(struct store *store, const struct session *session,
	int64_t seq, int64_t *first, struct error *error)
{
	struct answer_items_walk walk = { .seq = seq, .down = true };
	const int result = answer_items_find(store, session, &walk, error);

	*first = walk.seq;
	return result;
}

int history_answer_last(struct store *store, const struct session *session,
	int64_t seq, int64_t *last, struct error *error)
{
	struct answer_items_walk walk = { .seq = seq };
	const int result = answer_items_find(store, session, &walk, error);

	*last = walk.seq;
	return result;
}
