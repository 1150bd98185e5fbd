/* SPDX-License-Identifier: MIT */
/*
 * question.h - what a model is asked: the history, and what is new, as messages
 * of a chat or as items.
 */
#ifndef SERVER_API_QUESTION_H
#define SERVER_API_QUESTION_H

#include "core/history/history.h"

struct question {
	struct slice body;		 /* the client's */
	const struct message_list *list; /* its messages */
	struct history_overlap overlap;	 /* of these with the history */
	struct slice variables;		 /* the memory's: see chain_history() */
	/* Appends the variables as what is told, with commas between. */
	int (*put_history)(
		struct slice variables, struct text *out, struct error *error);
	/* Appends one that is told. */
	void (*put)(struct text *out, struct slice message);
};

/*
 * Appends the array of what is told: the client's system messages, or those of
 * the history; what is the client's own; the history; and what is new.
 */
int question_write(
	const struct question *question, struct text *out, struct error *error);

#endif
