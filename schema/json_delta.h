/* SPDX-License-Identifier: MIT */
/*
 * json_delta.h - a JSON value that comes in deltas, as a model's answer does.
 *
 * Each delta is an object.  Its strings are appended to those of the same
 * name, but for names, ids, types and roles, which count as a whole; objects
 * are added member by member, and elements of arrays where they have the same
 * `index`; numbers and words replace what was there.  null changes nothing
 * that is there.  Whatever a delta has besides is kept, so that members that
 * nobody knew of arrive as well.
 */
#ifndef SCHEMA_JSON_DELTA_H
#define SCHEMA_JSON_DELTA_H

#include "schema/json_value.h"

/* Starts as {0}: nothing has come.  The inside of a value is json_delta.c's. */
struct json_delta {
	enum json_kind kind;
	struct text name; /* of a member, with its quotes */
	struct text text; /* no container: the token, of a string the inside */
	struct json_delta *items;
	size_t count;
	size_t capacity;
};

/* Adds a valid, compact object.  -1: out of memory. */
int json_delta_add(struct json_delta *sum, struct slice object);

/*
 * Appends the sum; `null` if nothing has come.  An element's `index` has done
 * its work and is left out.
 */
void json_delta_write(struct text *out, const struct json_delta *sum);

void json_delta_clear(struct json_delta *sum);

#endif
