/* SPDX-License-Identifier: MIT */
/*
 * canonical.h - a JSON value in the one spelling of all that equal it.
 */
#ifndef SCHEMA_JSON_CANONICAL_H
#define SCHEMA_JSON_CANONICAL_H

#include "schema/text.h"

/*
 * Appends the value with its members sorted by name, and the rest as
 * json_stringify() prints it: two values get the same bytes if a program that
 * reads numbers as doubles cannot tell them apart, whatever order, escapes and
 * spelling of numbers they came in.
 *
 * The value is valid, compact JSON that was scanned with a bound on its
 * depth, for this goes as deep as it is nested.  `out` is not what it borrows
 * from; its `failed` also tells that there was no memory to sort in.
 */
void json_canonical(struct text *out, struct slice value);

#endif
