/* SPDX-License-Identifier: MIT */
/*
 * walk.h - finds where a window starts.
 */
#ifndef CORE_HISTORY_WALK_H
#define CORE_HISTORY_WALK_H

#include "core/history/pairs.h"
#include "core/history/window.h"

/* Begins with the first members; pairs_clear() of `pairs` ends it. */
struct window_walk {
	const struct window *window;
	size_t max_bytes;     /* beyond it is too large, wherever it starts */
	struct pairs pairs;   /* what was passed but leading messages */
	int64_t leading;      /* seq of the first system message; 0: none */
	int64_t leading_last; /* that of the last, also if they are left out */
	int64_t leading_tokens;
	int64_t start; /* the first seq; 1: no limit was reached; 0: empty */
	bool limited;  /* a limit was reached */
	bool large;    /* the walk was given up */
	bool failed;
	int64_t turns; /* passed so far, as are the next two */
	int64_t tokens;
	size_t bytes;
	int64_t newer;	   /* seq of the message passed last */
	char newer_kind;   /* see schema/forms/items.h */
	int64_t last_turn; /* seq of the newest human message; 0: none */
};

/* Walks over what the query of a page has. */
int walk_back(struct store *store, const struct session *session,
	const struct message_query *page, struct window_walk *walk,
	struct error *error);

#endif
