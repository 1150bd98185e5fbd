/* SPDX-License-Identifier: MIT */
/*
 * completions_body.h - what the upstream is asked for a session: the history
 * and what is new, in the body that the client sent.
 */
#ifndef SERVER_API_COMPLETIONS_BODY_H
#define SERVER_API_COMPLETIONS_BODY_H

#include "core/history/history.h"

struct completions_question {
	struct slice body;		 /* the client's */
	const struct message_list *list; /* its messages */
	struct history_overlap overlap;	 /* of these with the history */
	struct slice variables;		 /* the memory's: see chain_history() */
};

/*
 * Appends the client's body with other messages: its system messages, or those
 * of the history; what is its own; the history; and what is new.
 */
int completions_body_write(const struct completions_question *question,
	struct text *out, struct error *error);

#endif
