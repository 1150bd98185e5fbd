/* SPDX-License-Identifier: MIT */
/*
 * delta.h - the chunks of a streamed completion, added up.
 *
 * Each chunk is an object.  A member `delta` with all that is in it, and
 * a member `text`, grows: strings are appended to those of the same name, but
 * for names, ids, types and roles, which several servers repeat.  All other
 * strings, numbers and words replace what was there; null changes nothing that
 * is there.  Objects are added member by member, elements of arrays where they
 * have the same `index`.  So members that nobody knew of arrive as well.  The
 * 257th member of an object, and the 257th element with an index, is passed
 * over.
 */
#ifndef SCHEMA_JSON_DELTA_H
#define SCHEMA_JSON_DELTA_H

#include "schema/json/value.h"

/* Starts as {0}: nothing has come.  Its inside is schema/json/delta.c's. */
struct json_delta {
	enum json_kind kind;
	struct text name; /* of a member, with its quotes */
	struct text text; /* no container: the token, of a string the inside */
	struct json_delta *items;
	size_t count;
	size_t capacity;
};

/* Adds a valid, compact object.  -1: out of memory. */
int json_delta_add(struct json_delta *sum, struct slice chunk);

/* The member of an object, the element of an array with this index; or NULL. */
const struct json_delta *json_delta_member(
	const struct json_delta *object, struct slice name);
const struct json_delta *json_delta_element(
	const struct json_delta *array, struct slice index);

/*
 * Appends the sum; `null` if nothing has come.  With `indexed` elements keep
 * their `index`, as in a chunk; a message's have none.
 */
void json_delta_write(
	struct text *out, const struct json_delta *sum, bool indexed);

void json_delta_clear(struct json_delta *sum);

#endif
