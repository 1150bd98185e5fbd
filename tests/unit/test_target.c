/* SPDX-License-Identifier: MIT */
/* test_target.c - paths and queries: split first, decoded afterwards. */
#include <string.h>

#include "server/api/target.h"
#include "tests/unit/unit.h"

/* --- paths ------------------------------------------------------------ */

#define SEGMENTS_MAX 4

static const struct {
	const char *raw;
	int count;
	const char *segments[SEGMENTS_MAX];
} good_paths[] = {
	{ "/", 1, { "" } },
	{ "/a", 1, { "a" } },
	{ "/a/", 2, { "a", "" } },
	{ "//a", 2, { "", "a" } },
	{ "/a/b/c/d", 4, { "a", "b", "c", "d" } },
	{ "/a%2Fb/c", 2, { "a/b", "c" } },
	{ "/a%252Fb", 1, { "a%2Fb" } },
	{ "/%E2%82%ac", 1, { "\xe2\x82\xac" } },
	{ "/\xf0\x9f\x98\x80", 1, { "\xf0\x9f\x98\x80" } },
	{ "/%f4%8f%bf%bf", 1, { "\xf4\x8f\xbf\xbf" } },
	{ "/a+b%20c", 1, { "a+b c" } },
	{ "/...", 1, { "..." } },
	{ "/%01%7f%0d%0a", 1, { "\x01\x7f\r\n" } },
	{ "/a?b=c&d", 1, { "a?b=c&d" } },
};

START_TEST(a_path_is_split_and_then_decoded)
{
	struct slice segments[SEGMENTS_MAX];
	char storage[64];
	int count = target_path(slice_of(good_paths[_i].raw), storage, segments,
		SEGMENTS_MAX, &error);

	ck_assert_int_eq(count, good_paths[_i].count);
	for (int i = 0; i < count; i++)
		is(segments[i], good_paths[_i].segments[i]);
}
END_TEST

static const struct {
	const char *raw, *words;
} bad_paths[] = {
	{ "", "the request target must begin with \"/\"" },
	{ "*", "the request target must begin with \"/\"" },
	{ "http://x/", "the request target must begin with \"/\"" },
	{ "/a b", "the request target holds %20 unencoded" },
	{ "/a\x01", "the request target holds %01 unencoded" },
	{ "/a\x7f", "the request target holds %7F unencoded" },
	{ "/a#b", "the request target holds %23 unencoded" },
	{ "/a%", "\"a%\" holds a bad % escape" },
	{ "/a%4", "\"a%4\" holds a bad % escape" },
	{ "/a%4/1", "\"a%4\" holds a bad % escape" },
	{ "/a%4g", "\"a%4g\" holds a bad % escape" },
	{ "/a%/b", "\"a%\" holds a bad % escape" },
	{ "/a%00b", "\"a%00b\" holds a bad % escape" },
	{ "/%ff", "\"%ff\" is not UTF-8" },
	{ "/%80", "\"%80\" is not UTF-8" },
	{ "/%c0%af", "\"%c0%af\" is not UTF-8" },
	{ "/%c1%bf", "\"%c1%bf\" is not UTF-8" },
	{ "/%e0%9f%bf", "\"%e0%9f%bf\" is not UTF-8" },
	{ "/%ed%a0%80", "\"%ed%a0%80\" is not UTF-8" },
	{ "/%f0%8f%bf%bf", "\"%f0%8f%bf%bf\" is not UTF-8" },
	{ "/%f4%90%80%80", "\"%f4%90%80%80\" is not UTF-8" },
	{ "/%f5%80%80%80", "\"%f5%80%80%80\" is not UTF-8" },
	{ "/%e2%82", "\"%e2%82\" is not UTF-8" },
	{ "/%e2%82/%ac", "\"%e2%82\" is not UTF-8" },
	{ "/%e2%28%a1", "\"%e2%28%a1\" is not UTF-8" },
	{ "/.", "\".\" is not a name" },
	{ "/a/..", "\"..\" is not a name" },
	{ "/%2e%2E/a", "\"..\" is not a name" },
	{ "/%2e", "\".\" is not a name" },
};

START_TEST(a_bad_path_is_refused_in_words)
{
	struct slice segments[SEGMENTS_MAX];
	char storage[64];

	fails(target_path(slice_of(bad_paths[_i].raw), storage, segments,
		      SEGMENTS_MAX, &error),
		ERROR_INVALID);
	says(bad_paths[_i].words);
}
END_TEST

START_TEST(a_name_has_at_most_255_bytes)
{
	struct slice segments[SEGMENTS_MAX];
	char raw[1 + 3 * 255 + 2] = "/", storage[3 * 256];

	for (int i = 0; i < 255; i++)
		memcpy(raw + 1 + 3 * i, "%61", 4);
	ok(target_path(slice_of(raw), storage, segments, SEGMENTS_MAX, &error));
	ck_assert_uint_eq(segments[0].length, 255);
	memcpy(raw + 1 + 3 * 255, "a", 2);
	fails(target_path(
		      slice_of(raw), storage, segments, SEGMENTS_MAX, &error),
		ERROR_INVALID);
	ck_assert_ptr_nonnull(strstr(error.message, "bound of 255 bytes"));
}
END_TEST

/* The bytes behind it in memory would make both of them good. */
START_TEST(nothing_is_read_beyond_the_end)
{
	struct slice segments[SEGMENTS_MAX];
	char storage[8];

	memset(storage, 0x80, sizeof(storage));
	fails(target_path((struct slice){ "/a%41", 4 }, storage, segments,
		      SEGMENTS_MAX, &error),
		ERROR_INVALID);
	fails(target_path(SLICE("/\xe2\x82"), storage, segments, SEGMENTS_MAX,
		      &error),
		ERROR_INVALID);
}
END_TEST

START_TEST(a_path_with_too_many_segments_says_so)
{
	struct slice segments[2];
	char storage[8];

	ck_assert_int_eq(
		target_path(SLICE("/a/b"), storage, segments, 2, &error), 2);
	ck_assert_int_eq(
		target_path(SLICE("/a/b/"), storage, segments, 2, &error), 3);
	ck_assert_int_eq(
		target_path(SLICE("/a/b/c/d"), storage, segments, 2, &error),
		3);
}
END_TEST

/* --- queries ---------------------------------------------------------- */

#define PARAMETERS_MAX 4

static const struct {
	const char *raw;
	int count;
	struct {
		const char *name, *value; /* NULL: none */
	} parameters[PARAMETERS_MAX];
} good_queries[] = {
	{ "", 0, { { 0 } } },
	{ "&&", 0, { { 0 } } },
	{ "a=1", 1, { { "a", "1" } } },
	{ "a=1&b=2", 2, { { "a", "1" }, { "b", "2" } } },
	{ "&a=1&&a=2&", 2, { { "a", "1" }, { "a", "2" } } },
	{ "a&b=&=c&=", 4,
		{ { "a", NULL }, { "b", "" }, { "", "c" }, { "", "" } } },
	{ "a=b=c", 1, { { "a", "b=c" } } },
	{ "a+b=c+d%2B", 1, { { "a b", "c d+" } } },
	{ "a%26b%3dc=%26", 1, { { "a&b=c", "&" } } },
	{ "a=%E2%82%AC?/", 1, { { "a", "\xe2\x82\xac?/" } } },
};

START_TEST(a_query_is_split_and_then_decoded)
{
	struct target_parameter parameters[PARAMETERS_MAX];
	char storage[64];
	int count = target_query(slice_of(good_queries[_i].raw), storage,
		parameters, PARAMETERS_MAX, &error);

	ck_assert_int_eq(count, good_queries[_i].count);
	for (int i = 0; i < count; i++) {
		const char *value = good_queries[_i].parameters[i].value;

		is(parameters[i].name, good_queries[_i].parameters[i].name);
		ck_assert(parameters[i].has_value == (value != NULL));
		is(parameters[i].value, value ? value : "");
	}
}
END_TEST

static const struct {
	const char *raw, *words;
} bad_queries[] = {
	{ "a=%", "\"%\" holds a bad % escape" },
	{ "a%zz=1", "\"a%zz\" holds a bad % escape" },
	{ "a=%00", "\"%00\" holds a bad % escape" },
	{ "a=%c3&b=%a9", "\"%c3\" is not UTF-8" },
	{ "%ff", "\"%ff\" is not UTF-8" },
	{ "a=b c", "the request target holds %20 unencoded" },
	{ "a=b#c", "the request target holds %23 unencoded" },
	{ "a&b&c&d&e", "more than 4 query parameters" },
};

START_TEST(a_bad_query_is_refused_in_words)
{
	struct target_parameter parameters[PARAMETERS_MAX];
	char storage[64];

	fails(target_query(slice_of(bad_queries[_i].raw), storage, parameters,
		      PARAMETERS_MAX, &error),
		ERROR_INVALID);
	says(bad_queries[_i].words);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

int main(void)
{
	Suite *suite = suite_create("guard_target");
	TCase *all = tcase_create("guard_target");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(
		all, a_path_is_split_and_then_decoded, 0, COUNT(good_paths));
	tcase_add_loop_test(
		all, a_bad_path_is_refused_in_words, 0, COUNT(bad_paths));
	tcase_add_test(all, a_name_has_at_most_255_bytes);
	tcase_add_test(all, nothing_is_read_beyond_the_end);
	tcase_add_test(all, a_path_with_too_many_segments_says_so);
	tcase_add_loop_test(
		all, a_query_is_split_and_then_decoded, 0, COUNT(good_queries));
	tcase_add_loop_test(
		all, a_bad_query_is_refused_in_words, 0, COUNT(bad_queries));
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
