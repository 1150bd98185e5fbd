/* SPDX-License-Identifier: MIT */
/*
 * number.h - a number as JavaScript and as Python print it.
 */
#ifndef SCHEMA_JSON_NUMBER_H
#define SCHEMA_JSON_NUMBER_H

#include "schema/text.h"

/*
 * Appends a valid JSON number, taken as a double, in its shortest spelling:
 * 1E5 is 100000, 1.10 is 1.1, 1e21 is 1e+21, -0 is 0, and what is beyond a
 * double's range is null.
 */
void json_print_number(struct text *out, struct slice number);

/*
 * Appends what repr(json.loads(number)) gives: a whole number as it is, 1E5 as
 * 100000.0, 1e16 as 1e+16, -0.0 so, inf for what is beyond a double's range.
 */
void json_print_number_python(struct text *out, struct slice number);

#endif
