/* SPDX-License-Identifier: MIT */
/*
 * completions_body.h - what the upstream is asked for a session: the history
 * and what is new, in the body that the client sent.
 */
#ifndef SERVER_API_COMPLETIONS_BODY_H
#define SERVER_API_COMPLETIONS_BODY_H

#include "server/api/question.h"

/*
 * Appends the client's body with other messages: its system messages, or those
 * of the history; what is its own; the history; and what is new.
 */
int completions_body_write(
	const struct question *question, struct text *out, struct error *error);

#endif
