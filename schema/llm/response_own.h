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
	struct slice conversation; /* its name, UTF-8 */
	bool hides;		   /* thoughts that only servers can read */
};

/*
 * Appends the id, a JSON string, of the item at `index` of the output, whose
 * own id begins with the same word; `theirs` is JSON.
 */
void response_own_id(struct text *out, const struct response_own *own,
	struct slice theirs, int64_t index);

/* Appends a response, and an event of a stream of it. */
void response_own_write(struct text *out, const struct response_own *own,
	struct slice response);
void response_own_write_event(
	struct text *out, const struct response_own *own, struct slice event);

#endif
