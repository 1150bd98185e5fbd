/* SPDX-License-Identifier: MIT */
/*
 * import_values.h - a file of JSON values, read one by one.
 *
 * The values are the elements of arrays, or those that stand beside each
 * other, as on lines.  Only where a value ends is looked for here; json_scan()
 * says whether it is one.  A file takes the memory of its longest value.
 */
#ifndef SERVER_CLI_IMPORT_VALUES_H
#define SERVER_CLI_IMPORT_VALUES_H

#include <stdio.h>

#include "schema/text.h"

struct error;

/* Starts with the file, the rest {0}. */
struct values {
	FILE *file;
	struct text value; /* the one at hand */
	int64_t first;	   /* the number of its first line, from 1 */
	int64_t lines;	   /* newlines that were read */
	bool in_array;
	bool follows; /* an element of that array has been read */
};

/*
 * Reads the next value: 1, or 0 at the end of the file; -1: ERROR_INVALID
 * names the line where there is neither.
 */
int values_next(struct values *values, struct error *error);
void values_clear(struct values *values);

#endif
