/* SPDX-License-Identifier: MIT */
/*
 * responses_body.h - what the model's server is asked for a response.
 */
#ifndef SERVER_API_RESPONSES_BODY_H
#define SERVER_API_RESPONSES_BODY_H

#include "server/api/question.h"

/* Appends the client's body with the question, and without what is ours. */
int responses_body_write(
	const struct question *question, struct text *out, struct error *error);

/*
 * Appends memory variables with commas between: lists are items, and what else
 * the memory has is told by the system.
 */
int responses_body_put_history(
	struct slice variables, struct text *out, struct error *error);

/*
 * Appends the body of a request that is handed on; `items` take the place of
 * its input unless they are empty.
 */
void responses_body_hand_on(
	struct text *out, struct slice body, struct slice items);

/* Did the client ask for thoughts that only servers can read? */
bool responses_body_asks_for_thoughts(struct slice body);

#endif
