/* SPDX-License-Identifier: MIT */
/*
 * scan.h - a strict RFC 8259 scanner.
 *
 * It validates a text, once, and changes nothing in it: numbers are not
 * parsed, escapes are not decoded, nothing is copied.  Refused are: what RFC
 * 8259 refuses, duplicate member names (compared decoded, so "a" and
 * "\u0061" are one), invalid UTF-8 (overlong forms and surrogates
 * included), a byte order mark and anything after the value.  Lone surrogate
 * escapes ("\ud83d") pass: clients cut strings in the middle of an emoji and
 * nothing may be lost.
 *
 * json_compact() then drops the white space between tokens, in place.  All
 * other json_*.h work on such text: valid and compact.
 */
#ifndef SCHEMA_JSON_SCAN_H
#define SCHEMA_JSON_SCAN_H

#include "schema/text.h"

struct error;

/* Bounds; both are named in the refusal (ERROR_TOO_LARGE). */
struct json_limits {
	unsigned depth; /* brackets open at once; at most JSON_DEPTH_MAX */
	size_t values;	/* members and elements in all */
	size_t line;	/* the number of the text's first line; 0: 1 */
};
#define JSON_DEPTH_MAX 256

/*
 * The scanner's only memory: the names of the members of open objects (see
 * schema/json/names.h).  Starts as {0}, serves any number of scans by one
 * thread, keeps a few kilobytes between them, and is freed by
 * json_scratch_clear().
 */
struct json_scratch {
	struct json_name *names; /* a stack */
	uint32_t *buckets;
	uint32_t count;
	uint32_t capacity; /* of both; 0 or a power of two */
	uint64_t seed[2];
};
void json_scratch_clear(struct json_scratch *scratch);

/*
 * Validates `text`.  *spaced becomes true when there is white space outside
 * of strings.  ERROR_INVALID names line and column (both from 1; a column
 * counts code points), ERROR_TOO_LARGE the bound, ERROR_UNAVAILABLE is out of
 * memory.  Linear in the length, whatever the names are.
 */
int json_scan(struct slice text, const struct json_limits *limits,
	struct json_scratch *scratch, bool *spaced, struct error *error);

/*
 * Removes the white space outside of strings from a valid text, in place.
 * Returns the new length.
 */
size_t json_compact(char *text, size_t length);

/* Makes `out` the compact copy of a text; else as json_scan(). */
int json_scan_copy(struct text *out, struct slice text,
	const struct json_limits *limits, struct json_scratch *scratch,
	struct error *error);

#endif
