/* SPDX-License-Identifier: MIT */
/*
 * chat_response.h - a chat completion, as the response that it is.
 */
#ifndef SCHEMA_LLM_CHAT_RESPONSE_H
#define SCHEMA_LLM_CHAT_RESPONSE_H

#include "schema/llm/chat_items.h"

struct error;

/* All that is known of it; slices are JSON, or empty. */
struct chat_response {
	struct slice request; /* at /responses */
	struct slice model;
	struct slice created;
	struct slice finish; /* the reason to end, a string */
	struct slice usage;
	struct slice logprobs; /* of its text, an array */
	struct slice output;   /* an array of items; empty: it is not ended */
};

/* Appends the response; its id and those of its items are placeholders. */
void chat_response_write(
	struct text *out, const struct chat_response *response);

/* Appends it with these items, which have ended, for its output. */
int chat_response_end(struct text *out, struct chat_response *response,
	const struct chat_items *items, struct error *error);

/* Why it ended early; NULL: it did not. */
const char *chat_response_cause(const struct chat_response *response);

/*
 * Notes what a completion, or a chunk of one, says beside its message; borrows.
 */
void chat_response_note(struct chat_response *response, struct slice answer);

/*
 * Reads a whole completion, and appends the response.  ERROR_UPSTREAM quotes
 * what is none.
 */
int chat_response_read(struct text *out, struct slice answer,
	struct slice request, struct error *error);

#endif
