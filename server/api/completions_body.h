/* SPDX-License-Identifier: MIT */
/*
 * completions_body.h - what the upstream is asked for a session: the history
 * and what is new, in the body that the client sent.
 */
#ifndef SERVER_API_COMPLETIONS_BODY_H
#define SERVER_API_COMPLETIONS_BODY_H

#include "schema/message/message.h"

struct error;

struct completions_question {
	struct slice body;		 /* the client's */
	const struct message_list *list; /* its messages */
	size_t known;		/* so many of them the history has already */
	struct slice variables; /* the memory's: see chain_history() */
};

int completions_body_write(const struct completions_question *question,
	struct text *out, struct error *error);

#endif
