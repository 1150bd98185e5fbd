/* SPDX-License-Identifier: MIT */
/*
 * message_key.h - what two messages must share to be equal for the proxy.
 *
 * Role, text (text parts joined, white space at the ends apart; a refusal
 * where there is none), other parts of the content, calls (id, name, arguments
 * as JSON) and what a result answers.  No other member counts, and null, absent
 * and "" are one: clients write a message again as they like.
 */
#ifndef CORE_HISTORY_MESSAGE_KEY_H
#define CORE_HISTORY_MESSAGE_KEY_H

#include "schema/message/message.h"

/* Starts as {0}; message_key_clear() frees it. */
struct message_key {
	struct text text;  /* decoded; the refusal where there is none */
	struct text media; /* the other parts of the content */
	struct text said;  /* the key of the message without its calls */
	struct text calls; /* theirs, one behind the other */
	size_t *ends;	   /* in `calls`, of each */
	size_t count;	   /* of calls */
	size_t capacity;
};

/* Makes the key of a message, in place of another one. */
int message_key_make(struct message_key *key, const struct message *message,
	struct error *error);

/* The key of the call. */
struct slice message_key_call(const struct message_key *key, size_t at);

/* Is there text or another part in the message, beside its calls? */
bool message_key_says(const struct message_key *key);

void message_key_clear(struct message_key *key);

#endif
