/* SPDX-License-Identifier: MIT */
/*
 * test_json_merge.c - merge patches, and JSON as JavaScript prints it.
 */
#include "schema/json/merge.h"
#include "schema/json/stringify.h"

#include <stdio.h>
#include <string.h>

#include "schema/json/scan.h"
#include "tests/unit/failing.h"
#include "tests/unit/unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

START_TEST(a_patch_changes_what_it_names)
{
	static const struct {
		const char *target, *patch, *result;
	} rows[] = {
		/* RFC 7396, appendix A */
		{ "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"b\":\"c\"}",
			"{\"a\":\"b\",\"b\":\"c\"}" },
		{ "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
		{ "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}",
			"{\"b\":\"c\"}" },
		{ "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
		{ "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
		{ "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}",
			"{\"a\":{\"b\":\"d\"}}" },
		{ "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
		{ "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
		{ "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
		{ "{\"a\":\"foo\"}", "null", "null" },
		{ "{\"a\":\"foo\"}", "\"bar\"", "\"bar\"" },
		{ "{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}" },
		{ "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
		{ "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}",
			"{\"a\":{\"bb\":{}}}" },
		/* places, spellings, what is kept */
		{ "{\"z\":1.10,\"a\":-0,\"m\":\"\\/\"}", "{}",
			"{\"z\":1.10,\"a\":-0,\"m\":\"\\/\"}" },
		{ "{\"z\":1,\"a\":2}", "{\"y\":3,\"a\":1e400,\"b\":4}",
			"{\"z\":1,\"a\":1e400,\"y\":3,\"b\":4}" },
		{ "{\"\\u0061\":1,\"b\":2}", "{\"a\":3}",
			"{\"\\u0061\":3,\"b\":2}" },
		{ "{\"a\":1}", "{\"\\u0061\":null,\"\\u0062\":[null]}",
			"{\"\\u0062\":[null]}" },
		{ "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"y\":null,\"z\":3}}",
			"{\"a\":{\"x\":1,\"z\":3}}" },
		{ "{\"a\":7}", "{\"a\":{\"x\":null,\"y\":{\"z\":null}}}",
			"{\"a\":{\"y\":{}}}" },
		{ "{\"\\ud83d\":1}", "{\"\\uD83D\":2,\"\\ufffd\":3}",
			"{\"\\ud83d\":2,\"\\ufffd\":3}" },
		{ "{\"a\":{}}", "{\"a\":{\"b\":1}}", "{\"a\":{\"b\":1}}" },
		{ "{\"{\":\"{\"}", "{\"b\":1}", "{\"{\":\"{\",\"b\":1}" },
		{ "null", "{}", "{}" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text out = { 0 };

		text_string(&out, "before,");
		ck_assert(json_merge_patch(&out, slice_of(rows[i].target),
			slice_of(rows[i].patch)));
		ck_assert_int_eq(memcmp(out.data, "before,", 7), 0);
		is(((struct slice){ out.data + 7, out.length - 7 }),
			rows[i].result);
		text_clear(&out);
	}
}
END_TEST

/* {"n0":0,"n7":7,…}: `count` members, in a shuffled order. */
static struct text wide_object(int count)
{
	struct text text = { 0 };

	text_string(&text, "{");
	for (int i = 0; i < count; i++) {
		int number = (int)(i * INT64_C(7919) % count);

		text_format(
			&text, "%s\"n%d\":%d", i ? "," : "", number, number);
	}
	text_string(&text, "}");
	return text;
}

/* A search of each name among all others would take hours. */
START_TEST(a_patch_of_half_a_million_members_is_applied)
{
	struct text wide = wide_object(500000);
	struct text out = { 0 };

	ck_assert(json_merge_patch(&out, text_view(&wide), text_view(&wide)));
	ck_assert(slice_equal(text_view(&out), text_view(&wide)));
	out.length = 0;
	ck_assert(json_merge_patch(&out, SLICE("{}"), text_view(&wide)));
	ck_assert(slice_equal(text_view(&out), text_view(&wide)));
	text_clear(&out);
	text_clear(&wide);
}
END_TEST

START_TEST(the_deepest_patch_is_applied)
{
	struct text deep = { 0 }, out = { 0 };

	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		text_string(&deep, "{\"a\":");
	text_string(&deep, "1");
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		text_string(&deep, "}");
	ck_assert(json_merge_patch(&out, text_view(&deep), text_view(&deep)));
	ck_assert(slice_equal(text_view(&out), text_view(&deep)));
	out.length = 0;
	json_stringify(&out, text_view(&deep), 0);
	ck_assert(slice_equal(text_view(&out), text_view(&deep)));
	text_clear(&deep);
	text_clear(&out);
}
END_TEST

/* Each row was printed by node 18. */
START_TEST(numbers_are_printed_as_javascript_does)
{
	static const char *const rows[][2] = {
		{ "0", "0" },
		{ "-0", "0" },
		{ "-0.0", "0" },
		{ "0e5", "0" },
		{ "1.0", "1" },
		{ "1.10", "1.1" },
		{ "-1.50e-1", "-0.15" },
		{ "1E5", "100000" },
		{ "0.000001", "0.000001" },
		{ "0.0000001", "1e-7" },
		{ "1.5e-7", "1.5e-7" },
		{ "123.456e-9", "1.23456e-7" },
		{ "1e21", "1e+21" },
		{ "1e20", "100000000000000000000" },
		{ "123456789012345678901", "123456789012345680000" },
		{ "1234567890123456789012", "1.2345678901234568e+21" },
		{ "12345678901234567890", "12345678901234567000" },
		{ "9007199254740992", "9007199254740992" },
		{ "9007199254740993", "9007199254740992" },
		{ "-9223372036854775808", "-9223372036854776000" },
		{ "0.1", "0.1" },
		{ "0.30000000000000004", "0.30000000000000004" },
		{ "1.7976931348623157e308", "1.7976931348623157e+308" },
		{ "1.7976931348623159e308", "null" },
		{ "1e400", "null" },
		{ "-1e400", "null" },
		{ "1e-400", "0" },
		{ "5e-324", "5e-324" },
		{ "4.94065645841246544e-324", "5e-324" },
		{ "2.2250738585072014e-308", "2.2250738585072014e-308" },
		{ "2.225073858507201e-308", "2.225073858507201e-308" },
		{ "1.5e-323", "1.5e-323" },
		/* powers of two whose shortest spelling is not the nearest */
		{ "5.6843418860808015e-14", "5.684341886080802e-14" },
		{ "9.5367431640625e-7", "9.5367431640625e-7" },
		{ "9007199254740992.0", "9007199254740992" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text out = { 0 };

		json_stringify(&out, slice_of(rows[i][0]), 0);
		is(text_view(&out), rows[i][1]);
		text_clear(&out);
	}
}
END_TEST

START_TEST(a_number_of_any_length_is_printed)
{
	struct text number = { 0 }, out = { 0 };

	text_string(&number, "0.");
	for (int i = 0; i < 100000; i++)
		text_string(&number, "0");
	text_string(&number, "15e100001");
	json_stringify(&out, text_view(&number), 0);
	is(text_view(&out), "1.5");
	text_clear(&number);
	text_clear(&out);
}
END_TEST

START_TEST(values_are_printed_as_javascript_does)
{
	static const char *const rows[][2] = {
		{ "null", "null" },
		{ "[true,false,null]", "[true,false,null]" },
		{ "[]", "[]" },
		{ "{}", "{}" },
		{ "\"\\/\\u0041\\u00e9\\\"\\\\\"", "\"/A\xc3\xa9\\\"\\\\\"" },
		{ "\"\\b\\f\\n\\r\\t\\u0008\\u000A\"",
			"\"\\b\\f\\n\\r\\t\\b\\n\"" },
		{ "\"\\u0000\\u001F\\u007f\\u2028\"",
			"\"\\u0000\\u001f\x7f\xe2\x80\xa8\"" },
		{ "\"\\uD83D\\uDE00\\uD83D \\uDEAB\"",
			"\"\xf0\x9f\x98\x80\\ud83d \\udeab\"" },
		/* integer-like names come first, in order */
		{ "{\"b\":1,\"10\":2,\"9\":3,\"a\":4,\"0\":5}",
			"{\"0\":5,\"9\":3,\"10\":2,\"b\":1,\"a\":4}" },
		{ "{\"01\":1,\"-1\":2,\"4294967295\":3,\"4294967294\":4,"
		  "\"-0\":5,\"1.0\":6,\"\":7,\"42949672940\":8}",
			"{\"4294967294\":4,\"01\":1,\"-1\":2,\"4294967295\":3,"
			"\"-0\":5,\"1.0\":6,\"\":7,\"42949672940\":8}" },
		{ "{\"a\":{\"2\":1,\"1\":{}},\"\\u0031\":[]}",
			"{\"1\":[],\"a\":{\"1\":{},\"2\":1}}" },
		{ "{\"__proto__\":1,\"toString\":2}",
			"{\"__proto__\":1,\"toString\":2}" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text out = { 0 };

		json_stringify(&out, slice_of(rows[i][0]), 0);
		is(text_view(&out), rows[i][1]);
		text_clear(&out);
	}
}
END_TEST

START_TEST(two_spaces_indent_a_level_and_nothing_else)
{
	struct text out = { 0 };

	json_stringify(&out,
		SLICE("[{\"type\":\"text\",\"text\":\"a\\u000ab\",\"e\":[],"
		      "\"o\":{},\"n\":[1.0,[2]]},7]"),
		2);
	is(text_view(&out), "[\n"
			    "  {\n"
			    "    \"type\": \"text\",\n"
			    "    \"text\": \"a\\nb\",\n"
			    "    \"e\": [],\n"
			    "    \"o\": {},\n"
			    "    \"n\": [\n"
			    "      1,\n"
			    "      [\n"
			    "        2\n"
			    "      ]\n"
			    "    ]\n"
			    "  },\n"
			    "  7\n"
			    "]");
	out.length = 0;
	json_stringify(&out, SLICE("[]"), 2);
	json_stringify(&out, SLICE("{}"), 2);
	json_stringify(&out, SLICE("\"x\""), 2);
	is(text_view(&out), "[]{}\"x\"");
	text_clear(&out);
}
END_TEST

/* Each allocation fails once, and each failure must be seen. */
static void endure(void (*write)(struct text *out), int allocations)
{
	int failures = 0;

	while (failing_next()) {
		struct text out = { 0 };

		write(&out);
		bool failed = failing_stop();
		ck_assert_msg(out.failed == failed, "round %d", failures);
		text_clear(&out);
		failures += failed;
	}
	ck_assert_int_eq(failures, allocations);
}

static void write_merged(struct text *out)
{
	json_merge_patch(out, SLICE("{\"a\":{\"b\":1}}"),
		SLICE("{\"a\":{\"b\":{\"c\":2}},\"d\":{\"e\":3}}"));
}

static void write_printed(struct text *out)
{
	json_stringify(out, SLICE("{\"2\":{\"1\":1.5},\"a\":\"\\u0001\"}"), 2);
}

START_TEST(want_of_memory_is_noticed)
{
	endure(write_merged, 5);
	endure(write_printed, 3);
}
END_TEST

UNIT("json_merge", a_patch_changes_what_it_names,
	a_patch_of_half_a_million_members_is_applied,
	the_deepest_patch_is_applied, numbers_are_printed_as_javascript_does,
	a_number_of_any_length_is_printed,
	values_are_printed_as_javascript_does,
	two_spaces_indent_a_level_and_nothing_else, want_of_memory_is_noticed)
