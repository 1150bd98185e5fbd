/* SPDX-License-Identifier: MIT */
/*
 * test_json_write.c - JSON, written piece by piece.
 */
#include "schema/json/write.h"

#include "schema/json/scan.h"
#include "tests/unit/failing.h"
#include "tests/unit/unit.h"

static void write_all(struct text *out)
{
	json_begin_object(out);
	json_member(out, "json", SLICE("[1.10]"));
	json_member_string(out, "string", SLICE("a\"\\\n\x01\xc3\xa4"));
	json_member_number(out, "number", INT64_MIN);
	json_member_bool(out, "yes", true);
	json_member_bool(out, "no", false);
	json_member_null(out, "null");
	json_member_time(out, "time", 0);
	json_member_json(out, SLICE("\"\\u0061\""), SLICE("{}"));
	json_name(out, "list");
	json_begin_array(out);
	json_put(out, SLICE("-0"));
	json_put_string(out, SLICE(""));
	json_put_number(out, 7);
	json_put_bool(out, false);
	json_put_null(out);
	json_put_time(out, 1);
	json_begin_array(out);
	json_end_array(out);
	json_begin_object(out);
	json_name_json(out, SLICE("\"\""));
	json_begin_object(out);
	json_end_object(out);
	json_name(out, "");
	json_begin_string(out);
	text_json_inner(out, SLICE("[\""));
	text_slice(out, SLICE("\\t:"));
	json_end_string(out);
	json_end_object(out);
	json_end_array(out);
	json_member_number(out, "last", 0);
	json_end_object(out);
}

START_TEST(commas_stand_where_json_wants_them)
{
	struct text out = { 0 };

	write_all(&out);
	is(text_view(&out), "{\"json\":[1.10],"
			    "\"string\":\"a\\\"\\\\\\n\\u0001\xc3\xa4\","
			    "\"number\":-9223372036854775808,"
			    "\"yes\":true,\"no\":false,\"null\":null,"
			    "\"time\":\"1970-01-01T00:00:00.000Z\","
			    "\"\\u0061\":{},"
			    "\"list\":[-0,\"\",7,false,null,"
			    "\"1970-01-01T00:00:00.001Z\",[],"
			    "{\"\":{},\"\":\"[\\\"\\t:\"}],"
			    "\"last\":0}");
	text_clear(&out);
}
END_TEST

/* A string that ends like a bracket, a colon or a blank is a value too. */
START_TEST(a_comma_follows_whatever_a_string_says)
{
	static const char *const ends[] = { "[", "{", ":", ",", " ", "\n", "" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		struct text out = { 0 };
		struct json_scratch scratch = { 0 };
		const struct json_limits limits = { .depth = 2, .values = 9 };
		bool spaced;

		json_begin_array(&out);
		json_put_string(&out, slice_of(ends[i]));
		json_put_string(&out, slice_of(ends[i]));
		json_begin_object(&out);
		json_member_string(&out, "a", slice_of(ends[i]));
		json_member_string(&out, "b", slice_of(ends[i]));
		json_end_object(&out);
		json_end_array(&out);
		ok(json_scan(
			text_view(&out), &limits, &scratch, &spaced, &error));
		json_scratch_clear(&scratch);
		text_clear(&out);
	}
}
END_TEST

START_TEST(a_value_stands_behind_words_that_are_no_json)
{
	struct text out = { 0 };

	text_string(&out, "data: ");
	json_put_number(&out, 1);
	text_string(&out, "\n");
	json_begin_object(&out);
	json_end_object(&out);
	text_string(&out, ",");
	json_put_null(&out);
	is(text_view(&out), "data: 1\n{},null");
	text_clear(&out);
}
END_TEST

START_TEST(want_of_memory_is_noticed)
{
	int failures = 0;

	while (failing_next()) {
		struct text out = { 0 };
		bool failed;

		write_all(&out);
		failed = failing_stop();
		ck_assert(out.failed == failed);
		failures += failed;
		text_clear(&out);
	}
	ck_assert_int_ge(failures, 4);
}
END_TEST

UNIT("json_write", commas_stand_where_json_wants_them,
	a_comma_follows_whatever_a_string_says,
	a_value_stands_behind_words_that_are_no_json, want_of_memory_is_noticed)
