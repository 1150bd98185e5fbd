/* SPDX-License-Identifier: MIT */
/*
 * test_expect_newest.c - the newest messages that a read expects come with
 * their session: the same as without that, and sooner.
 */
#include "core/store/expect.h"
#include "tests/contract/store_unit.h"

/* It does not come along with those of other reads. */
static char large_body[40000];
static char large[sizeof(large_body) + 3];

static void start(void)
{
	struct store *store;

	scratch();
	store = open_store(STORE_WRITE);
	say(store, "s1", "hello");
	for (const char *body = "abcde"; *body; body++)
		say(store, "s0", (char[]){ *body, '\0' });
	ok(store_begin(store, &error));
	make(store, "empty");
	ok(store_commit(store, &error));
	memset(large_body, 'x', sizeof(large_body) - 1);
	snprintf(large, sizeof(large), "1:%s ", large_body);
	say(store, "large", large_body);
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

static void list(struct store *reader, const struct expecting *expecting)
{
	const struct message_query query = { .limit = expecting->limit,
		.after = expecting->after,
		.descending = true };
	const struct session session = find(reader, expecting->listed);
	struct text bodies = { 0 };

	if (session.id)
		ok(store_message_list(reader, &session, &query,
			(struct message_visitor){ write_body, &bodies },
			&error));
	text_byte(&bodies, '\0');
	ck_assert_str_eq(bodies.data, expecting->bodies);
	text_clear(&bodies);
}

static struct store_expected expected_of(const struct expecting *expecting)
{
	return (struct store_expected){
		.ref = { SLICE(""), slice_of(expecting->expected) },
		.newest = expecting->count,
	};
}

static void list_as_expected(
	struct store *reader, const struct expecting *expecting)
{
	const struct store_expected expected = expected_of(expecting);
	const int64_t before = engine->waits ? engine->waits(reader) : 0;

	ok(store_begin(reader, &error));
	ok(store_expect(reader, &expected, 1, 0, &error));
	list(reader, expecting);
	store_rollback(reader);
	if (engine->waits)
		ck_assert_int_eq(
			engine->waits(reader) - before, expecting->waits);
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

/* Reads that are run as one; so many are answered by its first round trip. */
static void list_together(
	const struct expecting *reads, size_t count, int64_t waits)
{
	struct store *reader = open_store(STORE_READ);
	struct store_expected expected[8];
	const int64_t before = engine->waits ? engine->waits(reader) : 0;

	for (size_t i = 0; i < count; i++)
		expected[i] = expected_of(&reads[i]);
	ok(store_begin(reader, &error));
	ok(store_expect(reader, expected, count, 0, &error));
	for (size_t i = 0; i < count; i++)
		list(reader, &reads[i]);
	ck_assert(!store_batch_lost(reader));
	if (strcmp(engine->name, "postgresql") == 0)
		ck_assert_int_eq(engine->waits(reader) - before, waits);
	store_rollback(reader);
	store_close(reader);
}

START_TEST(reads_that_are_run_as_one_share_a_round_trip)
{
	static const struct expecting reads[] = {
		{ "s0", 3, "s0", 3, 0, "5:e 4:d 3:c ", 0 },
		{ "none", 3, "none", 3, 0, "", 0 },
		{ "s1", 3, "s1", 3, 0, "1:hello ", 0 },
		{ "s0", 9, "s0", 9, 0, "5:e 4:d 3:c 2:b 1:a ", 0 },
		{ "s0", 1, "s0", 1, 0, "5:e ", 0 },
		{ "empty", 3, "empty", 3, 0, "", 0 },
	};

	list_together(reads, sizeof(reads) / sizeof(*reads), 1);
}
END_TEST

START_TEST(what_is_not_as_expected_is_asked_for_by_itself)
{
	static const struct expecting reads[] = {
		{ "s0", 2, "s0", 4, 0, "5:e 4:d 3:c 2:b ", 0 }, /* goes on */
		{ "s1", 2, "s1", 2, 0, "1:hello ", 0 },
		{ "s0", 3, "s0", 3, 3, "5:e 4:d ", 0 }, /* of other rows */
		{ "large", 1, "large", 1, 0, large, 0 },
	};

	list_together(reads, sizeof(reads) / sizeof(*reads), 4);
}
END_TEST

START_TEST(a_read_that_wants_more_than_it_said_goes_well_when_it_is_run_again)
{
	const struct message_query query = { .limit = 4, .descending = true };
	const struct store_expected two = {
		.ref = { SLICE(""), SLICE("s0") }, .newest = 2, .alone = true
	};
	struct store *reader = open_store(STORE_READ);
	bool again = true;

	for (int tries = 0; again && tries < 2; tries++) {
		struct text bodies = { 0 };
		struct session session;

		ok(store_begin(reader, &error));
		ok(store_expect(reader, &two, 1, 0, &error));
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
	reads_that_are_run_as_one_share_a_round_trip,
	what_is_not_as_expected_is_asked_for_by_itself,
	a_read_that_wants_more_than_it_said_goes_well_when_it_is_run_again)
