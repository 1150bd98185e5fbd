/* SPDX-License-Identifier: MIT */
/*
 * overlap_match.h - messages as the items of overlap.h.
 *
 * Messages of a request get numbers, and those of a history the same where they
 * are equal.  Of a history calls, results and what says nothing to a chat are
 * passed over where the request has them nowhere, unless it is the history.
 */
#ifndef CORE_HISTORY_OVERLAP_MATCH_H
#define CORE_HISTORY_OVERLAP_MATCH_H

#include "core/history/message_key.h"
#include "core/history/overlap.h"
#include "core/history/words.h"

struct chat_group;

struct overlap_items {
	struct overlap_item *items;
	size_t count, capacity;
};

int overlap_items_push(struct overlap_items *items,
	const struct overlap_item *item, struct error *error);

/* Starts with the first member; overlap_match_clear() ends it. */
struct overlap_match {
	bool all; /* nothing is passed over */
	struct overlap_items asked;
	struct overlap_items group; /* of the newest overlap_match_group() */
	struct text texts;	    /* see struct overlap_question */

	struct message_key key;
	struct text word;
	struct words words; /* the messages of the request */
	struct words calls; /* and their calls */
};

/* Adds a message of the request to `asked`. */
int overlap_match_ask(struct overlap_match *match,
	const struct message *message, struct error *error);

/* Is the message of a history not passed over?  1, 0 or -1. */
int overlap_match_counts(struct overlap_match *match,
	const struct message *message, struct error *error);

/*
 * Makes `group` the items of rows of the history.  The rows of one answer are
 * one message, unless the request has some of them by themselves; Anthropic's
 * results are in the message of a person, unless it has them as a tool's.
 */
int overlap_match_group(struct overlap_match *match,
	const struct chat_group *group, struct error *error);

void overlap_match_clear(struct overlap_match *match);

#endif
