/* SPDX-License-Identifier: MIT */
/* answer_items.c - an answer's first item, and its last. */
#include "core/history/answer_items.h"

#include "schema/forms/items.h"

/* From the message on, to one end of its answer. */
struct answer_items_walk {
	int64_t seq; /* of the last row that is of it */
	char kind;
	bool begun;
	bool down;
};

static int answer_items_pass(void *context, const struct message_row *row)
{
	struct answer_items_walk *walk = context;
	const char kind = items_kind(&row->message);
	const char first = walk->down ? kind : walk->kind;
	const char next = walk->down ? walk->kind : kind;

	if (row->seq != walk->seq + (walk->begun ? walk->down ? -1 : 1 : 0) ||
		(walk->begun && !items_kinds_continue(first, next)))
		return 1;
	walk->begun = true;
	walk->seq = row->seq;
	walk->kind = kind;
	return kind == ITEM_NONE;
}

int history_answer_first(struct store *store, const struct session *session,
	int64_t seq, int64_t *first, struct error *error)
{
	const struct message_query query = {
		.before = seq + 1,
		.limit = INT64_MAX,
		.descending = true,
	};
	struct answer_items_walk walk = { .seq = seq, .down = true };
	const int result = store_message_list(store, session, &query,
		(struct message_visitor){ answer_items_pass, &walk }, error);

	*first = walk.seq;
	return result;
}

int history_answer_last(struct store *store, const struct session *session,
	int64_t seq, int64_t *last, struct error *error)
{
	const struct message_query query = {
		.after = seq - 1,
		.limit = INT64_MAX,
	};
	struct answer_items_walk walk = { .seq = seq };
	const int result = store_message_list(store, session, &query,
		(struct message_visitor){ answer_items_pass, &walk }, error);

	*last = walk.seq;
	return result;
}
