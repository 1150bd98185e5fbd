/* SPDX-License-Identifier: MIT */
/*
 * test_recent_commits.c - the cache of newest messages while a commit is in the
 * middle of a read, and when it has no room.
 */
#include "core/store/change_feed.h"
#include "tests/contract/store_unit.h"
#include "tests/sqlite/recent_asked.h"
static struct recent_view view_of(int64_t id, int64_t last_seq)
{
	return (struct recent_view){ .session = {
					     .id = id, .last_seq = last_seq } };
}

static void put_answer(uint64_t number, struct session_ref ref)
{
	struct recent_view view = view_of(7, 1);

	view.bodies.all[0] =
		recent_body_new(&anything, SLICE(""), SLICE("an answer"));
	store_recent_put(recent, number, ref, &view);
}

static void put(uint64_t number, struct session_ref ref)
{
	struct recent_view view = view_of(7, 1);

	store_recent_put(recent, number, ref, &view);
}

START_TEST(nothing_is_kept_that_was_read_before_a_commit_was_over)
{
	struct store_changes changes = { .keys = { store_session_key(ada) },
		.count = 1 };
	uint64_t before, during;

	ck_assert_int_eq(store_recent_new(&recent, 1 << 20), 0);
	before = store_recent_number(recent);
	put(before, ada);
	ck_assert(is_there(ada));
	for (int all_of_them = 0; all_of_them < 2; all_of_them++) {
		changes.all = all_of_them;
		store_recent_begin(recent, &changes);
		ck_assert(!is_there(ada));
		during = store_recent_number(recent);
		put(during, ada);
		ck_assert(!is_there(ada));
		store_recent_end(recent, &changes, NULL, 0);
		put(before, ada);
		put(during, ada);
		ck_assert(!is_there(ada));
		before = store_recent_number(recent);
		put(before, ada);
		ck_assert(is_there(ada));
	}
	store_recent_free(recent);
}
END_TEST

/* The name of one tenant's is no name of another's, nor is its question. */
START_TEST(an_answer_is_of_a_session_and_a_question)
{
	const struct recent_question other = { &recent, anything.words };
	const struct session_ref namesake = { SLICE("u"), ada.name };
	struct store_changes changes = { .keys = { store_session_key(ada) },
		.count = 1 };

	ck_assert_int_eq(store_recent_new(&recent, 1 << 20), 0);
	put_answer(0, ada);
	ck_assert(is_answered(ada, 0));
	ck_assert(!is_answered(namesake, 0));
	ck_assert_ptr_null(store_recent_body(recent, ada, 0, &other));
	store_recent_begin(recent, &changes);
	ck_assert(!is_answered(ada, 0));
	put_answer(store_recent_number(recent), ada);
	store_recent_end(recent, &changes, NULL, 0);
	ck_assert(!is_answered(ada, 0));
	put_answer(0, ada);
	ck_assert(!is_answered(ada, 0));
	store_recent_free(recent);
}
END_TEST

START_TEST(a_tenant_with_much_leaves_another_its_own)
{
	char name[20];

	ck_assert_int_eq(store_recent_new(&recent, 100000), 0);
	put(0, ada);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		put(0, (struct session_ref){ SLICE("u"), slice_of(name) });
	}
	ck_assert(is_there(ada));
	ck_assert(!is_there((struct session_ref){ SLICE("u"), SLICE("0") }));
	ck_assert(is_there((struct session_ref){ SLICE("u"), SLICE("999") }));
	store_recent_free(recent);
}
END_TEST

STORE_UNIT("recent_commits", NULL, NULL,
	nothing_is_kept_that_was_read_before_a_commit_was_over,
	an_answer_is_of_a_session_and_a_question,
	a_tenant_with_much_leaves_another_its_own)
