/* SPDX-License-Identifier: MIT */
/*
 * joined.h - the messages of one answer become one, where a form has it so.
 *
 * Items of the Responses API are kept one by one; to a chat those of an answer
 * that follow each other are one message.  That is known when all are written.
 */
#ifndef CORE_HISTORY_JOINED_H
#define CORE_HISTORY_JOINED_H

#include "core/store/store.h"

struct form_ops;

/* A row that was written: a text has one for each. */
struct joined_mark {
	int64_t seq;
	size_t values;
	char kind; /* see schema/forms/items.h */
	char last; /* that of the last row behind it that is left out */
};

/* Rows as they stand in the array: first to last as noted, or reversed. */
struct joined_order {
	const struct text *marks;
	size_t count;
	bool reversed;
	bool descends; /* the newest stands first */
	bool whole;    /* that of struct history_page; else seqs have no hole */
};

/* Notes a row that was just written in this form, from `begun` on. */
void joined_note(struct text *marks, const struct message_row *row,
	const struct form_ops *form, struct text *out, size_t begun);

/* Notes one that is left out behind it: its answer goes on with the next. */
void joined_hide(struct text *marks, const struct message_row *row);

/*
 * The values of an array, from `begun` on, are all written: those of one answer
 * become one, and what the form has to do with a list is done.
 */
void joined_finish(struct text *out, size_t begun, const struct form_ops *form,
	const struct joined_order *order);

#endif
