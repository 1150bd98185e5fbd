/* SPDX-License-Identifier: MIT */
/*
 * stringify.h - a JSON value as JavaScript prints it.
 */
#ifndef SCHEMA_JSON_STRINGIFY_H
#define SCHEMA_JSON_STRINGIFY_H

#include "schema/text.h"

/*
 * Appends what JavaScript's JSON.stringify(JSON.parse(value), null, indent)
 * gives, for indent 0 or 2: integer-like names first and in order, numbers
 * as doubles in their shortest spelling (1e400 is null), the shortest
 * escapes, lone surrogates as \udxxx (lower case).  A member "__proto__" is
 * one like any other.
 *
 * The value is valid, compact JSON that was scanned with a bound on its
 * depth, for this goes as deep as it is nested.  `out` is not what it borrows
 * from.
 */
void json_stringify(struct text *out, struct slice value, unsigned indent);

#endif
