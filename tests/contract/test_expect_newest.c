/* SPDX-License-Identifier: MIT */
/*
 * test_expect_newest.c - the newest messages that a read expects come with
 * their session: the same as without that, and sooner.
 */
#include "core/store/expect.h"
#include "tests/contract/store_unit.h"

static void start(void)
{
	struct store *store;

	scratch();
	store = open_store(STORE_WRITE);
	say(store, "s1", "hello");
	for (const char *body = "abcde"; *body; body++)
		say(store, "s0", (char[]){ *body, '\0' });
	store_close(store);
}

static void stop(void)
{
	scratch_end();
}

/* The newest `limit` of a session above a seq, of a read that expected some. */
struct expecting {
	const char *expected; /* the session */
	int64_t count;
	const char *listed;
	int64_t limit, after;
	const char *bodies;
	int waits;
};

static void list_as_expected(
	struct store *reader, const struct expecting *expecting)
{
	const struct message_query query = { .limit = expecting->limit,
		.after = expecting->after,
		.descending = true };
	const int64_t before = engine->waits ? engine->waits(reader) : 0;
	struct session session;
	struct text bodies = { 0 };

	ok(store_begin(reader, &error));
	store_expect_newest(reader,
		(struct session_ref){
			SLICE(""), slice_of(expecting->expected) },
		expecting->count, false);
	session = find(reader, expecting->listed);
	ok(store_message_list(reader, &session, &query,
		(struct message_visitor){ write_body, &bodies }, &error));
	store_rollback(reader);
	text_byte(&bodies, '\0');
	ck_assert_str_eq(bodies.data, expecting->bodies);
	if (engine->waits)
		ck_assert_int_eq(
			engine->waits(reader) - before, expecting->waits);
	text_clear(&bodies);
}

START_TEST(expected_messages_come_with_their_session)
{
	static const struct expecting reads[] = {
		{ "s0", 3, "s0", 3, 0, "5:e 4:d 3:c ", 1 },
		{ "s0", 9, "s0", 9, 0, "5:e 4:d 3:c 2:b 1:a ", 1 },
		{ "s0", 2, "s0", 4, 0, "5:e 4:d 3:c 2:b ", 2 }, /* goes on */
		{ "s0", 3, "s0", 3, 3, "5:e 4:d ", 2 }, /* of other rows */
		{ "s0", 3, "s1", 3, 0, "1:hello ", 2 }, /* of another session */
		{ "none", 3, "s1", 3, 0, "1:hello ", 2 },
	};
	struct store *reader = open_store(STORE_READ);

	for (size_t i = 0; i < sizeof(reads) / sizeof(*reads); i++)
		list_as_expected(reader, &reads[i]);
	store_close(reader);
}
END_TEST

START_TEST(a_read_that_wants_more_than_it_said_goes_well_when_it_is_run_again)
{
	const struct message_query query = { .limit = 4, .descending = true };
	struct store *reader = open_store(STORE_READ);
	bool again = true;

	for (int tries = 0; again && tries < 2; tries++) {
		struct text bodies = { 0 };
		struct session session;

		ok(store_begin(reader, &error));
		store_expect_newest(reader,
			(struct session_ref){ SLICE(""), SLICE("s0") }, 2,
			true);
		session = find(reader, "s0");
		again = store_message_list(reader, &session, &query,
				(struct message_visitor){ write_body, &bodies },
				&error) != 0;
		ck_assert_int_eq(store_retries(reader), again);
		store_rollback(reader);
		if (!again)
			is(text_view(&bodies), "5:e 4:d 3:c 2:b ");
		text_clear(&bodies);
	}
	ck_assert(!again);
	store_close(reader);
}
END_TEST

CONTRACT_UNIT("expect_newest", start, stop,
	expected_messages_come_with_their_session,
	a_read_that_wants_more_than_it_said_goes_well_when_it_is_run_again)
