/* SPDX-License-Identifier: MIT */
/*
 * items_shown.h - messages as the items that OpenAI's server shows.
 *
 * Whatever came, a message has a list of parts with their types, a status and
 * an id; what else an item has is as it came.
 */
#ifndef SCHEMA_FORMS_ITEMS_SHOWN_H
#define SCHEMA_FORMS_ITEMS_SHOWN_H

#include "schema/message/message.h"

/* The items that a message is, in order; starts as {0}, may be used again. */
struct items_shown {
	struct slice *items; /* borrowed from the message or from `made` */
	size_t count;
	size_t capacity;
	struct text made; /* of a message of another form */
	/*
	 * Not empty: it is one message of this role, a JSON string, and the
	 * item is its text, one too.
	 */
	struct slice role;
};

/* Finds them, one at least; -1: out of memory. */
int items_shown_find(struct items_shown *shown, const struct message *message);
void items_shown_clear(struct items_shown *shown);

/*
 * Are two messages, both items as they came, shown as the same?  1 or 0; -1:
 * out of memory.
 */
int items_shown_same(const struct message *a, const struct message *b);

/* The id of an item. */
struct items_id {
	struct slice message; /* the id of its message, inside a JSON string */
	bool given;	      /* by a client: no word stands before it */
	size_t part;	      /* its number among the items of the message */
};
/*
 * Appends the item id->part as it is shown.  Its id is that of its message,
 * with a word for its type before it, and from the second on with its number
 * behind: "msg_MARK-17", "fc_MARK-17.2".
 */
void items_show(struct text *out, const struct items_shown *shown,
	const struct items_id *id);

#endif
