/* SPDX-License-Identifier: MIT */
/*
 * test_import_parts.c - a file is cut at line ends, and where it may be.
 */
#include "server/cli/import_parts.h"
#include "tests/unit/unit.h"

#include <string.h>

#define S	"{\"session\":\"a\",\"mark\":\"m\"}"
#define T	"{\"session\":\"b\",\"mark\":\"m\"}"
#define M(text) "{\"seq\":1,\"message\":\"" text "\"}"

/* The parts that were taken, each as N:line|line| and a space. */
static int note(
	void *context, struct slice lines, int64_t line, struct error *why)
{
	struct text *noted = context;

	(void)why;
	text_number(noted, line);
	text_append(noted, ":", 1);
	for (size_t i = 0; i < lines.length; i++)
		text_append(
			noted, lines.data[i] == '\n' ? "|" : lines.data + i, 1);
	text_append(noted, " ", 1);
	return noted->failed ? error_out_of_memory(why) : 0;
}

static int cut(const char *text, size_t max_bytes, struct text *noted,
	struct error *why)
{
	struct parts parts = {
		.max_bytes = max_bytes, .take = note, .context = noted
	};
	char *copy = strdup(text);
	FILE *file = fmemopen(copy, strlen(copy), "r");
	int result;

	ck_assert_ptr_nonnull(file);
	result = parts_read(&parts, file, why);
	parts_clear(&parts);
	fclose(file);
	free(copy);
	return result;
}

static void becomes(const char *text, size_t max_bytes, const char *expected)
{
	struct text noted = { 0 };

	ok(cut(text, max_bytes, &noted, &error));
	is(text_view(&noted), expected);
	text_clear(&noted);
}

static void refuses(const char *text, const char *words)
{
	struct text noted = { 0 };

	fails(cut(text, 1000, &noted, &error), ERROR_INVALID);
	says(words);
	text_clear(&noted);
}

START_TEST(what_has_room_is_one_part)
{
	becomes(S "\n" M("1") "\n" T "\n" M("2") "\n", 1000,
		"1:" S "|" M("1") "|" T "|" M("2") "| ");
	becomes(S "\n" M("1"), 1000, "1:" S "|" M("1") "| ");
	becomes(S, 1000, "1:" S "| ");
	becomes("\n\n", 1000, "");
}
END_TEST

START_TEST(a_part_inside_a_session_repeats_its_line)
{
	becomes(S "\n" M("1") "\n" M("2") "\n" M("3") "\n", 60,
		"1:" S "|" M("1") "| 2:" S "|" M("2") "| 3:" S "|" M("3") "| ");
}
END_TEST

START_TEST(a_session_s_line_does_not_end_a_part)
{
	becomes(S "\n" M("1") "\n" T "\n" M("2") "\n", 90,
		"1:" S "|" M("1") "| 3:" T "|" M("2") "| ");
}
END_TEST

START_TEST(a_session_without_messages_is_in_its_part)
{
	becomes(S "\n" T "\n" S "\n" M("1") "\n", 60,
		"1:" S "|" T "| 3:" S "|" M("1") "| ");
	becomes(S "\n" T "\n" S "\n" M("1") "\n", 30,
		"1:" S "| 2:" T "| 3:" S "|" M("1") "| ");
}
END_TEST

START_TEST(lines_keep_their_numbers)
{
	becomes("\n" S "\n\n" M("1") "\r\n\n" M("2") "\n", 1000,
		"2:" S "||" M("1") "||" M("2") "| ");
}
END_TEST

START_TEST(white_space_is_dropped)
{
	becomes("{ \"session\" : \"a\",\t\"mark\":\"m\" }\n", 1000,
		"1:" S "| ");
}
END_TEST

START_TEST(one_value_may_have_many_lines)
{
	becomes("[\n \"a\",\n \"b\"\n]\n", 1000, "1:[\"a\",\"b\"]| ");
}
END_TEST

START_TEST(a_list_belongs_to_no_session)
{
	becomes(S "\n" M("1") "\n[\"x\"]\n" M("2") "\n", 76,
		"1:" S "|" M("1") "|[\"x\"]| 4:" M("2") "| ");
}
END_TEST

START_TEST(a_bad_line_is_named)
{
	refuses(S "\n" M("1") "\n{\"seq\":2",
		"line 3, column 9: expected ',' or '}' after a member, but the text ends");
	refuses(S "\n\n7\n",
		"line 3: neither a session (with \"mark\") nor a message of "
		"one (with \"seq\") nor a list of messages; from=messages "
		"takes a message a line, from=auto (--from auto) reads files "
		"of other products");
	refuses("[\"a\"]\n[\"b\"]\n",
		"line 2: the second list of messages that names no session");
	refuses("[\n\"a\",\n", "line 3, column 1: expected a value, but the "
			       "text ends");
}
END_TEST

START_TEST(a_part_has_so_many_messages)
{
	struct text file = { 0 }, noted = { 0 };
	size_t parts = 0;

	text_string(&file, S "\n");
	for (int i = 0; i < 20001; i++)
		text_string(&file, M("") "\n");
	text_append(&file, "", 1);
	ok(cut(file.data, SIZE_MAX, &noted, &error));
	for (size_t i = 0; i < noted.length; i++)
		parts += noted.data[i] == ' ';
	ck_assert_uint_eq(parts, 3);
	text_clear(&file);
	text_clear(&noted);
}
END_TEST

UNIT("import_parts", what_has_room_is_one_part,
	a_part_inside_a_session_repeats_its_line,
	a_session_s_line_does_not_end_a_part,
	a_session_without_messages_is_in_its_part, lines_keep_their_numbers,
	white_space_is_dropped, one_value_may_have_many_lines,
	a_list_belongs_to_no_session, a_bad_line_is_named,
	a_part_has_so_many_messages)
