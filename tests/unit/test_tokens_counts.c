/* SPDX-License-Identifier: MIT */
/* test_tokens_counts.c - counts that are remembered by what was counted. */
#include "schema/tokens/counts.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static struct counts *counts;

static int64_t find(const char *bytes, unsigned form)
{
	const struct counts_key key =
		counts_key_of(counts, slice_of(bytes), form);

	return counts_find(counts, &key);
}

static void keep(const char *bytes, unsigned form, int64_t tokens)
{
	const struct counts_key key =
		counts_key_of(counts, slice_of(bytes), form);

	counts_keep(counts, &key, tokens);
}

START_TEST(a_count_is_found_by_what_was_counted_and_its_form)
{
	counts = counts_new(18);
	ck_assert_ptr_nonnull(counts);
	ck_assert_int_eq(find("one", 1), -1);
	keep("one", 1, 7);
	keep("", 1, 0);
	keep("failed", 1, -1);
	ck_assert_int_eq(find("one", 1), 7);
	ck_assert_int_eq(find("one", 2), -1);
	ck_assert_int_eq(find("one ", 1), -1);
	ck_assert_int_eq(find("", 1), 0);
	ck_assert_int_eq(find("failed", 1), -1);
	keep("one", 2, 9);
	ck_assert_int_eq(find("one", 1), 7);
	ck_assert_int_eq(find("one", 2), 9);
	counts_free(counts);
}
END_TEST

/* Each byte counts, and so does where it is. */
START_TEST(texts_that_differ_in_one_byte_have_other_keys)
{
	char bytes[101];

	counts = counts_new(18);
	ck_assert_ptr_nonnull(counts);
	for (size_t length = 1; length <= 100; length++) {
		memset(bytes, 'a', length);
		bytes[length] = '\0';
		keep(bytes, 1, (int64_t)length);
		for (size_t at = 0; at < length; at++) {
			bytes[at] = 'b';
			ck_assert_int_eq(find(bytes, 1), -1);
			bytes[at] = 'a';
		}
	}
	for (size_t length = 1; length <= 100; length++) {
		memset(bytes, 'a', length);
		bytes[length] = '\0';
		ck_assert_int_eq(find(bytes, 1), (int64_t)length);
	}
	counts_free(counts);
}
END_TEST

/* The table has a million places: of 100,000 hardly one has to go. */
START_TEST(a_hundred_thousand_counts_are_kept)
{
	char bytes[16];
	int kept = 0;

	counts = counts_new(18);
	ck_assert_ptr_nonnull(counts);
	for (int i = 0; i < 100000; i++) {
		snprintf(bytes, sizeof(bytes), "%d", i);
		keep(bytes, 1, i);
	}
	for (int i = 0; i < 100000; i++) {
		int64_t found;

		snprintf(bytes, sizeof(bytes), "%d", i);
		found = find(bytes, 1);
		ck_assert(found == i || found == -1);
		kept += found == i;
	}
	ck_assert_int_gt(kept, 99000);
	counts_free(counts);
}
END_TEST

/* Four threads look for the same numbers and keep them. */
static void *fill(void *context)
{
	unsigned state = *(unsigned *)context;
	char bytes[16];

	for (int i = 0; i < 200000; i++) {
		const unsigned number =
			(state = state * 1103515245 + 12345) % 50000;
		int64_t found;

		snprintf(bytes, sizeof(bytes), "%u", number);
		found = find(bytes, 1);
		if (found >= 0 && found != number)
			return context;
		keep(bytes, 1, number);
	}
	return NULL;
}

START_TEST(threads_that_meet_find_what_was_kept_or_nothing)
{
	unsigned seeds[4] = { 1, 2, 3, 4 };
	pthread_t threads[4];

	counts = counts_new(18);
	ck_assert_ptr_nonnull(counts);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, fill, &seeds[i]), 0);
	for (int i = 0; i < 4; i++) {
		void *wrong;

		ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
		ck_assert_ptr_null(wrong);
	}
	counts_free(counts);
}
END_TEST

UNIT("tokens_counts", a_count_is_found_by_what_was_counted_and_its_form,
	texts_that_differ_in_one_byte_have_other_keys,
	a_hundred_thousand_counts_are_kept,
	threads_that_meet_find_what_was_kept_or_nothing)
