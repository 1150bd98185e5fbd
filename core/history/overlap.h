/* SPDX-License-Identifier: MIT */
/*
 * overlap.h - what of a request is new, and what the history has already.
 *
 * Clients of chat completions send what they know of the conversation each
 * time: all of it, its end, its beginning and its end, without the calls, with
 * examples in front; an edited question, or a question whose answer is to be
 * made again.  The rule finds out which, so that each turn is stored once.  It
 * knows messages by numbers only, and takes time in proportion to how many
 * there are.
 */
#ifndef CORE_HISTORY_OVERLAP_H
#define CORE_HISTORY_OVERLAP_H

#include "schema/text.h"

struct error;

/* How a client says what it sends. */
enum overlap_send {
	OVERLAP_FIND, /* it does not say */
	OVERLAP_ALL,  /* the request is the history */
	OVERLAP_NEW,  /* all of the request is new */
};

struct overlap_item {
	uint32_t word; /* equal messages have the same; 0 equals nothing */
	bool assistant;
	bool speaks; /* an assistant's text, which may be empty */
	bool result; /* of a call */
	bool answer; /* the model gave it here */
	/* The seqs of the rows that it is of; it may be a part of one. */
	int64_t first, last;
	/* Where in `texts` an assistant's text is, of the history of word 0. */
	size_t text_at, text_length;
};

struct overlap_list {
	const struct overlap_item *items;
	size_t count;
};

/*
 * Both lists are without the system messages that they begin with, and the
 * history without calls and results that the request has nowhere.  An item of
 * word 0 may stand for any number of messages that equal none of the request.
 */
struct overlap_question {
	enum overlap_send send;
	struct overlap_list history;
	struct overlap_list request;
	/* So many of the history were there when the request arrived. */
	size_t arrived;
	/* Were messages stored since?  Also such as the history is without. */
	bool grown;
	int64_t floor; /* the seq before the history's first item, or 0 */
	struct slice texts;
};

struct overlap_decision {
	/* The request's items from here on are new. */
	size_t known;
	/* These before them are the client's own, and not in the history. */
	size_t own_first, own_end;
	/* The messages behind this seq are archived; -1: none are. */
	int64_t archive_after;
	/*
	 * The first new one is the beginning of an answer that is archived, so
	 * it is one that the model gave here.
	 */
	bool shortens;
};

/*
 * Decides.  ERROR_UNAVAILABLE: out of memory.
 *
 * (1) The longest run that ends the history and stands in the request, at its
 * front, or elsewhere if it holds an assistant message and reaches beyond what
 * both begin with: what follows it is new, what stands before it is the
 * client's own.  (2) Else, if both begin alike over an answer that the model
 * gave here, or up to a place where each has another assistant text, the
 * client has gone back: the rest of the history is archived, the rest of the
 * request is new.  (3) Else, if both begin alike over assistant messages, these
 * are known and the rest is new.  (4) Else all is new.
 *
 * A row of which a part is archived goes as a whole, and what the request has
 * of it is new.
 *
 * What was stored after the request arrived is not archived; then only what
 * follows the common beginning is new.  There is one exception: an answer that
 * was still coming when its client left is, if the request shows the beginning
 * of it.
 */
int overlap_decide(const struct overlap_question *question,
	struct overlap_decision *decision, struct error *error);

#endif
