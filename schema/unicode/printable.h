/* SPDX-License-Identifier: MIT */
/*
 * printable.h - which characters have a shape of their own.
 *
 * Unicode's categories decide, as PCRE2 knows them: C and Z have none.
 */
#ifndef SCHEMA_UNICODE_PRINTABLE_H
#define SCHEMA_UNICODE_PRINTABLE_H

#include "schema/text.h"

/* Starts as {0}; made when it is first asked. */
struct printable {
	void *pattern;
	void *match;
	bool failed; /* out of memory; nothing is printable from then on */
};

/*
 * How many bytes at the start of `utf8` are characters beyond ASCII that are
 * printable (str.isprintable() of Python, with the Unicode of the library).
 */
size_t printable_span(struct printable *printable, struct slice utf8);

void printable_clear(struct printable *printable);

#endif
