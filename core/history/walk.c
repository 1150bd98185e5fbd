/* SPDX-License-Identifier: MIT */
/*
 * walk.c - from the newest message back.
 *
 * The walk stops at the first limit, so its cost is that of the window and not
 * of the history.
 */
#include "core/history/walk.h"

#include "schema/error.h"
#include "schema/forms/items.h"
#include "schema/tokens/tokens.h"

/* A message adds about so much to a reply, beside its body. */
#define ROW_BYTES 32

/* --- the system messages that the history begins with -------------------- */

static int walk_pass_leading(void *context, const struct message_row *row)
{
	struct window_walk *walk = context;
	int64_t tokens = 0;

	if (row->message.type != MESSAGE_SYSTEM)
		return 1;
	if (walk->pairs.counts)
		tokens = tokens_count(&row->message, walk->window->tokenizer);
	walk->failed = tokens < 0;
	walk->tokens += tokens;
	walk->bytes += ROW_BYTES + row->message.body.length;
	walk->large = walk->leading != 0 && walk->bytes > walk->max_bytes;
	walk->leading_last = row->seq;
	if (walk->leading == 0)
		walk->leading = row->seq;
	return walk->failed || walk->large;
}

/* A page that begins later has no beginning of the history. */
static int walk_find_leading(struct store *store, const struct session *session,
	const struct message_query *page, struct window_walk *walk,
	struct error *error)
{
	struct message_query query = *page;

	query.limit = INT64_MAX;
	if (query.after > 0)
		return 0;
	if (store_message_list(store, session, &query,
		    (struct message_visitor){ walk_pass_leading, walk }, error))
		return -1;
	if (walk->failed)
		return error_out_of_memory(error);
	if (walk->window->keep_system == 0)
		walk->leading = walk->tokens = 0;
	walk->leading_tokens = walk->tokens;
	walk->bytes = 0;
	return 0;
}

/* --- where it starts ---------------------------------------------------- */

static bool walk_is_full(const struct window_walk *walk)
{
	const struct window *window = walk->window;

	return (window->last >= 0 &&
		       walk->pairs.count >= (uint64_t)window->last) ||
	       walk->turns == window->turns;
}

/* Adds the message if the tokens allow it. */
static bool walk_has_room(
	struct window_walk *walk, const struct message_row *row)
{
	const int64_t most = walk->window->max_tokens;
	int64_t tokens;

	walk->failed = pairs_add(&walk->pairs, row, &tokens) != 0;
	if (walk->failed)
		return false;
	if (most >= 0 && walk->tokens + tokens > most) {
		pairs_drop_last(&walk->pairs);
		return false;
	}
	walk->tokens += tokens;
	return true;
}

static int walk_pass(void *context, const struct message_row *row)
{
	struct window_walk *walk = context;
	struct pairs *pairs = &walk->pairs;
	const char kind = items_kind(&row->message);

	/* An answer is never begun in its middle. */
	if (pairs->count > 0 && row->seq == walk->newer - 1)
		pairs->items[pairs->count - 1].continues =
			items_kinds_continue(kind, walk->newer_kind);
	walk->newer = row->seq;
	walk->newer_kind = kind;
	walk->limited = walk_is_full(walk) || !walk_has_room(walk, row);
	if (walk->limited || walk->failed)
		return 1;
	if (pairs->items[pairs->count - 1].turn && walk->turns++ == 0)
		walk->last_turn = row->seq;
	walk->bytes += ROW_BYTES + row->message.body.length;
	walk->large = pairs->count > 1 && walk->bytes > walk->max_bytes;
	return walk->large;
}

static int64_t walk_aligned(const struct window_walk *walk, int64_t start)
{
	const int64_t align = walk->window->align;

	if (align < 1 || start >= walk->last_turn)
		return start;
	start = (start - 1 + align - 1) / align * align + 1;
	return start < walk->last_turn ? start : walk->last_turn;
}

/* The first turn that begins at `start` or later; 0: there is none. */
static int64_t walk_next_turn(const struct pairs *pairs, int64_t start)
{
	for (size_t at = pairs->count; at > 0; at--)
		if (pairs->items[at - 1].seq >= start &&
			pairs->items[at - 1].turn)
			return pairs->items[at - 1].seq;
	return 0;
}

/* The first seq from there on that is not in the middle of an answer. */
static int64_t walk_next_answer(const struct pairs *pairs, int64_t start)
{
	for (size_t at = pairs->count; at > 0; at--)
		if (pairs->items[at - 1].seq >= start &&
			!pairs->items[at - 1].continues)
			return pairs->items[at - 1].seq;
	return 0;
}

/* The window's first seq, 1 if no limit was reached; 0: it is empty. */
static int64_t walk_start(const struct window_walk *walk)
{
	const struct pairs *pairs = &walk->pairs;
	int64_t start = 1;

	if (walk->limited && pairs->count == 0)
		return 0;
	if (walk->limited)
		start = walk_next_answer(pairs,
			walk_aligned(walk, pairs->items[pairs->count - 1].seq));
	if (start == 0)
		return 0;
	return walk->window->human ? walk_next_turn(pairs, start) : start;
}

static int walk_follow(struct window_walk *walk, struct error *error)
{
	const struct window *window = walk->window;
	const struct message_list *list = window->following;

	walk->pairs.closed = window->asked;
	for (size_t at = list != NULL ? list->count : 0;
		at > window->following_first; at--)
		if (pairs_follow(&walk->pairs, &list->items[at - 1]))
			return error_out_of_memory(error);
	return 0;
}

static int walk_find_start(struct store *store, const struct session *session,
	const struct message_query *page, struct window_walk *walk,
	struct error *error)
{
	struct message_query query = *page;

	query.limit = INT64_MAX;
	query.descending = true;
	if (query.after < walk->leading_last)
		query.after = walk->leading_last;
	if (walk_follow(walk, error) ||
		store_message_list(store, session, &query,
			(struct message_visitor){ walk_pass, walk }, error))
		return -1;
	return walk->failed ? error_out_of_memory(error) : 0;
}

int walk_back(struct store *store, const struct session *session,
	const struct message_query *page, struct window_walk *walk,
	struct error *error)
{
	const int64_t most = walk->window->max_tokens;

	if (walk_find_leading(store, session, page, walk, error))
		return -1;
	if (walk->large)
		return 0;
	if (walk_find_start(store, session, page, walk, error))
		return -1;
	/* No room for the leading ones is a limit, too. */
	walk->limited |= walk->leading != 0 && walk_is_full(walk);
	walk->limited |= most >= 0 && walk->leading_tokens > most;
	walk->start = walk_start(walk);
	return 0;
}
