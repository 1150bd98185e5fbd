/* SPDX-License-Identifier: MIT */
/*
 * test_json_names.c - duplicate names are found, in linear time, in memory
 * that is given back.
 */
#include "schema/json/names.h"

#include <stdio.h>

#include "schema/json/scan.h"
#include "tests/unit/failing.h"
#include "tests/unit/unit.h"

static const struct json_limits limits = { .depth = 64, .values = 1000000 };

static int scan(struct slice text)
{
	struct json_scratch scratch = { 0 };
	bool spaced;
	int result = json_scan(text, &limits, &scratch, &spaced, &error);

	json_scratch_clear(&scratch);
	return result;
}

START_TEST(a_scratch_serves_again_after_any_end)
{
	struct json_scratch scratch = { 0 };
	bool spaced;

#define AGAIN(text) json_scan(SLICE(text), &limits, &scratch, &spaced, &error)
	for (int i = 0; i < 1000; i++) {
		fails(AGAIN("{\"a\":{\"b\":{\"c\":1,"), ERROR_INVALID);
		fails(AGAIN("{\"a\":1,\"a\":1}"), ERROR_INVALID);
		ok(AGAIN("{\"c\":1,\"b\":{\"a\":1},\"a\":1}"));
	}
	ck_assert_uint_eq(scratch.count, 0);
	for (uint32_t i = 0; i < scratch.capacity; i++)
		ck_assert_uint_eq(scratch.buckets[i], 0);
	json_scratch_clear(&scratch);
}
END_TEST

/* An object of `count` members "0", "1", …; maybe with a name twice. */
static struct text wide_object(int count, bool duplicate)
{
	struct text text = { 0 };

	text_string(&text, "{");
	for (int i = 0; i < count; i++)
		text_format(&text, "%s\"%d\":0", i ? "," : "", i);
	if (duplicate)
		text_format(&text, ",\"%d\":0", count / 2);
	text_string(&text, "}");
	return text;
}

START_TEST(a_million_members_are_scanned_and_their_memory_given_back)
{
	struct text most = wide_object(1000000, false);
	struct text more = wide_object(1000000, true);
	struct text duplicate = wide_object(999999, true);
	struct json_scratch scratch = { 0 };
	bool spaced;

	ok(json_scan(text_view(&most), &limits, &scratch, &spaced, &error));
	ck_assert_uint_eq(scratch.capacity, 0);
	fails(scan(text_view(&more)), ERROR_TOO_LARGE);
	says("line 1, column 10888892: more than 1000000 members and elements");
	fails(scan(text_view(&duplicate)), ERROR_INVALID);
	says("line 1, column 10888881: duplicate member name \"499999\"");
	text_clear(&most);
	text_clear(&more);
	text_clear(&duplicate);
	json_scratch_clear(&scratch);
}
END_TEST

/* How many names the longest search visits. */
static uint32_t longest_chain(const struct json_scratch *scratch)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i < scratch->capacity; i++) {
		uint32_t length = 0;
		uint32_t at = scratch->buckets[i];

		for (; at != 0; at = scratch->names[at - 1].next)
			length++;
		if (length > longest)
			longest = length;
	}
	return longest;
}

#define CROWD 1000

START_TEST(names_chosen_for_one_bucket_spread_over_all)
{
	struct json_scratch known = { 0 }, fresh = { 0 };
	static char crowd[CROWD][12];
	int found = 0;

	/* An attacker could do this if he knew the seed. */
	ck_assert_int_eq(json_names_add(&known, SLICE("\"\""), 0), 0);
	known.seed[0] = known.seed[1] = 0;
	for (int i = 0; found < CROWD; i++) {
		int length = snprintf(crowd[found], 12, "\"%d\"", i);
		struct slice name = { crowd[found], (size_t)length };

		json_names_drop(&known, 0);
		ck_assert_int_eq(json_names_add(&known, name, 0), 0);
		found += known.names[0].hash % 1024 == 0;
	}
	json_names_drop(&known, 0);
	for (int i = 0; i < CROWD; i++) {
		struct slice name = slice_of(crowd[i]);

		ck_assert_int_eq(json_names_add(&known, name, 0), 0);
		ck_assert_int_eq(json_names_add(&fresh, name, 0), 0);
	}
	ck_assert_uint_eq(longest_chain(&known), CROWD);
	ck_assert_uint_lt(longest_chain(&fresh), 20);
	json_scratch_clear(&known);
	json_scratch_clear(&fresh);
}
END_TEST

/* The hashes are those of Python 3.11 with PYTHONHASHSEED=0. */
START_TEST(names_are_hashed_by_siphash_1_3_as_they_decode)
{
	static const struct {
		struct slice name;
		uint32_t hash;
	} rows[] = {
		{ SLICE("\"a\""), 0xb89b1813 },
		{ SLICE("\"abcdefg\""), 0x9070f506 },
		{ SLICE("\"abcdefgh\""), 0x0b8e35ea },
		{ SLICE("\"The quick brown fox\""), 0x14568333 },
		{ SLICE("\"\\u0054he quic\\u006b brown fo\\u0078\""),
			0x14568333 },
	};
	struct json_scratch scratch = { 0 };

	ck_assert_int_eq(json_names_add(&scratch, SLICE("\"\""), 0), 0);
	scratch.seed[0] = scratch.seed[1] = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_names_drop(&scratch, 0);
		ck_assert_int_eq(json_names_add(&scratch, rows[i].name, 0), 0);
		ck_assert_uint_eq(scratch.names[0].hash, rows[i].hash);
	}
	json_scratch_clear(&scratch);
}
END_TEST

START_TEST(a_search_ends_at_the_object_s_own_names)
{
	struct json_scratch scratch = { 0 };

	ck_assert_int_eq(json_names_add(&scratch, SLICE("\"a\""), 0), 0);
	ck_assert_int_eq(json_names_add(&scratch, SLICE("\"a\""), 1), 0);
	ck_assert_int_eq(json_names_add(&scratch, SLICE("\"\\u0061\""), 1), 1);
	json_names_drop(&scratch, 1);
	ck_assert_int_eq(json_names_add(&scratch, SLICE("\"b\""), 0), 0);
	ck_assert_int_eq(json_names_add(&scratch, SLICE("\"a\""), 0), 1);
	ck_assert_uint_eq(scratch.count, 2);
	json_scratch_clear(&scratch);
}
END_TEST

START_TEST(want_of_memory_is_never_bad_input)
{
	struct text text = wide_object(1000, false);
	int failures = 0;

	while (failing_next()) {
		int result = scan(text_view(&text));
		bool failed = failing_stop();

		ck_assert_int_eq(result, failed ? -1 : 0);
		if (!failed)
			continue;
		ck_assert_int_eq(error.code, ERROR_UNAVAILABLE);
		says("out of memory");
		error = (struct error){ 0 };
		failures++;
	}
	/* Room for 128, 256, 512 and 1024 names, and buckets for each. */
	ck_assert_int_eq(failures, 8);
	text_clear(&text);
}
END_TEST

UNIT("json_names", a_scratch_serves_again_after_any_end,
	a_million_members_are_scanned_and_their_memory_given_back,
	names_chosen_for_one_bucket_spread_over_all,
	names_are_hashed_by_siphash_1_3_as_they_decode,
	a_search_ends_at_the_object_s_own_names,
	want_of_memory_is_never_bad_input)
