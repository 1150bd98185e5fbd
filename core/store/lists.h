/* SPDX-License-Identifier: MIT */
/* lists.h - the newest messages of several sessions, in one statement. */
#ifndef CORE_STORE_LISTS_H
#define CORE_STORE_LISTS_H

#include <stdint.h>

#include "core/store/value_list.h"

struct engine;
struct query;

/*
 * Sessions, a place each in three lists of values: the tenants, the names, and
 * how many messages are wanted.
 */
struct query_sessions {
	struct slice tenants, names, most;
};

/* Rows of an answer, from `first` on; `most` were asked for. */
struct query_part {
	int first, count;
	int64_t most;
};

/* A part of struct engine_ops. */
struct engine_lists {
	/*
	 * Begins the statement; the lists are borrowed until the first step.
	 * Its rows are a message's columns, then the place in those lists, from
	 * 0 on.  The rows of a session come one after the other, newest first,
	 * or nobody takes them; a large message's body may be empty.
	 */
	void (*start)(struct engine *engine,
		const struct query_sessions *sessions, struct query *query);
	/* Some rows of it, when it is answered; it is ended later. */
	void (*part)(const struct query *query, struct query_part of,
		struct query *part);
	const struct engine_value_list *values; /* must be there */
};

#endif
