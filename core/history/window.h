/* SPDX-License-Identifier: MIT */
/*
 * window.h - the end of a history, so that a model call stays valid.
 *
 * Each limit sets a start, and the latest counts.  A limit that the history
 * does not reach sets none: the window begins with the history, as if at
 * seq 1, and `align` has nothing to move.  Otherwise `align` moves the start
 * forward, to the next seq that is one more than a multiple of it, but not
 * into the last turn; so it stands still while messages are appended.  Then
 * results whose call is not in the window before them are left out, wherever
 * they are, and a system message that the history begins with is put in
 * front.  It counts against max_tokens even where that leaves room for
 * nothing else, and an empty window does not have it.
 */
#ifndef CORE_HISTORY_WINDOW_H
#define CORE_HISTORY_WINDOW_H

#include "core/history/page.h"

struct window {
	int64_t last;	    /* the newest messages; -1: no such limit */
	int64_t turns;	    /* each from a human message on; -1 */
	int64_t max_tokens; /* in all, by tokens_count(); -1 */
	int64_t align;	    /* -1: where the limits say */
	/* 1; 0: a leading system message is left out; -1: not said, as 1. */
	int keep_system;
	const struct tokenizer *tokenizer; /* NULL: approx */
};

#define WINDOW_NONE ((struct window){ -1, -1, -1, -1, -1, NULL })

/* True if it has a limit. */
bool window_is_set(const struct window *window);

/*
 * Writes page->window as history_write() writes a page; page->figures must be
 * set, and page->query says what a window does not.  A window that
 * has `last` and nothing else is a plain count: nothing is left out or put in
 * front, and page->more tells that it was cut to page->max_bytes.  Any other
 * that is longer, or whose messages are as they are kept, is ERROR_TOO_LARGE:
 * no more than about that is read.
 */
int window_write(struct store *store, const struct session *session,
	struct history_page *page, struct text *out, struct error *error);

#endif
