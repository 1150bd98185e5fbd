/* SPDX-License-Identifier: MIT */
/* lists.h - the newest messages of several sessions, in one statement. */
#ifndef CORE_STORE_LISTS_H
#define CORE_STORE_LISTS_H

#include <stdint.h>

#include "schema/text.h"

struct engine;
struct query;

/* Rows of an answer, from `first` on; `most` were asked for. */
struct query_part {
	int first, count;
	int64_t most;
};

/* A part of struct engine_ops. */
struct engine_lists {
	/*
	 * Begins the statement; `names` is JSON, [["tenant","name",most],…],
	 * borrowed until the first step.  Its rows are a message's columns,
	 * then the place in that list.  The rows of a session come one after
	 * the other, newest first, or nobody takes them; a large message's
	 * body may be empty.
	 */
	void (*start)(
		struct engine *engine, struct slice names, struct query *query);
	/* Some rows of it, when it is answered; it is ended later. */
	void (*part)(const struct query *query, struct query_part of,
		struct query *part);
};

#endif
