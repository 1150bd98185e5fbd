/* SPDX-License-Identifier: MIT */
/*
 * scan.c - a strict RFC 8259 scanner, in one pass and without recursion.
 */
#include "schema/json/scan.h"

#include <string.h>

#include "schema/error.h"
#include "schema/json/cause.h"
#include "schema/json/names.h"
#include "schema/json/token.h"
#include "schema/json/value.h"

/* A scan may leave so many names behind for the next. */
#define SCRATCH_KEPT 1024

/* An open bracket. */
struct scan_frame {
	uint32_t first_name; /* where the names of an object begin */
	bool object;
};

struct scan_state {
	struct json_cursor cursor;
	const char *begin;
	const struct json_limits *limits;
	struct json_scratch *scratch;
	struct error *error;
	struct scan_frame *frames;
	unsigned depth;
	size_t values;
	bool spaced;
	bool complete; /* a value has just ended */
};

/* --- refusals --------------------------------------------------------- */

struct scan_position {
	size_t line;
	size_t column; /* in code points */
};

/* Everything before `at` is valid UTF-8. */
static struct scan_position scan_position_of(
	const struct scan_state *scan, const char *at)
{
	struct scan_position position = {
		scan->limits->line ? scan->limits->line : 1, 1
	};

	for (const char *c = scan->begin; c < at; c++) {
		if (*c == '\n')
			position =
				(struct scan_position){ position.line + 1, 1 };
		else if (((unsigned char)*c & 0xc0) != 0x80)
			position.column++;
	}
	return position;
}

static int scan_refuse(const struct scan_state *scan, const char *words)
{
	const char *at = scan->cursor.at;
	struct scan_position position = scan_position_of(scan, at);

	return error_set(scan->error, ERROR_INVALID,
		"line %zu, column %zu: %s%s", position.line, position.column,
		words,
		at == scan->cursor.end
			? ", but the text ends"
			: json_cause(&scan->cursor, scan->begin));
}

static int scan_refuse_bound(const struct scan_state *scan, const char *more,
	size_t bound, const char *what)
{
	struct scan_position position = scan_position_of(scan, scan->cursor.at);

	return error_set(scan->error, ERROR_TOO_LARGE,
		"line %zu, column %zu: %s than %zu %s", position.line,
		position.column, more, bound, what);
}

static int scan_refuse_duplicate(
	const struct scan_state *scan, struct slice name)
{
	struct scan_position position = scan_position_of(scan, name.data);

	return error_set(scan->error, ERROR_INVALID,
		"line %zu, column %zu: duplicate member name %.*s",
		position.line, position.column, SLICE_SHORT(name));
}

/* --- structure -------------------------------------------------------- */

static bool scan_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The first byte after white space, or U+0000 at the end. */
static char scan_next_byte(struct scan_state *scan)
{
	while (scan_is_space(json_peek(&scan->cursor))) {
		scan->cursor.at++;
		scan->spaced = true;
	}
	return json_peek(&scan->cursor);
}

static int scan_count_value(struct scan_state *scan)
{
	if (++scan->values > scan->limits->values)
		return scan_refuse_bound(scan, "more", scan->limits->values,
			"members and elements");
	return 0;
}

/* A member up to its value. */
static int scan_name(struct scan_state *scan, const char *expected)
{
	const struct scan_frame *frame = &scan->frames[scan->depth - 1];
	struct json_cursor *cursor = &scan->cursor;

	if (scan_next_byte(scan) != '"')
		return scan_refuse(scan, expected);
	const char *quote = cursor->at;
	const char *wrong = json_string_token(cursor);
	if (wrong)
		return scan_refuse(scan, wrong);
	struct slice name = { quote, (size_t)(cursor->at - quote) };
	int duplicate = json_names_add(scan->scratch, name, frame->first_name);
	if (duplicate < 0)
		return error_out_of_memory(scan->error);
	if (duplicate > 0)
		return scan_refuse_duplicate(scan, name);
	if (scan_next_byte(scan) != ':')
		return scan_refuse(scan, "expected ':' after a member name");
	cursor->at++;
	return 0;
}

static int scan_close(struct scan_state *scan)
{
	const struct scan_frame *frame = &scan->frames[--scan->depth];

	scan->cursor.at++;
	json_names_drop(scan->scratch, frame->first_name);
	scan->complete = true;
	return 0;
}

/* A bracket, up to the first value in it or its end. */
static int scan_open(struct scan_state *scan, bool object)
{
	unsigned deepest = scan->limits->depth < JSON_DEPTH_MAX
				   ? scan->limits->depth
				   : JSON_DEPTH_MAX;

	if (scan->depth == deepest)
		return scan_refuse_bound(
			scan, "nested deeper", deepest, "levels");
	scan->frames[scan->depth++] = (struct scan_frame){
		.first_name = scan->scratch->count,
		.object = object,
	};
	scan->cursor.at++;
	if (scan_next_byte(scan) == (object ? '}' : ']'))
		return scan_close(scan);
	scan->complete = false;
	if (scan_count_value(scan) != 0)
		return -1;
	return object ? scan_name(scan, "expected a member name or '}'") : 0;
}

/* Goes on behind a value in a container: to the next, or to its end. */
static int scan_next(struct scan_state *scan)
{
	bool object = scan->frames[scan->depth - 1].object;
	char c = scan_next_byte(scan);

	if (c == (object ? '}' : ']'))
		return scan_close(scan);
	if (c != ',')
		return scan_refuse(
			scan, object ? "expected ',' or '}' after a member"
				     : "expected ',' or ']' after an element");
	scan->cursor.at++;
	scan->complete = false;
	if (scan_count_value(scan) != 0)
		return -1;
	return object ? scan_name(scan, "expected a member name") : 0;
}

/* A value without an inside that holds values; NULL, or what is wrong. */
static const char *scan_scalar(struct json_cursor *cursor)
{
	char c = json_peek(cursor);

	switch (c) {
	case '"':
		return json_string_token(cursor);
	case 't':
		return json_word_token(cursor, SLICE("true"));
	case 'f':
		return json_word_token(cursor, SLICE("false"));
	case 'n':
		return json_word_token(cursor, SLICE("null"));
	default:
		return c == '-' || json_is_digit(c) ? json_number_token(cursor)
						    : "expected a value";
	}
}

/* Where a value must begin: up to its end, or to the next such position. */
static int scan_value(struct scan_state *scan)
{
	char c = scan_next_byte(scan);

	if (c == '{' || c == '[')
		return scan_open(scan, c == '{');
	const char *wrong = scan_scalar(&scan->cursor);
	scan->complete = true;
	return wrong ? scan_refuse(scan, wrong) : 0;
}

static int scan_text(struct scan_state *scan)
{
	struct json_cursor *cursor = &scan->cursor;

	if (cursor->end - cursor->at >= 3 &&
		memcmp(cursor->at, "\xef\xbb\xbf", 3) == 0)
		return scan_refuse(scan, "expected no byte order mark");
	do {
		if (scan_value(scan) != 0)
			return -1;
		while (scan->complete && scan->depth > 0) {
			if (scan_next(scan) != 0)
				return -1;
		}
	} while (!scan->complete);
	scan_next_byte(scan);
	if (cursor->at != cursor->end)
		return scan_refuse(scan,
			"expected nothing after the value; several stand in an "
			"array, with commas between");
	return 0;
}

int json_scan(struct slice text, const struct json_limits *limits,
	struct json_scratch *scratch, bool *spaced, struct error *error)
{
	struct scan_frame frames[JSON_DEPTH_MAX];
	const char *begin = text.length > 0 ? text.data : "";
	struct scan_state scan = {
		.cursor = { begin, begin + text.length },
		.begin = begin,
		.limits = limits,
		.scratch = scratch,
		.error = error,
		.frames = frames,
	};

	int result = scan_text(&scan);
	*spaced = scan.spaced;
	json_names_drop(scratch, 0);
	if (scratch->capacity > SCRATCH_KEPT)
		json_scratch_clear(scratch);
	return result;
}

size_t json_compact(char *text, size_t length)
{
	const char *in = text;
	const char *end = text + length;
	char *out = text;

	while (in < end) {
		const char *token = in;

		in = *token == '"' ? json_skip_string(token) : token + 1;
		if (scan_is_space(*token))
			continue;
		memmove(out, token, (size_t)(in - token));
		out += in - token;
	}
	return (size_t)(out - text);
}

int json_scan_copy(struct text *out, struct slice text,
	const struct json_limits *limits, struct json_scratch *scratch,
	struct error *error)
{
	bool spaced;

	out->length = 0;
	text_slice(out, text);
	if (out->failed)
		return error_out_of_memory(error);
	if (json_scan(text_view(out), limits, scratch, &spaced, error))
		return -1;
	if (spaced)
		out->length = json_compact(out->data, out->length);
	return 0;
}
