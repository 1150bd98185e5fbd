/* SPDX-License-Identifier: MIT */
/* parsed.h - messages for tests, written with ' where JSON has ". */
#ifndef TESTS_UNIT_PARSED_H
#define TESTS_UNIT_PARSED_H

#include "schema/forms/parse.h"
#include "schema/json/scan.h"
#include "schema/message/message.h"
#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A list and the text that it borrows from.  Starts as {0}. */
struct parsed {
	struct message_list list;
	struct text body;
};

static inline void parsed_clear(struct parsed *parsed)
{
	message_list_clear(&parsed->list);
	text_clear(&parsed->body);
}

static inline void put_quoted(struct text *out, const char *single)
{
	for (; *single; single++)
		text_append(out, *single == '\'' ? "\"" : single, 1);
}

/* The text is what a body must be: valid, compact, within the bounds. */
static inline void is_body(struct slice text)
{
	const struct json_limits limits = { .depth = 64, .values = 1000000 };
	struct json_scratch scratch = { 0 };
	bool spaced;

	ok(json_scan(text, &limits, &scratch, &spaced, &error));
	ck_assert(!spaced);
	json_scratch_clear(&scratch);
}

static inline int parse(struct parsed *parsed, const char *body)
{
	put_quoted(&parsed->body, body);
	is_body(text_view(&parsed->body));
	error = (struct error){ 0 };
	return message_list_parse(
		&parsed->list, text_view(&parsed->body), &error);
}

/* A slice holds what `single` says with ' for ". */
static inline void is_quoted(struct slice actual, const char *single)
{
	struct text expected = { 0 };

	put_quoted(&expected, single);
	ck_assert_msg(slice_equal(actual, text_view(&expected)),
		"is\n%.*s\nnot\n%.*s", (int)actual.length, actual.data,
		(int)expected.length, expected.data);
	text_clear(&expected);
}

/* A body and the words of its refusal. */
struct row {
	const char *body;
	const char *expected;
};

static inline void every_row_is_refused(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct parsed parsed = { 0 };

		fails(parse(&parsed, rows[i].body), ERROR_INVALID);
		is_quoted(slice_of(error.message), rows[i].expected);
		parsed_clear(&parsed);
	}
}

#endif
