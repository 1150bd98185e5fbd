/* SPDX-License-Identifier: MIT */
/*
 * merge.h - a JSON value changed by a merge patch.
 */
#ifndef SCHEMA_JSON_MERGE_H
#define SCHEMA_JSON_MERGE_H

#include "schema/text.h"

/*
 * Appends `target` changed by `patch` (RFC 7396).  Members that the
 * patch does not name keep their bytes and their order; new members follow at
 * the end, without their null members, in the patch's order.  O(n log n).  A
 * `target` that is no object counts as {}.  Returns false, with out->failed
 * set, when memory runs out.
 *
 * Both are valid, compact JSON that was scanned with a bound on its depth,
 * for this goes as deep as they are nested.  `out` is not what they borrow
 * from.
 */
bool json_merge_patch(
	struct text *out, struct slice target, struct slice patch);

#endif
