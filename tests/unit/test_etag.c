/* SPDX-License-Identifier: MIT */
/* test_etag.c - lists of entity tags against the ETag of a session. */
#include "server/api/etag.h"

#include "core/store/mark.h"

#include "tests/unit/unit.h"

#define MARK "9f3kq0w2m5xvd"
#define ETAG "\"12-" MARK "\""

static const struct {
	const char *list;
	bool valid, match, name;
} lists[] = {
	{ "*", true, true, true },
	{ ETAG, true, true, true },
	{ "\"12\"", true, true, false },
	{ "\"1\"", true, false, false },
	{ "\"12-\"", true, false, false },
	{ "\"12-" MARK "x\"", true, false, false },
	{ "\"12-0f3kq0w2m5xvd\"", true, false, false },
	{ "\"\"", true, false, false },
	{ "W/" ETAG, true, false, true },
	{ "W/\"12\"", true, false, false },
	{ "\"11\", " ETAG, true, true, true },
	{ "\"11\"\t,,\t\"12\"", true, true, false },
	{ " , " ETAG " , ", true, true, true },
	{ "\"a, b\"," ETAG, true, true, true },
	{ "\"a," ETAG, false, false, false },
	{ ETAG ", 12", false, true, true },
	{ "12, " ETAG, false, false, false },
	{ "", false, false, false },
	{ ", \t", false, false, false },
	{ "W/", false, false, false },
	{ "W/*", false, false, false },
	{ "w/" ETAG, false, false, false },
	{ "\"", false, false, false },
	{ "*, " ETAG, false, false, false },
	{ "12-" MARK, false, false, false },
};

START_TEST(a_list_names_some_etags)
{
	struct slice list = slice_of(lists[_i].list);

	ck_assert_int_eq(etags_valid(list), lists[_i].valid);
	ck_assert_int_eq(etags_match(list, ETAG), lists[_i].match);
	ck_assert_int_eq(etags_name(list, ETAG), lists[_i].name);
}
END_TEST

START_TEST(a_star_names_any_session_but_not_that_there_is_none)
{
	ck_assert(etags_match(SLICE("*"), "\"10\""));
	ck_assert(etags_name(SLICE("*"), "\"10\""));
	ck_assert(!etags_match(SLICE("*"), "\"0\""));
	ck_assert(!etags_name(SLICE("*"), "\"0\""));
}
END_TEST

/* Of the same session and version, but seen in another epoch. */
START_TEST(an_etag_of_before_a_restore_names_nothing)
{
	struct session session = { .id = 1, .last_seq = 12, .mark = MARK };
	char before[ETAG_SIZE], after[ETAG_SIZE];

	session_etag(&session, before);
	ck_assert_str_eq(before, ETAG);
	mark_move(session.mark, "zzzzzzzzzzzzz");
	session_etag(&session, after);
	ck_assert(!etags_match(slice_of(before), after));
	ck_assert(!etags_name(slice_of(before), after));
	ck_assert(etags_match(SLICE("\"12\""), after));
	mark_move(session.mark, "zzzzzzzzzzzzz");
	session_etag(&session, after);
	ck_assert_str_eq(after, ETAG);
}
END_TEST

START_TEST(zero_names_that_there_is_no_session)
{
	ck_assert(etags_match(SLICE("\"0\""), "\"0\""));
	ck_assert(etags_name(SLICE("\"0\""), "\"0\""));
	ck_assert(!etags_match(SLICE("\"0\""), ETAG));
}
END_TEST

START_TEST(nothing_is_in_no_list)
{
	ck_assert(!etags_valid((struct slice){ 0 }));
	ck_assert(!etags_match((struct slice){ 0 }, ETAG));
	ck_assert(!etags_name((struct slice){ 0 }, ETAG));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("etag");
	TCase *all = tcase_create("etag");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(all, a_list_names_some_etags, 0,
		sizeof(lists) / sizeof(*lists));
	tcase_add_test(
		all, a_star_names_any_session_but_not_that_there_is_none);
	tcase_add_test(all, zero_names_that_there_is_no_session);
	tcase_add_test(all, an_etag_of_before_a_restore_names_nothing);
	tcase_add_test(all, nothing_is_in_no_list);
	suite_add_tcase(suite, all);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
