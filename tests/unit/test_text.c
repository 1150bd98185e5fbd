/* SPDX-License-Identifier: MIT */
/*
 * test_text.c - slices, growing text, UTF-8, times, and the words of errors.
 */
#include "schema/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/unit/unit.h"

START_TEST(slices_compare_as_bytes)
{
	ck_assert(slice_is(SLICE("a\0b"), "a") == false);
	ck_assert(slice_equal(SLICE("a\0b"), SLICE("a\0b")));
	ck_assert(slice_equal((struct slice){ 0 }, SLICE("")));
	ck_assert_int_lt(slice_compare(SLICE("a"), SLICE("ab")), 0);
	ck_assert_int_gt(slice_compare(SLICE("\xc3"), SLICE("z")), 0);
	ck_assert_int_eq(slice_compare(SLICE(""), (struct slice){ 0 }), 0);
	ck_assert_int_lt(slice_compare(SLICE(""), SLICE("a")), 0);
}
END_TEST

START_TEST(a_text_grows_and_keeps_every_byte)
{
	struct text text = { 0 };

	for (int i = 0; i < 1000; i++)
		text_append(&text, "a\0b", 3);
	ck_assert_uint_eq(text.length, 3000);
	ck_assert(!text.failed);
	for (size_t i = 0; i < 1000; i++)
		ck_assert_int_eq(memcmp(text.data + 3 * i, "a\0b", 3), 0);
	text_clear(&text);
	ck_assert_ptr_null(text.data);
	ck_assert_uint_eq(text.capacity, 0);
}
END_TEST

START_TEST(a_text_that_failed_stays_as_it_was)
{
	struct text text = { 0 };

	text_string(&text, "kept");
	ck_assert_int_eq(text_reserve(&text, SIZE_MAX - 2), -1);
	ck_assert(text.failed);
	text_string(&text, "lost");
	text_number(&text, 7);
	text_format(&text, "%d", 7);
	is(text_view(&text), "kept");
	text_clear(&text);
	ck_assert(!text.failed);
}
END_TEST

START_TEST(numbers_and_formats_are_appended)
{
	struct text text = { 0 };

	text_number(&text, 0);
	text_string(&text, " ");
	text_number(&text, INT64_MAX);
	text_string(&text, " ");
	text_number(&text, INT64_MIN);
	text_format(&text, " %s-%03d", "x", 7);
	is(text_view(&text),
		"0 9223372036854775807 -9223372036854775808 x-007");
	text_clear(&text);
	for (int i = 0; i < 500; i++)
		text_format(&text, "%d,", 1000 + i);
	ck_assert_uint_eq(text.length, 2500);
	ck_assert_int_eq(memcmp(text.data + 2495, "1499,", 5), 0);
	text_clear(&text);
}
END_TEST

START_TEST(json_strings_escape_only_what_they_must)
{
	struct text text = { 0 };

	text_json(&text, SLICE("a\"\\/\b\f\n\r\t\0\x1f\x7f\xc3\xa9"));
	is(text_view(&text),
		"\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\xc3\xa9\"");
	text_clear(&text);
	text_json(&text, (struct slice){ 0 });
	is(text_view(&text), "\"\"");
	text_clear(&text);
}
END_TEST

START_TEST(times_are_those_of_the_c_library)
{
	static const int64_t edges[] = { 0, 999, 951782400000 /* 29 Feb 2000 */,
		951868799999, 1709164800000 /* 29 Feb 2024 */, 1798761599999,
		4107542400000 /* 1 Mar 2100 */, 253402300799999 };
	struct text text = { 0 };

	for (size_t i = 0; i < 20000; i++) {
		int64_t at = i < sizeof(edges) / sizeof(*edges)
				     ? edges[i]
				     : (int64_t)i * 12670000001;
		time_t seconds = (time_t)(at / 1000);
		struct tm tm;
		char wanted[40], day[30];

		gmtime_r(&seconds, &tm);
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(wanted, sizeof(wanted), "%s.%03dZ", day,
			(int)(at % 1000));
		text.length = 0;
		text_time(&text, at);
		is(text_view(&text), wanted);
	}
	text_clear(&text);
}
END_TEST

START_TEST(a_time_beyond_the_calendar_is_its_edge)
{
	static const struct {
		int64_t time;
		const char *written;
	} rows[] = {
		{ INT64_MIN, "1970-01-01T00:00:00.000Z" },
		{ -1, "1970-01-01T00:00:00.000Z" },
		{ 253402300800000, "9999-12-31T23:59:59.999Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999Z" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct text text = { 0 };

		text_time(&text, rows[i].time);
		is(text_view(&text), rows[i].written);
		text_clear(&text);
	}
}
END_TEST

START_TEST(a_time_after_another_stops_at_the_last_one)
{
	ck_assert_int_eq(text_time_after(5, 2), 2005);
	ck_assert_int_eq(text_time_after(5, 0), 5);
	ck_assert_int_eq(text_time_after(5, -2), 5);
	ck_assert_int_eq(text_time_after(INT64_MIN, 1), 1000);
	ck_assert_int_eq(
		text_time_after(TEXT_TIME_MOST - 1000, 1), TEXT_TIME_MOST);
	ck_assert_int_eq(
		text_time_after(TEXT_TIME_MOST - 999, 1), TEXT_TIME_MOST);
	ck_assert_int_eq(text_time_after(5, INT64_MAX), TEXT_TIME_MOST);
	ck_assert_int_eq(text_time_after(INT64_MAX, 1), TEXT_TIME_MOST);
}
END_TEST

START_TEST(a_time_is_read_as_it_is_written)
{
	static const char *const refused[] = { "", "2026-01-31T09:30:00Z",
		"2026-02-29T09:30:00.000Z", "2026-13-01T09:30:00.000Z",
		"2026-00-01T09:30:00.000Z", "2026-01-00T09:30:00.000Z",
		"2026-01-31T24:00:00.000Z", "2026-01-31T09:60:00.000Z",
		"2026-01-31T09:30:60.000Z", "2026-01-31t09:30:00.000Z",
		"2026-01-31T09:30:00.000z", "1969-12-31T23:59:59.999Z",
		"2026-01-31T09:30:00.00 Z" };
	struct text text = { 0 };
	int64_t read;

	for (int64_t at = 0; at < 253402300800000; at += 7777777777777 / 31) {
		text.length = 0;
		text_time(&text, at);
		ck_assert(slice_time(text_view(&text), &read));
		ck_assert_int_eq(read, at);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		ck_assert_msg(!slice_time(slice_of(refused[i]), &read), "%s",
			refused[i]);
	text_clear(&text);
}
END_TEST

/* Every sequence of up to four bytes whose edges matter. */
START_TEST(utf8_is_what_the_standard_says)
{
	static const struct {
		const char *bytes;
		size_t step;
	} rows[] = {
		{ "a", 1 },
		{ "\x7f", 1 },
		{ "\x80", 0 },
		{ "\xbf", 0 },
		{ "\xc0\x80", 0 },
		{ "\xc1\xbf", 0 },
		{ "\xc2\x80", 2 },
		{ "\xc2\x7f", 0 },
		{ "\xc2\xc0", 0 },
		{ "\xc2", 0 },
		{ "\xdf\xbf", 2 },
		{ "\xe0\x9f\xbf", 0 },
		{ "\xe0\xa0\x80", 3 },
		{ "\xe0\xa0", 0 },
		{ "\xe1\x80\x80", 3 },
		{ "\xe1\x80\x7f", 0 },
		{ "\xed\x9f\xbf", 3 },
		{ "\xed\xa0\x80", 0 },
		{ "\xed\xbf\xbf", 0 },
		{ "\xee\x80\x80", 3 },
		{ "\xef\xbf\xbf", 3 },
		{ "\xf0\x8f\xbf\xbf", 0 },
		{ "\xf0\x90\x80\x80", 4 },
		{ "\xf0\x90\x80", 0 },
		{ "\xf4\x8f\xbf\xbf", 4 },
		{ "\xf4\x8f\xbf\xc0", 0 },
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xff", 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(
			utf8_step(slice_of(rows[i].bytes)) == rows[i].step,
			"row %zu", i);
	ck_assert_uint_eq(utf8_step((struct slice){ 0 }), 0);
	ck_assert(slice_is_utf8(SLICE("a\xc3\xa9\xf0\x9f\x98\x80\0")));
	ck_assert(!slice_is_utf8(SLICE("a\xc3\xa9\xf0\x9f\x98")));
}
END_TEST

START_TEST(an_error_quotes_anything_on_one_line)
{
	ck_assert_int_eq(error_set(&error, ERROR_INVALID, "no %s here",
				 "a\n\x01\x7f\xff\xc3\xa9\xe2\x82"),
		-1);
	says("no a????\xc3\xa9?\? here");
	ck_assert_int_eq(error.code, ERROR_INVALID);
	ck_assert_str_eq(error_name(error.code), "invalid");
	ck_assert_int_eq(error_status(error.code), 400);
	ck_assert_int_eq(error_out_of_memory(&error), -1);
	ck_assert_int_eq(error_status(error.code), 503);
	says("out of memory");
}
END_TEST

START_TEST(an_error_is_cut_between_characters)
{
	char words[700];

	/* A letter, then characters of three bytes: 500 is inside of one. */
	words[0] = 'a';
	for (size_t i = 1; i + 3 < sizeof(words); i += 3)
		memcpy(words + i, "\xe2\x82\xac", 4);
	error_describe(&error, ERROR_INTERNAL, "%s", words);
	ck_assert_uint_eq(strlen(error.message), 499);
	ck_assert(slice_is_utf8(slice_of(error.message)));
	memset(words, 'x', 600);
	words[600] = '\0';
	error_describe(&error, ERROR_INTERNAL, "%s", words);
	ck_assert_uint_eq(strlen(error.message), 500);
}
END_TEST

START_TEST(a_flag_is_said_in_the_words_of_several_languages)
{
	static const struct {
		const char *word;
		bool flag;
		bool is_one;
	} rows[] = {
		{ "true", true, true },
		{ "True", true, true },
		{ "1", true, true },
		{ "false", false, true },
		{ "False", false, true },
		{ "0", false, true },
		{ "TRUE", false, false },
		{ "yes", false, false },
		{ "", false, false },
		{ "10", false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		bool flag;

		ck_assert(slice_flag(slice_of(rows[i].word), &flag) ==
			  rows[i].is_one);
		ck_assert(!rows[i].is_one || flag == rows[i].flag);
	}
}
END_TEST

UNIT("text", a_flag_is_said_in_the_words_of_several_languages,
	slices_compare_as_bytes, a_text_grows_and_keeps_every_byte,
	a_text_that_failed_stays_as_it_was, numbers_and_formats_are_appended,
	json_strings_escape_only_what_they_must,
	times_are_those_of_the_c_library,
	a_time_beyond_the_calendar_is_its_edge,
	a_time_after_another_stops_at_the_last_one,
	a_time_is_read_as_it_is_written, utf8_is_what_the_standard_says,
	an_error_quotes_anything_on_one_line,
	an_error_is_cut_between_characters)
