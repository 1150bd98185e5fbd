/* SPDX-License-Identifier: MIT */
/*
 * test_rate.c - how often somebody may do something.
 */
#include "server/http/rate.h"

#include <stdio.h>

#include "tests/unit/unit.h"

static struct rate rate;

START_TEST(a_bucket_empties_and_fills_again)
{
	const uint64_t id = rate_id(SLICE("a"));

	rate_init(&rate, 2, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rate_take(&rate, id, 1000), 0);
	ck_assert_int_eq(rate_take(&rate, id, 1000), 1);
	ck_assert_int_eq(rate_take(&rate, rate_id(SLICE("b")), 1000), 0);
	ck_assert_int_eq(rate_take(&rate, id, 1499), 1);
	ck_assert_int_eq(rate_take(&rate, id, 1500), 0);
	ck_assert_int_eq(rate_take(&rate, id, 1500), 1);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rate_take(&rate, id, 99000), 0);
	ck_assert_int_eq(rate_take(&rate, id, 99000), 1);
	rate_clear(&rate);
}
END_TEST

START_TEST(a_slow_bucket_says_how_long_it_takes)
{
	rate_init(&rate, 0.1, 1);
	ck_assert_int_eq(rate_take(&rate, 1, 0), 0);
	ck_assert_int_eq(rate_take(&rate, 1, 0), 10);
	ck_assert_int_eq(rate_take(&rate, 1, 7000), 3);
	ck_assert_int_eq(rate_take(&rate, 1, 10000), 0);
	rate_clear(&rate);
}
END_TEST

START_TEST(many_others_make_nobody_stricter)
{
	rate_init(&rate, 1, 1);
	for (int i = 0; i < 100000; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		ck_assert_int_eq(
			rate_take(&rate, rate_id(slice_of(name)), 5), 0);
		if (i % 1000)
			continue;
		ck_assert_int_eq(
			rate_take(&rate, rate_id(slice_of(name)), 5), 1);
	}
	rate_clear(&rate);
}
END_TEST

UNIT("rate", a_bucket_empties_and_fills_again,
	a_slow_bucket_says_how_long_it_takes, many_others_make_nobody_stricter)
