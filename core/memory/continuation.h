/* SPDX-License-Identifier: MIT */
/*
 * continuation.h - what one run of a request tells the next.
 *
 * A continuation is a list of fields, each of which has a name and bytes:
 *
 *	NAME, a space, the number of bytes in decimal, a newline, the bytes
 *
 * so that the number 7 and the text "Hi!" are
 *
 *	turn.session 1
 *	7turn.message 3
 *	Hi!
 *
 * Fields of several writers stand one after the other, and a name may come
 * more than once.  A continuation stays in the process that wrote it; all the
 * same its reader believes nothing: where the text is cut off or garbled there
 * are no more fields.
 */
#ifndef CORE_MEMORY_CONTINUATION_H
#define CORE_MEMORY_CONTINUATION_H

#include "schema/text.h"

/* Appends a field.  The name has no space and no newline, and 1 to 32 bytes. */
void continuation_put(struct text *out, const char *name, struct slice bytes);
void continuation_put_number(
	struct text *out, const char *name, int64_t number);

struct continuation_field {
	struct slice name;
	struct slice bytes;
};

/* Takes the first field off; false: there is none, or what is no field. */
bool continuation_next(struct slice *rest, struct continuation_field *field);

/* The first field of the name; empty, or 0, where there is none. */
struct slice continuation_find(struct slice continuation, const char *name);
int64_t continuation_number(struct slice continuation, const char *name);

#endif
