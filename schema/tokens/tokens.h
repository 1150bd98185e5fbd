/* SPDX-License-Identifier: MIT */
/*
 * tokens.h - how much of a model's context a message takes.
 *
 * A message counts in OpenAI's form, whatever form it came in and goes out in:
 * its text, refusal and reasoning, its name and tool_call_id, and tool_calls
 * and function_call as JSON.  A part that is an image, sound, video or file
 * counts TOKENS_MEDIA, be it a link or megabytes of base64; any other part that
 * is no text counts as its JSON.
 */
#ifndef SCHEMA_TOKENS_TOKENS_H
#define SCHEMA_TOKENS_TOKENS_H

#include "schema/message/message.h"

/* For each message, beside what it says. */
#define TOKENS_MESSAGE 3

#define TOKENS_MEDIA 1000

struct tokenizer;

/*
 * The tokens of the message; without a tokenizer (NULL) by the rule named
 * "approx", see approx.h.  A tokenizer keeps what it has counted, see
 * counts.h.  Returns -1 when memory runs out.
 */
int64_t tokens_count(
	const struct message *message, const struct tokenizer *tokenizer);

#endif
