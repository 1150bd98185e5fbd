/* SPDX-License-Identifier: MIT */
/*
 * window.c - a window is written, when walk.h has found its start.
 */
#include "core/history/window.h"

#include <assert.h>

#include "core/history/joined.h"
#include "core/history/walk.h"
#include "schema/error.h"

bool window_is_set(const struct window *window)
{
	return window->last >= 0 || window->turns >= 0 ||
	       window->max_tokens >= 0 || window->paired;
}

bool window_is_plain(const struct window *window)
{
	return window->turns < 0 && window->max_tokens < 0 &&
	       window->align < 0 && window->keep_system < 0 && !window->human &&
	       !window->paired;
}

static int window_too_large(
	const struct history_page *page, struct error *error)
{
	return error_set(error, ERROR_TOO_LARGE,
		"the window is larger than %zu MiB; ask for less with last, "
		"turns or max_tokens",
		page->max_bytes >> 20);
}

/* --- what is in it ------------------------------------------------------ */

/* A window while it is written. */
struct window_writing {
	struct history_page *page;
	const struct session *session;
	struct text *out;
	size_t begun;	     /* where in `out` */
	struct pairs *pairs; /* NULL: leading messages are written */
	size_t left;	     /* of its items */
	int64_t start;
	bool failed;
};

static void window_write_message(
	struct window_writing *writing, const struct message_row *row)
{
	struct history_page *page = writing->page;

	if (page->count++ > 0)
		text_slice(writing->out, page->separator);
	page->write(writing->out, writing->session, row, page->context);
	if (page->figures != NULL && page->figures->first_seq == 0)
		page->figures->first_seq = row->seq;
	page->more = page->count > 1 &&
		     writing->out->length - writing->begun > page->max_bytes;
}

/* Writes what the pairs show of the message. */
static int window_write_shown(
	struct window_writing *writing, const struct message_row *row)
{
	const struct pairs *pairs = writing->pairs;
	struct message_row shown = *row;
	struct pairs_view view;

	while (writing->left > 0 &&
		pairs->items[writing->left - 1].seq < row->seq)
		writing->left--;
	assert(writing->left > 0 &&
		pairs->items[writing->left - 1].seq == row->seq);
	view = pairs_view_of(pairs, writing->left - 1, writing->start);
	if (view.shown == PAIRS_NOTHING) {
		if (writing->page->marks != NULL)
			joined_hide(writing->page->marks, row);
		return 0;
	}
	if (pairs_show(writing->pairs, &view, &row->message, &shown.message))
		return -1;
	if (writing->page->figures != NULL)
		writing->page->figures->tokens += view.tokens;
	window_write_message(writing, &shown);
	return 0;
}

static int window_write_row(void *context, const struct message_row *row)
{
	struct window_writing *writing = context;

	if (writing->pairs == NULL)
		window_write_message(writing, row);
	else
		writing->failed = window_write_shown(writing, row) != 0;
	writing->failed = writing->failed || writing->out->failed;
	return writing->failed || writing->page->more;
}

static int window_write_rows(struct store *store,
	const struct message_query *query, struct window_writing *writing,
	struct error *error)
{
	if (store_message_list(store, writing->session, query,
		    (struct message_visitor){ window_write_row, writing },
		    error))
		return -1;
	if (writing->failed)
		return error_out_of_memory(error);
	if (writing->page->more)
		return window_too_large(writing->page, error);
	return 0;
}

/* A window that was limited is empty if none of its messages is shown. */
static bool window_is_empty(const struct window_walk *walk)
{
	const struct pairs *pairs = &walk->pairs;

	for (size_t at = 0;
		at < pairs->count && pairs->items[at].seq >= walk->start; at++)
		if (pairs_view_of(pairs, at, walk->start).shown)
			return false;
	return walk->limited || walk->start > 1;
}

/* The system messages, then the window. */
static int window_write_messages(struct store *store,
	const struct window_walk *walk, struct window_writing *writing,
	struct error *error)
{
	struct history_figures *figures = writing->page->figures;
	struct message_query front = writing->page->query;
	struct message_query range = front;
	struct pairs *pairs = writing->pairs;

	front.limit = range.limit = INT64_MAX;
	front.before = walk->leading_last + 1;
	writing->pairs = NULL;
	if (walk->leading != 0 &&
		window_write_rows(store, &front, writing, error))
		return -1;
	if (figures != NULL)
		figures->tokens = walk->leading_tokens;
	if (figures != NULL && (walk->limited || walk->start > 1))
		figures->first_seq = 0;
	writing->pairs = pairs;
	if (range.after < walk->leading_last)
		range.after = walk->leading_last;
	if (range.after < walk->start - 1)
		range.after = walk->start - 1;
	return window_write_rows(store, &range, writing, error);
}

/* `last` alone. */
static int window_write_newest(struct store *store,
	const struct session *session, struct history_page *page,
	struct text *out, struct error *error)
{
	const int64_t last = page->window->last;

	page->query.limit = last;
	page->query.descending = page->reverse = true;
	if (history_write(store, session, page, out, error))
		return -1;
	page->more = page->cut;
	return 0;
}

/* `last` with others, or these without. */
static int window_write_valid(struct store *store,
	const struct session *session, struct history_page *page,
	struct text *out, struct error *error)
{
	const struct window *window = page->window;
	struct window_walk walk = {
		.window = window,
		.max_bytes = page->max_bytes,
		.pairs = { .tokenizer = window->tokenizer,
			.counts = page->figures != NULL ||
				  window->max_tokens >= 0,
			.joins = window->paired },
	};
	struct window_writing writing = {
		.page = page,
		.session = session,
		.out = out,
		.begun = out->length,
		.pairs = &walk.pairs,
	};
	int result = walk_back(store, session, &page->query, &walk, error);

	writing.start = walk.start;
	writing.left = walk.pairs.count;
	if (result == 0 && walk.large)
		result = window_too_large(page, error);
	if (result == 0 && walk.start != 0 && !window_is_empty(&walk))
		result = window_write_messages(store, &walk, &writing, error);
	pairs_clear(&walk.pairs);
	return result;
}

int window_write(struct store *store, const struct session *session,
	struct history_page *page, struct text *out, struct error *error)
{
	int64_t everything;
	int result;

	assert(page->window != NULL);
	page->count = 0;
	page->more = page->cut = false;
	if (page->figures != NULL)
		*page->figures = (struct history_figures){ 0 };
	if (session->id == 0)
		return 0;
	result = (window_is_plain(page->window) ? window_write_newest
						: window_write_valid)(
		store, session, page, out, error);
	page->whole = true;
	if (result || page->figures == NULL)
		return result;
	if (store_message_count(store, session,
		    (struct seq_range){ page->query.after + 1, INT64_MAX - 1 },
		    &everything, error))
		return -1;
	page->figures->omitted = everything - page->count;
	return 0;
}
