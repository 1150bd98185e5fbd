/* SPDX-License-Identifier: MIT */
/*
 * unit.h - the few macros that unit tests add to Check's.
 *
 *	START_TEST(an_empty_text_has_no_bytes) { … } END_TEST
 *	UNIT("text", an_empty_text_has_no_bytes, …)
 *
 * ok() and fails() hand `error` to the call by name: it is cleared before and
 * stays to be looked at after.
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "schema/error.h"
#include "schema/text.h"

static _Thread_local struct error error __attribute__((unused));

/* The call succeeds; otherwise the test ends with the error's message. */
#define ok(call)                                                              \
	do {                                                                  \
		error = (struct error){ 0 };                                  \
		int result_ = (call);                                         \
		ck_assert_msg(result_ != -1, "%s: %s", #call, error.message); \
	} while (0)

/* The call fails for this reason. */
#define fails(call, reason)                                                \
	do {                                                               \
		error = (struct error){ 0 };                               \
		int result_ = (call);                                      \
		ck_assert_msg(result_ == -1, "%s: succeeds", #call);       \
		ck_assert_msg(error.code == (reason), "%s: %s: %s", #call, \
			error_name(error.code), error.message);            \
	} while (0)

/* The last error's message is exactly this. */
#define says(words) ck_assert_str_eq(error.message, (words))

/* How the last error's words begin. */
#define says_first(words)                                                  \
	ck_assert_msg(strncmp(error.message, (words), strlen(words)) == 0, \
		"%s: not %s", error.message, (words))

/* A slice holds exactly this string. */
#define is(actual, string)                                                     \
	do {                                                                   \
		struct slice slice_ = (actual);                                \
		ck_assert_msg(slice_is(slice_, (string)),                      \
			"%s is '%.*s', not '%s'", #actual, (int)slice_.length, \
			slice_.data, (string));                                \
	} while (0)

#define UNIT(name, ...)                                                 \
	int main(void)                                                  \
	{                                                               \
		const TTest *const tests[] = { __VA_ARGS__ };           \
		return unit_run(                                        \
			(name), tests, sizeof(tests) / sizeof(*tests)); \
	}

static inline int unit_run(
	const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *all = tcase_create(name);

	tcase_set_timeout(all, 600); /* ends what hangs, measures nothing */
	for (size_t i = 0; i < count; i++)
		tcase_add_test(all, tests[i]);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
