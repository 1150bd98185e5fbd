/* SPDX-License-Identifier: MIT */
/*
 * test_probe.c - what is said of a full disk, and how often, on a clock that
 * the tests set.
 */
#include "server/http/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define HOUR_MS INT64_C(3600000)

static int64_t now_ms;

/* In place of libc's; that of the tests is not the one of their library. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	if (clock != CLOCK_MONOTONIC_COARSE)
		return (int)syscall(SYS_clock_gettime, clock, now);
	now->tv_sec = (time_t)(now_ms / 1000);
	now->tv_nsec = (long)(now_ms % 1000) * 1000000;
	return 0;
}

static const struct api_route writes = { .lane = LANE_WRITE };
static const struct api_route readyz = { .lane = LANE_WRITE, .health = true };

static struct httpd httpd;
static int log_fd;

static void start(void)
{
	log_fd = memfd_create("log", 0);
	ck_assert_int_ge(log_fd, 0);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
	httpd.probe = probe_new();
	ck_assert_ptr_nonnull(httpd.probe);
	now_ms = 1000000;
}

static void stop(void)
{
	probe_free(httpd.probe);
	close(log_fd);
}

/* How often the log has these words. */
static int said(const char *words)
{
	static char log[65536];
	const ssize_t length = pread(log_fd, log, sizeof(log) - 1, 0);
	int count = 0;

	ck_assert_int_ge(length, 0);
	log[length] = '\0';
	for (const char *at = log; (at = strstr(at, words)); at++)
		count++;
	return count;
}

/* A write, or a probe, that found room or none; its status afterwards. */
static enum error_code ends(const struct api_route *route, enum error_code code)
{
	struct exchange exchange = { .httpd = &httpd,
		.request.route = route,
		.failed = code != ERROR_NONE,
		.error = { .code = code, .message = "no room" } };

	probe_note(&exchange);
	return exchange.failed ? exchange.error.code : ERROR_NONE;
}

static enum error_code answers(void)
{
	struct exchange exchange = { .httpd = &httpd,
		.request.route = &readyz };

	if (!probe_answers(&exchange))
		return ERROR_UNKNOWN;
	text_clear(&exchange.reply.body);
	return exchange.failed ? exchange.error.code : ERROR_NONE;
}

START_TEST(a_full_disk_is_told_at_once_and_every_hour_until_it_has_room)
{
	ends(&writes, ERROR_NONE);
	ck_assert_int_eq(said("msg"), 0);
	for (int hour = 0; hour < 3; hour++) {
		for (int minute = 0; minute < 60; minute++) {
			ends(&writes, ERROR_STORAGE);
			ck_assert_int_eq(
				said("the disk is full: writes are refused"),
				hour + 1);
			now_ms += HOUR_MS / 60;
		}
	}
	ck_assert_int_eq(said("the disk has room again"), 0);
	ends(&writes, ERROR_NONE);
	ends(&writes, ERROR_NONE);
	ck_assert_int_eq(said("the disk has room again"), 1);
	ends(&writes, ERROR_STORAGE);
	ck_assert_int_eq(said("the disk is full: writes are refused"), 4);
	ck_assert_int_eq(said("why=\"no room\""), 4);
}
END_TEST

START_TEST(a_probe_that_finds_room_does_not_hide_a_full_disk)
{
	ends(&writes, ERROR_STORAGE);
	ck_assert_int_eq(ends(&readyz, ERROR_NONE), ERROR_STORAGE);
	now_ms += 9000;
	ck_assert_int_eq(ends(&readyz, ERROR_NONE), ERROR_STORAGE);
	now_ms += 2000;
	ck_assert_int_eq(ends(&readyz, ERROR_NONE), ERROR_NONE);
	ck_assert_int_eq(said("the disk has room again"), 1);
}
END_TEST

START_TEST(other_failures_say_nothing_of_the_disk)
{
	ends(&writes, ERROR_STORAGE);
	ends(&writes, ERROR_INVALID);
	ends(&writes, ERROR_QUOTA);
	ck_assert_int_eq(said("msg"), 1);
	ck_assert_int_eq(ends(&readyz, ERROR_UNAVAILABLE), ERROR_UNAVAILABLE);
}
END_TEST

START_TEST(the_last_answer_is_that_of_the_second)
{
	ck_assert_int_eq(answers(), ERROR_UNKNOWN);
	ends(&readyz, ERROR_NONE);
	ck_assert_int_eq(answers(), ERROR_NONE);
	now_ms += 900;
	ck_assert_int_eq(answers(), ERROR_NONE);
	now_ms += 200;
	/* One asks the store; the others hear what is known meanwhile. */
	ck_assert_int_eq(answers(), ERROR_UNKNOWN);
	ck_assert_int_eq(answers(), ERROR_NONE);
	ends(&readyz, ERROR_UNAVAILABLE);
	ck_assert_int_eq(answers(), ERROR_UNAVAILABLE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("probe");
	TCase *all = tcase_create("probe");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(all, start, stop);
	tcase_add_test(all,
		a_full_disk_is_told_at_once_and_every_hour_until_it_has_room);
	tcase_add_test(all, a_probe_that_finds_room_does_not_hide_a_full_disk);
	tcase_add_test(all, other_failures_say_nothing_of_the_disk);
	tcase_add_test(all, the_last_answer_is_that_of_the_second);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
