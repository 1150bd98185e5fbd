/* SPDX-License-Identifier: MIT */
/*
 * value.h - walking a valid, compact JSON text.
 *
 * A JSON value is a slice of the text that json_scan() has passed and
 * json_compact() has freed of white space.  Nothing here can fail, but for
 * memory; nothing here allocates, but into a struct text of the caller's.
 * schema/json/string.c has what decodes strings, schema/json/value.c the rest.
 */
#ifndef SCHEMA_JSON_VALUE_H
#define SCHEMA_JSON_VALUE_H

#include "schema/text.h"

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_FALSE,
	JSON_KIND_TRUE,
	JSON_KIND_NUMBER,
	JSON_KIND_STRING,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT,
};
enum json_kind json_kind(struct slice value);

/*
 * A position in an array or object.  json_walk() begins one, which in any
 * other value is at its end; the two json_next_*() give the next element or
 * member and false at the end.
 * A member's name is the string with its quotes, as it was sent.
 */
struct json_walk {
	const char *at;
	const char *end;
};
struct json_walk json_walk(struct slice value);
bool json_next_element(struct json_walk *walk, struct slice *value);
bool json_next_member(
	struct json_walk *walk, struct slice *name, struct slice *value);

/* The member `name` (UTF-8, compared decoded) of an object; false: none. */
bool json_find(struct slice object, const char *name, struct slice *value);

/*
 * The same of any value, which may be no object, if the member is of this
 * kind; else *value stays as it was.
 */
bool json_find_kind(struct slice object, const char *name, enum json_kind kind,
	struct slice *value);

/* How many elements or members it has. */
size_t json_count(struct slice container);

/* True if the JSON string decodes to exactly these bytes. */
bool json_string_is(struct slice string, struct slice utf8);

/* Which of the words it decodes to; `count`: none of them. */
size_t json_string_among(
	struct slice string, const struct slice *words, size_t count);

/* A JSON string without its quotes: still escaped. */
struct slice json_inner(struct slice string);

/* Past the closing quote of the string that begins at `quote`. */
const char *json_skip_string(const char *quote);

/*
 * Takes the next piece off `inner` and decodes it: the bytes before the next
 * escape as they are, or the character of one escape, put into `buf`.  A
 * lone surrogate takes the three bytes that UTF-8 would give it if it could
 * (ED A0 80 to ED BF BF), so that decoded strings can be compared as bytes.
 * False at the end.
 */
bool json_next_piece(struct slice *inner, char buf[4], struct slice *piece);
bool json_is_surrogate(struct slice piece);

/*
 * Compares two JSON strings (with quotes) decoded, three-way, in the order
 * of the bytes of such pieces.
 */
int json_string_compare(struct slice a, struct slice b);

/*
 * Appends the string decoded as UTF-8.  A lone surrogate becomes U+FFFD and
 * the function returns false; it returns true when nothing was replaced.
 */
bool json_decode(struct text *out, struct slice string);

/*
 * True if the text is spelled as a whole number (digits, "-" in front allowed,
 * no leading zeros) and fits; 1.0, 1e2 and text that is no number do not count.
 * (Its name must be none of jansson's: the linker would mistake them.)
 */
bool json_int64(struct slice number, int64_t *out);

#endif
