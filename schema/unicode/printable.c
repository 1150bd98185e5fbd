/* SPDX-License-Identifier: MIT */
/* printable.c - which characters have a shape of their own, by PCRE2. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "schema/unicode/printable.h"

#include <pcre2.h>

static void printable_prepare(struct printable *printable)
{
	static const char runs[] = "[^\\x00-\\x7f\\p{C}\\p{Z}]+";
	PCRE2_SIZE offset;
	int code;

	if (printable->pattern != NULL || printable->failed)
		return;
	printable->pattern = pcre2_compile((PCRE2_SPTR)runs,
		PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED,
		&code, &offset, NULL);
	printable->match = pcre2_match_data_create(1, NULL);
	printable->failed =
		printable->pattern == NULL || printable->match == NULL;
}

size_t printable_span(struct printable *printable, struct slice utf8)
{
	printable_prepare(printable);
	if (printable->failed ||
		pcre2_match(printable->pattern, (PCRE2_SPTR)utf8.data,
			utf8.length, 0, PCRE2_NO_UTF_CHECK, printable->match,
			NULL) <= 0)
		return 0;
	return pcre2_get_ovector_pointer(printable->match)[1];
}

void printable_clear(struct printable *printable)
{
	pcre2_code_free(printable->pattern);
	pcre2_match_data_free(printable->match);
	*printable = (struct printable){ 0 };
}
