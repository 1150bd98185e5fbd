/* SPDX-License-Identifier: MIT */
/*
 * pairs.h - calls with their results, as models want them.
 *
 * A model takes a call only with its result, and a result only with its call;
 * they belong together where the results follow the message with the calls at
 * once, whatever ids come again elsewhere.  So a call that has no result before
 * the next message that is none is left out, and a result without a call, and
 * the second result of a call.  Calls of one message that have one id have the
 * first result of it, the second and so on, and the second of both gets another
 * id.  A message stays without what it loses, as long as it says something
 * else.  Calls at the very end keep all that there is of
 * them: their results are on their way.  Where these are Anthropic's blocks,
 * which have to be complete, it is only the calls that have one.
 *
 * Messages with calls that follow each other before their results may be joined
 * when they are sent, see `joins`; else only the last of them has results.
 *
 * Messages are added from the newest back, since only then it is known what
 * follows a call.  Where the history begins is decided later: a message has a
 * view of its own for a window that begins behind its calls.
 */
#ifndef CORE_HISTORY_PAIRS_H
#define CORE_HISTORY_PAIRS_H

#include "core/history/answers.h"

struct tokenizer;

/* How a message is shown. */
struct pairs_view {
	int64_t tokens; /* 0 if they are not counted */
	size_t kept;	/* in `marks`, where only a part of it is shown */
	enum pairs_shown { PAIRS_NOTHING, PAIRS_PART, PAIRS_WHOLE } shown;
};

/* A message that makes calls or answers some. */
struct pairs_message {
	struct pairs_view alone;
	struct pairs_view answering; /* if its calls are in the window, too */
	int64_t caller; /* the seq of the message with these; 0: none */
	size_t results; /* of a human one; 0: it is a tool's or function's */
	size_t body;	/* in `bodies`, of one with results */
	size_t body_length;
	enum message_form form;
	enum message_type type;
};

/* A message of the walk. */
struct pairs_item {
	int64_t seq;
	int32_t tokens;	       /* of one that is shown whole; 0: not counted */
	bool turn : 1;	       /* a human message of more than results */
	bool continues : 1;    /* the answer that the message before is of */
	uint32_t message : 30; /* in `messages`, plus one; 0: shown whole */
};

/* Starts as {0} or with the first members; pairs_clear() ends it. */
struct pairs {
	const struct tokenizer *tokenizer;
	bool counts;  /* tokens are counted */
	bool joins;   /* messages of tool_calls are joined by their reader */
	bool joining; /* so may be the next with the one added last */
	bool closed;  /* what follows the newest message is no result */
	char kind;    /* of the message that is added; schema/forms/items.h */
	char among;   /* of the item added last, if it may stand among calls */
	int64_t seq;  /* of the newest row of the answer that it is of */
	struct pairs_item *items; /* from the newest back */
	size_t count, capacity;
	struct pairs_message *messages;
	size_t message_count, message_capacity;
	struct answers answers; /* that wait for their calls */
	struct text marks;	/* a byte for each call or result, as in
				 * tool_calls_write_kept() */
	struct text bodies;	/* of messages that wait for their calls */
	struct text body;	/* a message without what it loses */
};

void pairs_clear(struct pairs *pairs);

/* Adds a message that follows the history, and is not the history's. */
int pairs_follow(struct pairs *pairs, const struct message *message);

/*
 * Adds the message before those that were added.  *tokens gets what a window
 * that begins with it has more than without it.  -1: out of memory.
 */
int pairs_add(
	struct pairs *pairs, const struct message_row *row, int64_t *tokens);

/* Leaves out the message that was added last. */
void pairs_drop_last(struct pairs *pairs);

/* How items[at] is shown in a window that begins with the seq `start`. */
struct pairs_view pairs_view_of(
	const struct pairs *pairs, size_t at, int64_t start);

/*
 * Makes of the message what is shown of it: a copy that borrows from `pairs`
 * until the next call.  -1: out of memory.
 */
int pairs_show(struct pairs *pairs, const struct pairs_view *view,
	const struct message *message, struct message *shown);

/* --- what the files of pairs share; -1 and NULL: out of memory ------------ */

int pairs_new_item(struct pairs *pairs, int64_t seq);

/* Gives the newest item a message of its own. */
struct pairs_message *pairs_new_message(struct pairs *pairs);

/* The tokens of the message; 0 if they are not counted. */
int64_t pairs_count(const struct pairs *pairs, const struct message *message);

/* The same of what is marked from `kept` on. */
int64_t pairs_count_part(
	struct pairs *pairs, const struct message *message, size_t kept);

/* The marks from there on. */
const unsigned char *pairs_marks(const struct pairs *pairs, size_t at);

/* Calls that come now have no result among what was added. */
void pairs_close(struct pairs *pairs);

/* Fills the newest item with a message that is shown whole. */
int pairs_add_plain(
	struct pairs *pairs, const struct message *message, int64_t *tokens);

/* Fills the newest item with an ai message, and shows its calls' results. */
int pairs_add_calls(
	struct pairs *pairs, const struct message_row *row, int64_t *tokens);

#endif
