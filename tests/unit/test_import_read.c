/* SPDX-License-Identifier: MIT */
/*
 * test_import_read.c - all lines of an import are read before one is stored.
 */
#include "tests/unit/import_lines.h"

static void refuses_lines(const char *lines, const char *words)
{
	struct import_input input;

	ck_assert_int_eq(read_lines(&input, lines, &error), -1);
	ck_assert_str_eq(error.message, words);
	import_input_clear(&input);
}

/* Without a store: for what it says, and for what stands before it. */
START_TEST(a_line_is_refused_before_the_first_is_stored)
{
	refuses_lines(SESSION(2, 2, 2) "\n\n{}\n",
		"line 4: neither a session (with \"mark\") nor a message of "
		"one (with \"seq\") nor a list of messages; from=messages "
		"takes a message a line, from=auto (--from auto) reads files "
		"of other products");
	refuses_lines(LIST MESSAGE(1, ",\"message\":\"x\""),
		"line 2: a message, but no session before it");
	refuses_lines(SESSION(2, 2, 2) LIST MESSAGE(1, ",\"message\":\"x\""),
		"line 3: a message, but no session before it");
	refuses_lines(SESSION(2, 2, 2) MESSAGE(1, ",\"message\":7"),
		"line 2: message must be an object, a string or [type, "
		"content]");
	refuses_lines(SESSION(2, 2, 2) DROPPED("b"),
		"line 2: session \"b\" is dropped, but was not begun");
	refuses_lines(SESSION(2, 2, 2) DROPPED("a") DROPPED("a"),
		"line 3: session \"a\" is dropped, but was not begun");
	refuses_lines(LIST "{\"session\":\"..\",\"messages\":[]}",
		"line 2: session must be a name of 1 to 255 bytes of UTF-8, "
		"none of them U+0000, neither . nor .., not \"..\"");
	refuses_lines(LIST "[]",
		"line 2: the messages name no session; say "
		"{\"session\":NAME,\"messages\":[...]}, or session=NAME "
		"(--session NAME) once");
}
END_TEST

/* As many as there may be; one more is refused. */
START_TEST(lines_are_bounded)
{
	struct import_input input;
	struct text lines = { 0 };

	for (int i = 0; i < IMPORT_LINES_MOST; i++)
		text_string(&lines, LIST);
	text_append(&lines, "", 1);
	ok(read_lines(&input, lines.data, &error));
	ck_assert_int_eq((int64_t)input.count, IMPORT_LINES_MOST);
	ck_assert(import_size(&input) > input.count * sizeof(size_t));
	import_input_clear(&input);
	lines.length--;
	text_append(&lines, SESSION(2, 2, 2), sizeof(SESSION(2, 2, 2)));
	refuses_lines(lines.data,
		"line 10001: more than 10000 sessions in one request");
	lines.length = 0;
	text_string(&lines, SESSION(20000, 20000, 20000));
	for (int i = 1; i <= IMPORT_LINES_MOST + 1; i++)
		text_string(&lines, MESSAGE(1, ",\"message\":\"x\""));
	text_append(&lines, "", 1);
	refuses_lines(lines.data,
		"line 10002: more than 10000 messages in one request");
	text_clear(&lines);
}
END_TEST

UNIT("import_read", a_line_is_refused_before_the_first_is_stored,
	lines_are_bounded)
