/* SPDX-License-Identifier: MIT */
/*
 * python.h - a JSON value as Python prints it.
 */
#ifndef SCHEMA_JSON_PYTHON_H
#define SCHEMA_JSON_PYTHON_H

#include "schema/text.h"

/*
 * Appends what repr(json.loads(value)) gives: {'a': [1, True, None]}, 1e5 as
 * 100000.0, whole numbers of any length, what is beyond a double's range as
 * inf, half a surrogate pair as '\ud83d'.
 *
 * The value is valid, compact JSON that was scanned with a bound on its depth,
 * for this goes as deep as it is nested.  `out` is not what it borrows from.
 */
void json_python_repr(struct text *out, struct slice value);

#endif
