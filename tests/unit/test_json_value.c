/* SPDX-License-Identifier: MIT */
/*
 * test_json_value.c - walking values, and what strings and numbers say.
 */
#include "schema/json/value.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

START_TEST(a_value_shows_its_kind)
{
	ck_assert_int_eq(json_kind(SLICE("null")), JSON_KIND_NULL);
	ck_assert_int_eq(json_kind(SLICE("false")), JSON_KIND_FALSE);
	ck_assert_int_eq(json_kind(SLICE("true")), JSON_KIND_TRUE);
	ck_assert_int_eq(json_kind(SLICE("-1")), JSON_KIND_NUMBER);
	ck_assert_int_eq(json_kind(SLICE("0")), JSON_KIND_NUMBER);
	ck_assert_int_eq(json_kind(SLICE("\"\"")), JSON_KIND_STRING);
	ck_assert_int_eq(json_kind(SLICE("[]")), JSON_KIND_ARRAY);
	ck_assert_int_eq(json_kind(SLICE("{}")), JSON_KIND_OBJECT);
}
END_TEST

START_TEST(an_array_is_walked_element_by_element)
{
	static const char *const wanted[] = { "1", "-2.5e7", "\"a,]\\\"\\\\\"",
		"[[],[\"]\"]]", "{\"}\":{},\"b\":[1,2]}", "null", "true" };
	struct text text = { 0 };
	struct slice value;

	for (size_t i = 0; i < COUNT(wanted); i++)
		text_format(&text, "%s%s", i ? "," : "[", wanted[i]);
	text_string(&text, "]");
	struct json_walk walk = json_walk(text_view(&text));
	for (size_t i = 0; i < COUNT(wanted); i++) {
		ck_assert(json_next_element(&walk, &value));
		is(value, wanted[i]);
	}
	ck_assert(!json_next_element(&walk, &value));
	ck_assert(!json_next_element(&walk, &value));
	ck_assert_uint_eq(json_count(text_view(&text)), COUNT(wanted));
	text_clear(&text);
	walk = json_walk(SLICE("[]"));
	ck_assert(!json_next_element(&walk, &value));
	ck_assert_uint_eq(json_count(SLICE("[]")), 0);
}
END_TEST

START_TEST(what_is_no_container_has_nothing_to_walk)
{
	static const char *const values[] = { "0", "12", "-1.5e3", "true",
		"null", "\"\"", "\"[1]\"" };
	struct slice name, value;

	for (size_t i = 0; i < COUNT(values); i++) {
		struct json_walk walk = json_walk(slice_of(values[i]));

		ck_assert(!json_next_element(&walk, &value));
		ck_assert(!json_next_member(&walk, &name, &value));
	}
}
END_TEST

START_TEST(an_object_is_walked_member_by_member)
{
	const struct slice object =
		SLICE("{\"a\":1,\"\\\"}\":{\"a\":[]},\"\":\"x\"}");
	struct json_walk walk = json_walk(object);
	struct slice name, value;

	ck_assert(json_next_member(&walk, &name, &value));
	is(name, "\"a\"");
	is(value, "1");
	ck_assert(json_next_member(&walk, &name, &value));
	is(name, "\"\\\"}\"");
	is(value, "{\"a\":[]}");
	ck_assert(json_next_member(&walk, &name, &value));
	is(name, "\"\"");
	is(value, "\"x\"");
	ck_assert(!json_next_member(&walk, &name, &value));
	ck_assert_uint_eq(json_count(object), 3);
	ck_assert_uint_eq(json_count(SLICE("{}")), 0);
}
END_TEST

START_TEST(a_member_is_found_however_its_name_is_spelled)
{
	const struct slice object =
		SLICE("{\"content\":1,\"\\u0063ontent2\":2,\"\\u00e9\":3,"
		      "\"\\ud83d\\ude00\":4,\"x\":{\"y\":5}}");
	struct slice value = SLICE("untouched");

	ck_assert(!json_find(object, "conten", &value));
	ck_assert(!json_find(object, "content3", &value));
	ck_assert(!json_find(object, "y", &value));
	ck_assert(!json_find(SLICE("{}"), "", &value));
	is(value, "untouched");
	ck_assert(json_find(object, "content", &value));
	is(value, "1");
	ck_assert(json_find(object, "content2", &value));
	is(value, "2");
	ck_assert(json_find(object, "\xc3\xa9", &value));
	is(value, "3");
	ck_assert(json_find(object, "\xf0\x9f\x98\x80", &value));
	is(value, "4");
}
END_TEST

START_TEST(a_string_is_decoded)
{
	static const struct {
		const char *string;
		struct slice utf8;
		bool whole;
	} rows[] = {
		{ "\"\"", SLICE(""), true },
		{ "\"plain \xc3\xa9\"", SLICE("plain \xc3\xa9"), true },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", SLICE("\"\\/\b\f\n\r\t"),
			true },
		{ "\"a\\u0000b\"", SLICE("a\0b"), true },
		{ "\"\\u007F\\u0080\\u07ff\\u0800\\uFFFF\"",
			SLICE("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"),
			true },
		{ "\"\\uD800\\uDC00\\udbff\\udfff\"",
			SLICE("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true },
		{ "\"\\ufffd\"", SLICE("\xef\xbf\xbd"), true },
		{ "\"\\ud83d\"", SLICE("\xef\xbf\xbd"), false },
		{ "\"\\ude00x\"", SLICE("\xef\xbf\xbdx"), false },
		{ "\"\\ud83d\\\\ude00\"", SLICE("\xef\xbf\xbd\\ude00"), false },
		{ "\"\\ud83d\\n\"", SLICE("\xef\xbf\xbd\n"), false },
		{ "\"\\ud83d\\u0041\"", SLICE("\xef\xbf\xbd\x41"), false },
		{ "\"\\ud83d\\ud83d\\ude00\"",
			SLICE("\xef\xbf\xbd\xf0\x9f\x98\x80"), false },
		{ "\"\\ude00\\ud83d\"", SLICE("\xef\xbf\xbd\xef\xbf\xbd"),
			false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice string = slice_of(rows[i].string);
		struct text text = { 0 };

		ck_assert_msg(json_decode(&text, string) == rows[i].whole,
			"row %zu", i);
		ck_assert_msg(slice_equal(text_view(&text), rows[i].utf8),
			"row %zu: %.*s", i, (int)text.length, text.data);
		ck_assert_msg(
			json_string_is(string, rows[i].utf8) == rows[i].whole,
			"row %zu", i);
		text_clear(&text);
	}
	is(json_inner(SLICE("\"a\\n\"")), "a\\n");
	ck_assert(!json_string_is(SLICE("\"ab\""), SLICE("a")));
	ck_assert(!json_string_is(SLICE("\"a\""), SLICE("ab")));
}
END_TEST

START_TEST(a_string_ends_at_its_own_quote)
{
	static const struct {
		const char *text;
		size_t length;
	} rows[] = {
		{ "\"\",\"", 2 },
		{ "\"\\\"\",", 4 },
		{ "\"\\\\\",\"", 4 },
		{ "\"\\\\\\\"\",\"", 6 },
		{ "\"a\\\\\\\\\" \"", 7 },
		{ "\"\\\"\\\"\\\"\"\\\"", 8 },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ck_assert_msg(json_skip_string(rows[i].text) ==
				      rows[i].text + rows[i].length,
			"row %zu", i);
}
END_TEST

START_TEST(strings_are_ordered_as_they_decode)
{
	/* Ascending; each line holds equal ones. */
	static const char *const rows[][3] = {
		{ "\"\"", "\"\"", "\"\"" },
		{ "\"\\u0000\"", "\"\\u0000\"", "\"\\u0000\"" },
		{ "\"\\n\"", "\"\\u000a\"", "\"\\u000A\"" },
		{ "\"/\"", "\"\\/\"", "\"\\u002f\"" },
		{ "\"a\"", "\"\\u0061\"", "\"a\"" },
		{ "\"ab\"", "\"\\u0061b\"", "\"a\\u0062\"" },
		{ "\"b\"", "\"\\u0062\"", "\"b\"" },
		{ "\"\xc3\xa9\"", "\"\\u00e9\"", "\"\\u00E9\"" },
		{ "\"\\ud83d\"", "\"\\uD83D\"", "\"\\uD83d\"" },
		{ "\"\\ud83dx\"", "\"\\ud83d\\u0078\"", "\"\\uD83Dx\"" },
		{ "\"\xef\xbf\xbd\"", "\"\\ufffd\"", "\"\\uFFFD\"" },
		{ "\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\"",
			"\"\\uD83D\\uDE00\"" },
	};

	for (size_t i = 0; i < 3 * COUNT(rows); i++) {
		for (size_t j = 0; j < 3 * COUNT(rows); j++) {
			struct slice a = slice_of(rows[i / 3][i % 3]);
			struct slice b = slice_of(rows[j / 3][j % 3]);
			int order = json_string_compare(a, b);

			ck_assert_msg((order > 0) == (i / 3 > j / 3) &&
					      (order < 0) == (i / 3 < j / 3),
				"%s %d %s", a.data, order, b.data);
		}
	}
}
END_TEST

START_TEST(whole_numbers_are_read_if_they_fit)
{
	static const struct {
		const char *number;
		bool whole;
		int64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "7", true, 7 },
		{ "-42", true, -42 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "1.0", false, 0 },
		{ "1e2", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "--1", false, 0 },
		{ "+1", false, 0 },
		{ "01", false, 0 },
		{ "-01", false, 0 },
		{ " 1", false, 0 },
		{ "1a", false, 0 },
		{ "null", false, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t value = 123;
		bool whole = json_int64(slice_of(rows[i].number), &value);

		ck_assert_msg(whole == rows[i].whole, "%s", rows[i].number);
		ck_assert_int_eq(value, whole ? rows[i].value : 123);
	}
}
END_TEST

UNIT("json_value", a_value_shows_its_kind,
	an_array_is_walked_element_by_element,
	what_is_no_container_has_nothing_to_walk,
	an_object_is_walked_member_by_member,
	a_member_is_found_however_its_name_is_spelled, a_string_is_decoded,
	a_string_ends_at_its_own_quote, strings_are_ordered_as_they_decode,
	whole_numbers_are_read_if_they_fit)
