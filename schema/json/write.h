/* SPDX-License-Identifier: MIT */
/*
 * write.h - new JSON text made from valid, compact JSON values.
 *
 * One file each: schema/json/merge.c and schema/json/stringify.c.  Both go as
 * deep as the values are nested, so these must have been scanned with a bound.
 * `out` must not be what they borrow from.
 */
#ifndef SCHEMA_JSON_WRITE_H
#define SCHEMA_JSON_WRITE_H

#include "schema/text.h"

/*
 * Appends `target` changed by `patch` (RFC 7396).  What the patch does not
 * name keeps its bytes and its place; new members follow at the end, without
 * their null members, in the patch's order.  O(n log n).  A `target` that is
 * no object counts as {}.  Returns false, with out->failed set, when memory
 * runs out.
 */
bool json_merge_patch(
	struct text *out, struct slice target, struct slice patch);

/*
 * Appends what JavaScript's JSON.stringify(JSON.parse(value), null, indent)
 * gives, for indent 0 or 2: integer-like names first and in order, numbers
 * as doubles in their shortest spelling (1e400 is null), the shortest
 * escapes, lone surrogates as \udxxx (lower case).  A member "__proto__" is
 * one like any other.
 */
void json_stringify(struct text *out, struct slice value, unsigned indent);

#endif
