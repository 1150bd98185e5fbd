/* SPDX-License-Identifier: MIT */
/*
 * chat_items.h - the items that an assistant's message is, while it comes.
 *
 * They are in the order in which they begin.  A text ends where another item
 * begins, and so does a call whose arguments are whole: some servers send
 * pieces of several calls by turns.
 */
#ifndef SCHEMA_LLM_CHAT_ITEMS_H
#define SCHEMA_LLM_CHAT_ITEMS_H

#include "schema/text.h"

struct error;

struct chat_item {
	/* Of its text: "output_text", "refusal", "reasoning_text"; "": a call
	 */
	const char *kind;
	struct text index;    /* of a call: as its pieces name it; or empty */
	struct text id, name; /* of a call: the insides of JSON strings */
	struct text said;     /* so far: the inside of a JSON string */
	struct text logprobs; /* of its text: the inside of an array */
	bool ended;
	bool early; /* it ended before it was whole */
};

/* Each may return -1, which ends the reading. */
struct chat_items_watch {
	int (*begun)(void *context, size_t at, struct error *error);
	/* `items->logprobs` are the delta's, if it is an output_text. */
	int (*said)(void *context, size_t at, struct slice delta,
		struct error *error);
	int (*ended)(void *context, size_t at, struct error *error);
};

/* The first four are the caller's to set, the rest {0}. */
struct chat_items {
	const struct chat_items_watch *watch; /* NULL: nobody is told */
	void *context;
	bool whole; /* a message comes as one, and not in deltas */
	/* Of the next text that is added: an array, or empty. */
	struct slice logprobs;
	struct chat_item *items;
	size_t count;
	size_t capacity;
};

/* Adds what a message or a delta has; ERROR_UPSTREAM: there are too many. */
int chat_items_add(
	struct chat_items *items, struct slice message, struct error *error);
/* Ends those that have not ended; `early`: the model was stopped. */
int chat_items_end(struct chat_items *items, bool early, struct error *error);
void chat_items_clear(struct chat_items *items);

bool chat_item_is_call(const struct chat_item *item);
/* Appends an id: the word that those of its kind have, and a placeholder. */
void chat_item_write_id(struct text *out, const struct chat_item *item);
/* Appends the item, which has this place. */
void chat_item_write(struct text *out, const struct chat_item *item, size_t at);
/* Appends the part that its text is. */
void chat_item_write_part(struct text *out, const struct chat_item *item);
/* Appends all of them, an array. */
void chat_items_write(struct text *out, const struct chat_items *items);

#endif
