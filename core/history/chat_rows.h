/* SPDX-License-Identifier: MIT */
/*
 * chat_rows.h - the rows of a history as the messages of a chat.
 *
 * They are those that format=openai gives: a row may be several of them, as a
 * UIMessage is, and several rows may be one, as the items of an answer are.
 * Rows come one by one, in either order, and are handed on in groups, since
 * only the next row tells that an answer has ended.
 */
#ifndef CORE_HISTORY_CHAT_ROWS_H
#define CORE_HISTORY_CHAT_ROWS_H

#include "core/store/store.h"

/* A message of a chat, and the row that it is of. */
struct chat_row {
	struct message message; /* as message_key_make() takes it */
	int64_t seq;
};

/* Messages in the order of the history, as many as were kept; all borrowed. */
struct chat_group {
	const struct chat_row *rows;
	size_t count;
	bool joined;	     /* they are one message: chat_group_join() */
	int64_t first, last; /* seqs, also of what was not kept */
};

/* A message while it is kept: its body is in `bodies`. */
struct chat_rows_kept {
	enum message_type type;
	bool answer;
	int64_t seq;
	size_t at, length;
};

/* Starts with the first members; chat_rows_clear() ends it. */
struct chat_rows {
	bool descending;
	/* May: is the item of an answer kept?  1, 0 or -1.  So a long answer
	 * takes no more memory than what is wanted of it. */
	int (*keeps)(void *context, const struct message *message);
	/* Gets each group; returns 0 to go on. */
	int (*visit)(void *context, const struct chat_group *group);
	void *context;

	/* The group so far, in the order in which its rows came. */
	struct chat_rows_kept *kept;
	struct chat_row *rows; /* as many */
	size_t count, capacity, row_capacity;
	struct text bodies;
	int64_t begun; /* the seq of its first row; 0: there is none */
	int64_t seq;   /* that of the row that came last, and its kind */
	char kind;     /* see schema/forms/items.h */
};

/*
 * Takes a row.  The group of an answer is handed on when the next row is none
 * of it, that of any other row at once.  Returns what the last visit returned;
 * -1: out of memory.
 */
int chat_rows_take(struct chat_rows *rows, const struct message_row *row);

/* There are no more rows. */
int chat_rows_end(struct chat_rows *rows);

void chat_rows_clear(struct chat_rows *rows);

/*
 * Makes the one message of a group that is joined, whose body is written into
 * `body` (starts as {0}), whose `failed` tells that there is none for want of
 * memory.
 */
struct message chat_group_join(
	const struct chat_group *group, struct text *body);

#endif
