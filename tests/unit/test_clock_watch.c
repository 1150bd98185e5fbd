/* SPDX-License-Identifier: MIT */
/* test_clock_watch.c - a clock that jumps, and what may be deleted then. */
#include "core/store/clock_watch.h"
#include "tests/unit/unit.h"

#define HOUR ((int64_t)3600 * 1000)
#define DAY  (24 * HOUR)
#define YEAR (365 * DAY)
#define THEN (50 * YEAR) /* since 1970, when the machine was booted */

static struct clock_watch watch;

/* The clock is so far off, so long after the boot. */
static void looks(
	int64_t off, int64_t passed, enum clock_news news, int64_t until)
{
	ck_assert_int_eq(
		clock_watch_look(&watch, THEN + passed + off, passed), news);
	ck_assert_int_eq(clock_watch_until(&watch, passed) - THEN, until);
}

START_TEST(a_clock_that_goes_on_is_believed)
{
	watch = (struct clock_watch){ 0 };
	looks(0, 0, CLOCK_NO_NEWS, 0);
	looks(0, HOUR, CLOCK_NO_NEWS, HOUR);
	looks(0, YEAR, CLOCK_NO_NEWS, YEAR);
}
END_TEST

START_TEST(a_clock_that_is_put_right_is_believed)
{
	watch = (struct clock_watch){ 0 };
	looks(0, 0, CLOCK_NO_NEWS, 0);
	looks(HOUR, HOUR, CLOCK_NO_NEWS, 2 * HOUR);
	looks(HOUR + DAY, HOUR, CLOCK_NO_NEWS, 2 * HOUR + DAY);
	looks(0, 2 * HOUR, CLOCK_NO_NEWS, 2 * HOUR);
}
END_TEST

START_TEST(a_clock_that_jumps_ahead_is_doubted_for_an_hour)
{
	watch = (struct clock_watch){ 0 };
	looks(0, 0, CLOCK_NO_NEWS, 0);
	looks(10 * YEAR, HOUR, CLOCK_IS_AHEAD, HOUR);
	looks(10 * YEAR, HOUR + 1, CLOCK_NO_NEWS, HOUR + 1);
	looks(10 * YEAR, 2 * HOUR - 1, CLOCK_NO_NEWS, 2 * HOUR - 1);
	looks(10 * YEAR, 2 * HOUR, CLOCK_AGREED, 10 * YEAR + 2 * HOUR);
	looks(10 * YEAR, 3 * HOUR, CLOCK_NO_NEWS, 10 * YEAR + 3 * HOUR);
}
END_TEST

START_TEST(it_must_agree_with_itself_for_that_hour)
{
	watch = (struct clock_watch){ 0 };
	looks(0, 0, CLOCK_NO_NEWS, 0);
	looks(10 * YEAR, HOUR, CLOCK_IS_AHEAD, HOUR);
	looks(20 * YEAR, HOUR + HOUR / 2, CLOCK_IS_AHEAD, HOUR + HOUR / 2);
	looks(20 * YEAR, 2 * HOUR, CLOCK_NO_NEWS, 2 * HOUR);
	looks(20 * YEAR, 2 * HOUR + HOUR / 2, CLOCK_AGREED,
		20 * YEAR + 2 * HOUR + HOUR / 2);
}
END_TEST

START_TEST(a_clock_that_comes_back_is_believed_at_once)
{
	watch = (struct clock_watch){ 0 };
	looks(0, 0, CLOCK_NO_NEWS, 0);
	looks(10 * YEAR, HOUR, CLOCK_IS_AHEAD, HOUR);
	looks(0, HOUR + 5, CLOCK_IS_BACK, HOUR + 5);
	looks(0, HOUR + 6, CLOCK_NO_NEWS, HOUR + 6);
}
END_TEST

START_TEST(a_clock_that_went_back_and_comes_again_is_doubted)
{
	watch = (struct clock_watch){ 0 };
	looks(0, 0, CLOCK_NO_NEWS, 0);
	looks(-10 * YEAR, 1, CLOCK_NO_NEWS, 1 - 10 * YEAR);
	looks(0, 2, CLOCK_IS_AHEAD, 2 - 10 * YEAR);
	looks(0, 2 + HOUR, CLOCK_AGREED, 2 + HOUR);
}
END_TEST

START_TEST(what_was_seen_before_a_restart_counts)
{
	clock_watch_start(&watch, THEN, 0);
	looks(DAY, 0, CLOCK_NO_NEWS, DAY);
	clock_watch_start(&watch, THEN, 0);
	looks(DAY + 1, 0, CLOCK_IS_AHEAD, 0);
	looks(DAY + 1, HOUR, CLOCK_AGREED, DAY + 1 + HOUR);
}
END_TEST

UNIT("clock_watch", a_clock_that_goes_on_is_believed,
	a_clock_that_is_put_right_is_believed,
	a_clock_that_jumps_ahead_is_doubted_for_an_hour,
	it_must_agree_with_itself_for_that_hour,
	a_clock_that_comes_back_is_believed_at_once,
	a_clock_that_went_back_and_comes_again_is_doubted,
	what_was_seen_before_a_restart_counts)
