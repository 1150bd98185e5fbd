/* SPDX-License-Identifier: MIT */
/*
 * answers.h - results that wait for the message with their calls, while a
 * history is read from its end.
 */
#ifndef CORE_HISTORY_ANSWERS_H
#define CORE_HISTORY_ANSWERS_H

#include "schema/message/tool_calls.h"

struct answer {
	bool function;
	bool block;
	bool awaited; /* it is still to come */
	size_t id;    /* in `bytes` */
	size_t id_length;
	size_t order;	   /* the greater, the earlier its message */
	size_t message;	   /* a number of the caller's */
	size_t mark;	   /* another; grows within a message */
	size_t taken;	   /* of these and those that follow of the same call */
	size_t shadows[2]; /* calls of it met where they are shadowed, if these
			    * are no blocks, and if they are */
	int64_t caller;	   /* a third of the caller's; 0 at first */
};

/* Starts as {0}. */
struct answers {
	struct answer *items;
	size_t count;
	size_t capacity;
	size_t order; /* of the next message */
	struct text bytes;
	bool sorted;
};

void answers_clear(struct answers *answers);

/* Nothing waits any more; memory is kept. */
void answers_forget(struct answers *answers);

/* Adds a result, of the message of `order`.  -1: out of memory. */
int answers_add(struct answers *answers, const struct tool_call *call,
	size_t message, size_t mark);

/* Adds one that is to come, behind all others of the call. */
int answers_await(struct answers *answers, const struct tool_call *call);

/* Is any of them a block of a content? */
bool answers_have_blocks(const struct answers *answers);

/*
 * The first result of the call in the order of the history, or NULL.  Others
 * of it stand behind that.
 */
struct answer *answers_find(
	struct answers *answers, const struct tool_call *call);

/* The next of these that none has taken, or NULL. */
struct answer *answers_take(struct answers *answers, struct answer *first);

#endif
