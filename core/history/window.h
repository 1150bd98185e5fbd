/* SPDX-License-Identifier: MIT */
/*
 * window.h - the end of a history, so that a model call stays valid.
 *
 * Each limit sets a start, and the latest counts.  A limit that the history
 * does not reach sets none: the window begins with the history, as if at
 * seq 1, and `align` has nothing to move.  Otherwise `align` moves the start
 * forward, to the next seq that is one more than a multiple of it, but not
 * into the last turn; so it stands still while messages are appended.  `human`
 * moves it on to the next human message, and where there is none the window is
 * empty.
 *
 * Calls without results and results without calls are left out, see pairs.h.
 * The system messages that the history begins with are put in front.  They
 * count against max_tokens even where that leaves room for nothing else, and an
 * empty window does not have them.
 */
#ifndef CORE_HISTORY_WINDOW_H
#define CORE_HISTORY_WINDOW_H

#include "core/history/page.h"

struct window {
	int64_t last;	    /* the newest messages; -1: no such limit */
	int64_t turns;	    /* each from a human message on; -1 */
	int64_t max_tokens; /* in all, by tokens_count(); -1 */
	int64_t align;	    /* -1: where the limits say */
	/* 1; 0: leading system messages are left out; -1: not said, as 1. */
	int keep_system;
	bool human;			   /* starts with a human message */
	const struct tokenizer *tokenizer; /* NULL: approx */
	/*
	 * For a model: as other windows, even if it has no limit.  Messages of
	 * calls that follow each other are joined by its reader.
	 */
	bool paired;
	/* Messages that come behind the history: those from `first` on. */
	const struct message_list *following; /* NULL: none */
	size_t following_first;
	bool asked; /* a question comes behind it, and no result */
};

#define WINDOW_NONE                   \
	((struct window){ .last = -1, \
		.turns = -1,          \
		.max_tokens = -1,     \
		.align = -1,          \
		.keep_system = -1 })

/* True if it has a limit, or is for a model. */
bool window_is_set(const struct window *window);
/* Has it no limit but `last`, and no detail? */
bool window_is_plain(const struct window *window);

/*
 * Writes page->window as history_write() writes a page; page->query says what a
 * window does not, and page->figures may be NULL: then tokens are counted only
 * for max_tokens.  A window that
 * has `last` and nothing else is a plain count: nothing is left out or put in
 * front, and page->more tells that it was cut to page->max_bytes.  Any other
 * that is longer, or whose messages are as they are kept, is ERROR_TOO_LARGE:
 * no more than about that is read.
 */
int window_write(struct store *store, const struct session *session,
	struct history_page *page, struct text *out, struct error *error);

#endif
