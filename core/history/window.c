/* SPDX-License-Identifier: MIT */
/*
 * window.c - where a window starts, and what is in it.
 *
 * The start is found from the end of the history, in one walk that stops at
 * the first limit, so its cost is that of the window and not of the history.
 * Then the window is written forward, as calls come before their results.
 */
#include "core/history/window.h"

#include <assert.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "schema/error.h"
#include "schema/message/tool_calls.h"
#include "schema/tokens/tokens.h"

/* A message adds about so much to a reply, beside its body. */
#define ROW_BYTES 32

bool window_is_set(const struct window *window)
{
	return window->last >= 0 || window->turns >= 0 ||
	       window->max_tokens >= 0;
}

static bool window_is_plain(const struct window *window)
{
	return window->turns < 0 && window->max_tokens < 0 &&
	       window->align < 0 && window->keep_system < 0;
}

static int window_too_large(
	const struct history_page *page, struct error *error)
{
	return error_set(error, ERROR_TOO_LARGE,
		"the window is larger than %zu MiB; ask for less with last, "
		"turns or max_tokens",
		page->max_bytes >> 20);
}

/* The system message that the history begins with. */
struct window_leading {
	int64_t seq; /* 0: it begins with another one, or is empty */
	int64_t tokens;
	const struct tokenizer *tokenizer;
};

static int window_read_leading(void *context, const struct message_row *row)
{
	struct window_leading *leading = context;

	if (row->message.type == MESSAGE_SYSTEM) {
		leading->seq = row->seq;
		leading->tokens =
			tokens_count(&row->message, leading->tokenizer);
	}
	return 1;
}

static int window_find_leading(struct store *store,
	const struct session *session, const struct history_page *page,
	struct window_leading *leading, struct error *error)
{
	struct message_query query = page->query;

	query.limit = 1;
	if (store_message_list(store, session, &query,
		    (struct message_visitor){ window_read_leading, leading },
		    error))
		return -1;
	return leading->tokens < 0 ? error_out_of_memory(error) : 0;
}

/* --- where it starts ---------------------------------------------------- */

/* The walk from the newest message back, and what it has passed so far. */
struct window_walk {
	const struct window *window;
	const struct window_leading *leading;
	struct message_query range; /* what it walks, then the window */
	size_t max_bytes; /* beyond it is too large, wherever it starts */
	size_t bytes;
	int64_t count;
	int64_t turns;
	int64_t tokens;
	int64_t start;	   /* of the oldest passed; 0: none */
	int64_t last_turn; /* the newest human message; 0: none */
	bool limited;
	bool large;
	bool failed;
};

static bool window_has_room(
	struct window_walk *walk, const struct message_row *row)
{
	const struct window *window = walk->window;
	int64_t tokens;

	if (walk->count == window->last || walk->turns == window->turns)
		return false;
	if (window->max_tokens < 0)
		return true;
	/* The leading one is counted from the start. */
	tokens = row->seq == walk->leading->seq
			 ? 0
			 : tokens_count(&row->message, window->tokenizer);
	walk->failed = tokens < 0;
	walk->tokens += tokens;
	return walk->tokens <= window->max_tokens;
}

static int window_pass(void *context, const struct message_row *row)
{
	struct window_walk *walk = context;

	walk->limited = !window_has_room(walk, row);
	if (walk->limited || walk->failed)
		return 1;
	walk->count++;
	walk->start = row->seq;
	if (row->message.type == MESSAGE_HUMAN && walk->turns++ == 0)
		walk->last_turn = row->seq;
	walk->bytes += ROW_BYTES + row->message.body.length;
	walk->large = walk->count > 1 && walk->bytes > walk->max_bytes;
	return walk->large;
}

static int64_t window_aligned(const struct window_walk *walk)
{
	const int64_t align = walk->window->align;
	int64_t start;

	if (align < 1 || walk->start >= walk->last_turn)
		return walk->start;
	start = (walk->start - 1 + align - 1) / align * align + 1;
	return start < walk->last_turn ? start : walk->last_turn;
}

/* Gives the window's first seq; 0: no message fits into it. */
static int window_find_start(struct store *store, const struct session *session,
	struct window_walk *walk, int64_t *start, struct error *error)
{
	struct message_query query = walk->range;

	query.descending = true;
	if (store_message_list(store, session, &query,
		    (struct message_visitor){ window_pass, walk }, error))
		return -1;
	if (walk->failed)
		return error_out_of_memory(error);
	if (walk->count == 0)
		*start = 0;
	else
		*start = walk->limited ? window_aligned(walk) : 1;
	return 0;
}

/* --- what is in it ------------------------------------------------------ */

/* A window while it is written. */
struct window_writing {
	struct history_page *page;
	const struct session *session;
	struct text *out;
	size_t begun; /* where in `out` */
	void *calls;  /* those made so far, a tree of struct window_call */
	size_t calls_bytes;
	bool failed;
};

/* A call with the bytes of its id. */
struct window_call {
	struct tool_call call;
	char bytes[];
};

static int window_compare_calls(const void *a, const void *b)
{
	return tool_call_compare(a, b);
}

static int window_remember(void *context, const struct tool_call *call)
{
	struct window_writing *writing = context;
	const size_t size = sizeof(struct window_call) + call->id.length;
	struct window_call *copy = calloc(1, size);
	struct window_call *const *found;

	if (copy == NULL)
		return -1;
	memcpy(copy->bytes, call->id.data, call->id.length);
	copy->call = *call;
	copy->call.id.data = copy->bytes;
	found = tsearch(copy, &writing->calls, window_compare_calls);
	if (found == NULL || *found != copy)
		free(copy);
	else
		writing->calls_bytes += size;
	return found == NULL ? -1 : 0;
}

/* A result whose call is not in the window. */
static bool window_is_orphan(
	const struct window_writing *writing, const struct message_row *row)
{
	struct tool_call call;

	return tool_call_answered(&row->message, &call) &&
	       tfind(&call, &writing->calls, window_compare_calls) == NULL;
}

static int window_write_row(void *context, const struct message_row *row)
{
	struct window_writing *writing = context;
	struct history_page *page = writing->page;
	struct text *out = writing->out;

	if (window_is_orphan(writing, row))
		return 0;
	if (page->count++ > 0)
		text_slice(out, page->separator);
	page->write(out, writing->session, row, page->context);
	writing->failed =
		tool_calls_made(&row->message, window_remember, writing) != 0 ||
		history_count(page, row) != 0 || out->failed;
	/* Its calls take memory too, maybe more than what is written. */
	page->more = page->count > 1 &&
		     (out->length - writing->begun > page->max_bytes ||
			     writing->calls_bytes > page->max_bytes);
	return writing->failed || page->more;
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

/* The system message, then the window; nothing if that is empty. */
static int window_write_messages(struct store *store,
	const struct window_leading *leading, const struct message_query *range,
	struct window_writing *writing, struct error *error)
{
	struct history_page *page = writing->page;
	struct message_query front = page->query;
	int64_t ahead;

	front.limit = 1;
	if (leading->seq != 0 && leading->seq <= range->after &&
		window_write_rows(store, &front, writing, error))
		return -1;
	ahead = page->count;
	page->figures->first_seq = 0;
	if (window_write_rows(store, range, writing, error))
		return -1;
	if (page->count > ahead)
		return 0;
	writing->out->length = writing->begun;
	page->count = 0;
	*page->figures = (struct history_figures){ 0 };
	return 0;
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
	page->more = page->more && page->count < last;
	return 0;
}

/* `last` with others, or these without. */
static int window_write_valid(struct store *store,
	const struct session *session, struct history_page *page,
	struct text *out, struct error *error)
{
	struct window_leading leading = {
		.tokenizer = page->window->tokenizer,
	};
	struct window_walk walk = {
		.window = page->window,
		.leading = &leading,
		.range = page->query,
		.max_bytes = page->max_bytes,
	};
	struct window_writing writing = {
		.page = page,
		.session = session,
		.out = out,
		.begun = out->length,
	};
	int64_t start;
	int result;

	walk.range.limit = INT64_MAX;
	if (window_find_leading(store, session, page, &leading, error))
		return -1;
	if (page->window->keep_system == 0) {
		walk.range.after = leading.seq;
		leading = (struct window_leading){ 0 };
	}
	walk.tokens = leading.tokens;
	if (window_find_start(store, session, &walk, &start, error))
		return -1;
	if (walk.large)
		return window_too_large(page, error);
	if (start == 0)
		return 0;
	if (walk.range.after < start - 1)
		walk.range.after = start - 1;
	result = window_write_messages(
		store, &leading, &walk.range, &writing, error);
	tdestroy(writing.calls, free);
	return result;
}

int window_write(struct store *store, const struct session *session,
	struct history_page *page, struct text *out, struct error *error)
{
	int64_t everything;
	int result;

	assert(page->window != NULL && page->figures != NULL);
	page->count = 0;
	page->more = false;
	*page->figures = (struct history_figures){ 0 };
	if (session->id == 0)
		return 0;
	result = (window_is_plain(page->window) ? window_write_newest
						: window_write_valid)(
		store, session, page, out, error);
	if (result == 0)
		result = store_message_count(store, session,
			(struct seq_range){ 1, INT64_MAX - 1 }, &everything,
			error);
	if (result == 0)
		page->figures->omitted = everything - page->count;
	return result;
}
