/* SPDX-License-Identifier: MIT */
/*
 * token.h - the tokens of RFC 8259 that have an inside: strings,
 * numbers and words.
 *
 * Each function begins at the token's first byte and moves past the token.
 * It returns NULL, or what is wrong at `at`.
 */
#ifndef SCHEMA_JSON_TOKEN_H
#define SCHEMA_JSON_TOKEN_H

#include "schema/text.h"

struct json_cursor {
	const char *at;
	const char *end;
};

/* The next byte, or at the end U+0000, which no token may hold. */
static inline char json_peek(const struct json_cursor *cursor)
{
	return cursor->at < cursor->end ? *cursor->at : '\0';
}

static inline bool json_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

const char *json_string_token(struct json_cursor *cursor);
const char *json_number_token(struct json_cursor *cursor);

/* true, false or null. */
const char *json_word_token(struct json_cursor *cursor, struct slice word);

#endif
