/* SPDX-License-Identifier: MIT */
/*
 * number.h - a number as JavaScript prints it.
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

#endif
