/* SPDX-License-Identifier: MIT */
/*
 * json_oracle.h - what jansson says about a text, where it can be asked.
 */
#ifndef TESTS_UNIT_JSON_ORACLE_H
#define TESTS_UNIT_JSON_ORACLE_H

#include <jansson.h>
#include <string.h>

enum verdict {
	VERDICT_ACCEPTED,
	VERDICT_REFUSED,
	VERDICT_OTHER_RULES, /* it refuses what RFC 8259 allows */
};

/*
 * Set apart are numbers out of range, U+0000 in names, lone surrogates and
 * 2048 levels.  Jansson 2.14 overlooks a byte NUL after a number or word: no
 * valid text has one.
 */
static inline enum verdict json_oracle(const char *text, size_t length)
{
	const size_t flags =
		JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY;
	json_error_t why;
	json_t *tree = json_loadb(text, length, flags, &why);

	if (tree) {
		json_decref(tree);
		return memchr(text, '\0', length) ? VERDICT_REFUSED
						  : VERDICT_ACCEPTED;
	}
	switch ((int)json_error_code(&why)) {
	case json_error_numeric_overflow:
	case json_error_null_byte_in_key:
	case json_error_stack_overflow:
		return VERDICT_OTHER_RULES;
	default:
		return strstr(why.text, "invalid Unicode '\\u")
			       ? VERDICT_OTHER_RULES
			       : VERDICT_REFUSED;
	}
}

#endif
