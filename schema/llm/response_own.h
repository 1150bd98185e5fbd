/* SPDX-License-Identifier: MIT */
/*
 * response_own.h - responses of a model's server, with the ids of this one.
 *
 * Theirs may come again, and nobody finds anything by them.  An item's is a
 * word, the base of the response and the item's place in the output, so that
 * all events of a stream agree.
 */
#ifndef SCHEMA_LLM_RESPONSE_OWN_H
#define SCHEMA_LLM_RESPONSE_OWN_H

#include "schema/text.h"

struct response_own {
	struct slice base;	   /* letters and digits, of this response */
	struct slice conversation; /* its name, UTF-8; NULL: none */
	struct slice previous;	   /* the id of the one before; empty: none */
	bool hides;		   /* thoughts that only servers can read */
	bool transient;		   /* it is not kept */
};

/* The base of the response that has this id. */
struct slice response_own_base(struct slice id);

/*
 * Appends the id, a JSON string, of the item at `index` of the output, whose
 * own id begins with the same word; `theirs` is JSON.
 */
void response_own_id(struct text *out, const struct response_own *own,
	struct slice theirs, int64_t index);

/* An item of a response, by the id that it has here. */
struct response_own_item {
	struct slice base;
	bool is_input; /* of its request; else of its output */
	size_t place;  /* from 0 */
};
/*
 * Reads such an id: of the output, or of the input, then with "-" and the place
 * from 1.  False: it is none.
 */
bool response_own_read_id(struct slice id, struct response_own_item *out);

/* Appends an item of the output at `index`. */
void response_own_write_item(struct text *out, const struct response_own *own,
	struct slice item, int64_t index);
/* Appends a response, and an event of a stream of it. */
void response_own_write(struct text *out, const struct response_own *own,
	struct slice response);
void response_own_write_event(
	struct text *out, const struct response_own *own, struct slice event);

#endif
