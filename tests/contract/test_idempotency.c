/* SPDX-License-Identifier: MIT */
/* test_idempotency.c - replies kept for requests that come again. */
#include "core/store/idempotency.h"
#include "tests/contract/opened_store.h"

#define DAY INT64_C(86400000)
#define NOW INT64_C(1800000000000)

static void keep(
	const char *key, int64_t session, const char *body, int64_t now)
{
	static const char digest[32];
	const struct idempotency_record reply = {
		.session = session,
		.digest = { digest, sizeof(digest) },
		.status = 200,
		.body = slice_of(body),
	};

	ok(store_idempotency_keep(store,
		(struct idempotency_key){ SLICE("t"), slice_of(key) }, &reply,
		now, &error));
}

static int write_body_of(void *context, const struct idempotency_record *reply)
{
	text_slice(context, reply->body);
	return 1;
}

/* What is kept under the key since then, "" if nothing is. */
static void found(const char *key, int64_t after, const char *body)
{
	struct text out = { 0 };

	ok(store_idempotency_find(store,
		&(struct idempotency_query){
			{ SLICE("t"), slice_of(key) }, after, NOW },
		(struct idempotency_visitor){ write_body_of, &out }, &error));
	is(text_view(&out), body);
	text_clear(&out);
}

static void newest(const struct session *session, const char *body)
{
	const struct idempotency_newest any = { 0 };
	struct text out = { 0 };

	ok(store_idempotency_newest(store, session, &any,
		(struct idempotency_visitor){ write_body_of, &out }, &error));
	is(text_view(&out), body);
	text_clear(&out);
}

START_TEST(a_reply_is_found_by_tenant_and_key)
{
	struct text out = { 0 };

	keep("k", 0, "a", NOW);
	found("k", NOW - 1, "a");
	found("k", NOW, "");
	found("l", 0, "");
	ok(store_idempotency_find(store,
		&(struct idempotency_query){
			{ SLICE("u"), SLICE("k") }, 0, NOW },
		(struct idempotency_visitor){ write_body_of, &out }, &error));
	is(text_view(&out), "");
}
END_TEST

START_TEST(only_what_is_valid_no_more_is_kept_over)
{
	static const char digest[32];
	struct idempotency_record again = { .status = 200,
		.digest = { digest, sizeof(digest) },
		.body = SLICE("b") };

	keep("k", 0, "a", NOW);
	fails(store_idempotency_keep(store,
		      (struct idempotency_key){ SLICE("t"), SLICE("k") },
		      &again, NOW + DAY - 1, &error),
		ERROR_UNAVAILABLE);
	found("k", 0, "a");
	again.renews = true;
	ok(store_idempotency_keep(store,
		(struct idempotency_key){ SLICE("t"), SLICE("k") }, &again,
		NOW + DAY - 1, &error));
	found("k", 0, "b");
	keep("k", 0, "c", NOW + DAY + DAY);
	found("k", 0, "c");
	keep("l", make(store, "s").id + 1, "d", NOW);
	keep("l", 0, "e", NOW);
	found("l", 0, "e");
}
END_TEST

START_TEST(a_reply_without_its_session_is_not_found)
{
	struct session session = make(store, "s");

	keep("k", session.id, "a", NOW);
	keep("l", session.id + 1, "b", NOW);
	found("k", 0, "a");
	found("l", 0, "");
}
END_TEST

START_TEST(a_session_has_one_newest_reply)
{
	struct session one = make(store, "one"), two = make(store, "two");

	keep("", one.id, "a", NOW);
	keep("", two.id, "b", NOW);
	keep("k", one.id, "c", NOW);
	newest(&one, "a");
	keep("", one.id, "d", NOW);
	newest(&one, "d");
	newest(&two, "b");
	found("k", 0, "c");
}
END_TEST

/* Each is kept with its key for a body, and no other is kept. */
static void maintenance_leaves(int64_t now, const char *keys)
{
	maintain(store, now, 2);
	has_rows("idempotency_record", (int64_t)strlen(keys));
	for (; *keys; keys++) {
		const char key[] = { *keys, '\0' };

		found(key, 0, key);
	}
}

/* Opens it again, with a batch begun. */
static void keep_at_most(int64_t replies)
{
	const struct store_options few = { .idempotency_max = replies };

	store_rollback(store);
	store_close(store);
	store = open_with(few, STORE_WRITE);
	ok(store_begin(store, &error));
}

/* Those that went are not counted any more. */
static void has_room_for(int64_t replies)
{
	static const char *const keys[] = { "p", "q", "r", "s", "t" };

	keep_at_most(replies);
	for (int64_t i = 0; i < replies; i++)
		keep(keys[i], 0, "", NOW);
}

/* Without a new one; those of a minute at a time. */
START_TEST(old_replies_go_by_their_time)
{
	static const char *const keys[] = { "a", "b", "c", "d", "e" };

	for (int i = 0; i < 5; i++)
		keep(keys[i], 0, "old", NOW + i);
	keep("", make(store, "s").id, "old", NOW + 5);
	keep("z", 0, "new", NOW + DAY);
	ok(store_commit(store, &error));
	ck_assert_int_le(store_maintenance_due(store), NOW + DAY + 60000);
	maintain(store, NOW + DAY + 60005, 2);
	has_rows("idempotency_record", 1);
	found("z", 0, "new");
	ck_assert_int_eq(store_maintenance_due(store), NOW + 2 * DAY + 60000);
	ok(store_begin(store, &error));
}
END_TEST

/* They are good for a day from when it is seen. */
START_TEST(replies_of_a_clock_that_was_ahead_hold_up_no_others)
{
	static const char *const ahead[] = { "a", "b", "c", "d", "e" };

	for (int i = 0; i < 5; i++)
		keep(ahead[i], 0, ahead[i], NOW + 30 * DAY + i);
	keep("k", 0, "k", NOW);
	keep("l", 0, "l", NOW + 1);
	ok(store_commit(store, &error));
	maintenance_leaves(NOW + 2, "klabcde");
	ck_assert_int_eq(store_maintenance_due(store), NOW + DAY + 60000);
	maintenance_leaves(NOW + DAY + 1, "abcde");
	maintenance_leaves(NOW + DAY + 60002, "");
	has_room_for(5);
}
END_TEST

START_TEST(a_tenant_has_room_for_so_many)
{
	const struct idempotency_record reply = { .status = 200,
		.digest = { "0123456789abcdef0123456789abcdef", 32 } };

	keep_at_most(2);
	keep("a", 0, "", NOW);
	keep("b", 0, "", NOW);
	keep("b", 0, "again", NOW + DAY);
	keep("", make(store, "s").id, "", NOW);
	fails(store_idempotency_keep(store,
		      (struct idempotency_key){ SLICE("t"), SLICE("c") },
		      &reply, NOW, &error),
		ERROR_UNAVAILABLE);
	says("2 replies are kept for Idempotency-Keys already");
	ok(store_idempotency_keep(store,
		(struct idempotency_key){ SLICE("u"), SLICE("c") }, &reply, NOW,
		&error));
}
END_TEST

CONTRACT_UNIT("store_reply", begin, end, a_reply_is_found_by_tenant_and_key,
	only_what_is_valid_no_more_is_kept_over,
	a_reply_without_its_session_is_not_found,
	a_session_has_one_newest_reply, old_replies_go_by_their_time,
	replies_of_a_clock_that_was_ahead_hold_up_no_others,
	a_tenant_has_room_for_so_many)
