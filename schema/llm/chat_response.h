/* SPDX-License-Identifier: MIT */
/*
 * chat_response.h - a chat completion, as the response that it is.
 */
#ifndef SCHEMA_LLM_CHAT_RESPONSE_H
#define SCHEMA_LLM_CHAT_RESPONSE_H

#include "schema/text.h"

struct error;

/* All that is known of it; slices are JSON, or empty. */
struct chat_response {
	struct slice request; /* at /responses */
	struct slice model;
	struct slice created;
	struct slice finish; /* the reason to end, a string */
	struct slice usage;
	struct slice output; /* an array of items; empty: it is not ended */
};

/* Appends the response; its id and those of its items are placeholders. */
void chat_response_write(
	struct text *out, const struct chat_response *response);

/* Appends the items that an assistant's message is, an array. */
void chat_response_write_output(struct text *out, struct slice message);

/*
 * Items while they come: as they begin, and as they are in the end.  The kind
 * of a text is "output_text", "refusal" or "reasoning_text".
 */
void chat_response_write_text(
	struct text *out, const char *kind, struct slice text, bool ended);
void chat_response_write_part(
	struct text *out, const char *kind, struct slice text);
void chat_response_write_call(struct text *out, struct slice call, bool ended);

/* Gets a kind and a text of it, a JSON string that is not empty. */
struct chat_response_visitor {
	int (*visit)(void *context, const char *kind, struct slice text,
		struct error *error);
	void *context;
};
/*
 * Visits the texts of a message or a delta.  Some servers give the reasoning
 * under two names: it counts once.  -1: a visit returned that.
 */
int chat_response_each_text(struct slice message,
	const struct chat_response_visitor *visitor, struct error *error);

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
