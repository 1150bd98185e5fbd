/* SPDX-License-Identifier: MIT */
/*
 * token.c - strings, numbers and words, checked byte by byte or faster.
 */
#include "schema/json/token.h"

#include <endian.h>
#include <string.h>

#define IN_EACH_BYTE(byte) (0x0101010101010101u * (byte))

/*
 * Sets the high bit of each byte that is a quote, a backslash, a control or
 * not ASCII.  A subtraction may borrow from the bytes behind such a one, so
 * only the lowest bit that is set means anything.
 */
static uint64_t token_specials(uint64_t word)
{
	uint64_t quotes = word ^ IN_EACH_BYTE('"');
	uint64_t backslashes = word ^ IN_EACH_BYTE('\\');

	return (word | (word - IN_EACH_BYTE(' ')) | (quotes - IN_EACH_BYTE(1)) |
		       (backslashes - IN_EACH_BYTE(1))) &
	       IN_EACH_BYTE(0x80);
}

static bool token_is_plain(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Past the bytes that stand for themselves, eight at a time. */
static const char *token_skip_plain(const char *at, const char *end)
{
	while (end - at >= 8) {
		uint64_t word;

		memcpy(&word, at, 8);
		word = token_specials(le64toh(word));
		if (word != 0)
			return at + __builtin_ctzll(word) / 8;
		at += 8;
	}
	while (at < end && token_is_plain(*at))
		at++;
	return at;
}

/* A byte that is not ASCII seldom comes alone. */
static const char *token_skip_utf8(struct json_cursor *cursor)
{
	while ((unsigned char)json_peek(cursor) >= 0x80) {
		size_t left = (size_t)(cursor->end - cursor->at);
		size_t step = utf8_step((struct slice){ cursor->at, left });

		if (step == 0)
			return "invalid UTF-8";
		cursor->at += step;
	}
	return NULL;
}

static bool token_is_hex(char c)
{
	return json_is_digit(c) || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

static const char *token_skip_escape(struct json_cursor *cursor)
{
	cursor->at++;
	char letter = json_peek(cursor);
	if (letter == '\0' || !strchr("\"\\/bfnrtu", letter))
		return "expected one of \"\\/bfnrtu after a backslash";
	cursor->at++;
	for (int i = 0; i < 4 && letter == 'u'; i++, cursor->at++) {
		if (!token_is_hex(json_peek(cursor)))
			return "expected four hexadecimal digits after \\u";
	}
	return NULL;
}

const char *json_string_token(struct json_cursor *cursor)
{
	const char *wrong = NULL;

	cursor->at++; /* the quote */
	while (!wrong) {
		cursor->at = token_skip_plain(cursor->at, cursor->end);
		char c = json_peek(cursor);
		if (c == '"')
			break;
		if (c == '\\')
			wrong = token_skip_escape(cursor);
		else if ((unsigned char)c >= 0x80)
			wrong = token_skip_utf8(cursor);
		else if (cursor->at == cursor->end)
			wrong = "expected the end of a string";
		else
			wrong = "expected a control character to be escaped";
	}
	cursor->at += !wrong;
	return wrong;
}

static const char *token_skip_digits(struct json_cursor *cursor)
{
	if (!json_is_digit(json_peek(cursor)))
		return "expected a digit";
	while (json_is_digit(json_peek(cursor)))
		cursor->at++;
	return NULL;
}

static const char *token_skip_whole(struct json_cursor *cursor)
{
	if (json_peek(cursor) != '0')
		return token_skip_digits(cursor);
	cursor->at++;
	return json_is_digit(json_peek(cursor))
		       ? "expected no digit after a leading 0"
		       : NULL;
}

const char *json_number_token(struct json_cursor *cursor)
{
	if (json_peek(cursor) == '-')
		cursor->at++;
	const char *wrong = token_skip_whole(cursor);
	if (!wrong && json_peek(cursor) == '.') {
		cursor->at++;
		wrong = token_skip_digits(cursor);
	}
	if (!wrong && (json_peek(cursor) | 0x20) == 'e') {
		cursor->at++;
		if (json_peek(cursor) == '+' || json_peek(cursor) == '-')
			cursor->at++;
		wrong = token_skip_digits(cursor);
	}
	return wrong;
}

const char *json_word_token(struct json_cursor *cursor, struct slice word)
{
	size_t left = (size_t)(cursor->end - cursor->at);

	if (left < word.length ||
		memcmp(cursor->at, word.data, word.length) != 0)
		return "expected a value";
	cursor->at += word.length;
	return NULL;
}
