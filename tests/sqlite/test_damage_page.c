/* SPDX-License-Identifier: MIT */
/*
 * test_damage_page.c - a page of the open file is not what was written: the
 * batch that meets it is undone, and others are committed.
 */
#include "tests/sqlite/damaging.h"

#define LONG	300  /* messages: some leaves */
#define SAID_AT 2000 /* by append() */

static void start_long(void)
{
	start();
	ok(store_begin(store, &error));
	for (int i = 0; i < LONG; i++) {
		struct session session = make(store, "long");

		append(store, &session, "{\"content\":\"one of many\"}");
	}
	ok(store_commit(store, &error));
	maintain(store, NOW, 100);
}

/* As the writer runs a member; -1: the batch is lost, and undone. */
static int try_replace(const char *name, int64_t seq)
{
	const struct message edited = text_message("{\"content\":\"edited\"}");
	const struct message_replacement replacement = {
		.seq = seq,
		.message = &edited,
		.now = NOW,
	};
	struct session session;
	int result;

	ok(store_enter(store, &error));
	session = make(store, name);
	result = store_message_replace(store, &session, &replacement, &error);
	if (!store_batch_lost(store)) {
		ok(store_leave(store, result == 0, &error));
		return result;
	}
	ck_assert_int_eq(error.code, ERROR_DAMAGED);
	store_rollback(store);
	return result;
}

START_TEST(a_batch_that_meets_it_is_undone_and_others_are_not)
{
	struct session session;

	damage_leaf("message", 0);
	ok(store_begin(store, &error));
	ck_assert_int_eq(try_replace("long", LONG), 0);
	ck_assert_int_eq(try_replace("a", 1), -1);
	ok(store_begin(store, &error));
	ck_assert_int_eq(try_replace("long", LONG), 0);
	ok(store_commit(store, &error));
	session = find(store, "long");
	ck_assert_int_eq(session_version(&session), LONG + 1);
}
END_TEST

/* The writer goes on only if it knows that nothing was written. */
START_TEST(a_commit_after_it_did_nothing)
{
	struct session session;

	damage_leaf("message", 0);
	ok(store_begin(store, &error));
	session = make(store, "long");
	append(store, &session, "{\"content\":\"one more\"}");
	session = make(store, "a");
	fails(store_message_find(store, &session,
		      (struct message_ref){ .seq = 1 },
		      (struct message_visitor){ write_body, NULL }, &error),
		ERROR_DAMAGED);
	fails(store_commit(store, &error), ERROR_DAMAGED);
	ck_assert_int_eq(find(store, "long").last_seq, LONG);
	say(store, "long", "{\"content\":\"one more\"}");
	ck_assert_int_eq(find(store, "long").last_seq, LONG + 1);
}
END_TEST

/* The writer remembers no session. */
static void reopen(void)
{
	store_close(store);
	store = open_with(
		(struct store_options){ .search = true }, STORE_WRITE);
}

static void lose_batch_by_taking(const char *name)
{
	struct session session;

	ok(store_begin(store, &error));
	fails(store_session_take(store,
		      (struct session_ref){ SLICE(""), slice_of(name) }, NOW,
		      &session, &error),
		ERROR_DAMAGED);
	ck_assert(store_batch_lost(store));
	store_rollback(store);
	ck_assert(store_retries(store));
}

/* Returns the time that the message has. */
static int64_t append_at(const char *name, int64_t now)
{
	const struct message message = text_message("{\"content\":\"more\"}");
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, name);
	ok(store_message_append(store, &session, &message, now, &error));
	ok(store_commit(store, &error));
	return session.appended_at;
}

START_TEST(a_session_whose_newest_message_is_on_it_takes_others)
{
	reopen();
	damage_leaf("message", 0);
	lose_batch_by_taking("a");
	ck_assert(!store_retries(store));
	ck_assert_int_ge(append_at("a", 1), SAID_AT);
	ck_assert_int_eq(find(store, "a").last_seq, 4);
}
END_TEST

START_TEST(it_takes_back_no_time_of_another_session)
{
	ck_assert_int_eq(append_at("long", NOW + 2), NOW + 2);
	reopen();
	damage_leaf("message", 0);
	lose_batch_by_taking("a");
	ck_assert_int_eq(append_at("long", NOW + 1), NOW + 2);
}
END_TEST

STORE_UNIT("damage_page", start_long, stop,
	a_batch_that_meets_it_is_undone_and_others_are_not,
	a_commit_after_it_did_nothing,
	a_session_whose_newest_message_is_on_it_takes_others,
	it_takes_back_no_time_of_another_session)
