/* SPDX-License-Identifier: MIT */
/*
 * page.h - messages written one after the other: what a page, a window, a
 * buffer string and a list of a memory have in common.
 */
#ifndef CORE_HISTORY_PAGE_H
#define CORE_HISTORY_PAGE_H

#include "core/store/store.h"

struct window;

/* The sums of a window. */
struct history_figures {
	int64_t first_seq; /* 0: it is empty */
	int64_t tokens;	   /* of all, by tokens_count() */
	int64_t omitted;   /* messages of the session that are not in it */
};

/* A page, with `separator` between its messages. */
struct history_page {
	struct message_query query;
	/* Write in the opposite order: the newest N, oldest first. */
	bool reverse;
	/* Ends before it grows beyond this, but not before one message. */
	size_t max_bytes;
	struct slice separator;
	/* Is the message one of the page?  1, 0, -1; NULL: all are. */
	int (*shows)(const struct message *message);
	/* Ends, with `more`, when those that are not had so many bytes. */
	size_t max_passed;
	void (*write)(struct text *out, const struct session *session,
		const struct message_row *row, const void *context);
	const void *context;
	/* The marks that write() notes, for what a window leaves out; NULL. */
	struct text *marks;
	/* For window_write(): how much of the history. */
	const struct window *window;
	/* Gets first_seq and the window's tokens added up; NULL: not asked. */
	struct history_figures *figures;
	/* The items of an answer are all on the page, or none of them. */
	bool answers;
	/* Results: how many were written, whether there were more, and whether
	 * the bytes were too many for them. */
	int64_t count;
	/* The seq of the row written last, from which the next page goes on. */
	int64_t last_seq;
	size_t passed; /* bytes of messages that are not of the page */
	bool more;
	bool cut;
	/* Rows between two of these were deleted, or left out by a window. */
	bool whole;
};

/*
 * Appends the page to `out`.  The caller has begun the batch or the read, and
 * has found the session; one of id 0 has an empty page.
 */
int history_write(struct store *store, const struct session *session,
	struct history_page *page, struct text *out, struct error *error);

/* Counts one message that is written; -1: out of memory. */
int history_count(
	const struct history_page *page, const struct message_row *row);

#endif
