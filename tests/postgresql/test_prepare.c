/* SPDX-License-Identifier: MIT */
/*
 * test_prepare.c - what is prepared on a connection, and what is not what it
 * seems to be.
 */
#include "core/store/postgresql/postgresql.h"
#include "core/store/sql/sql.h"
#include "schema/clock.h"
#include "tests/contract/store_unit.h"

static struct store *store;
static struct postgresql *pg;

static void start(void)
{
	scratch();
	store = open_store(STORE_WRITE);
	pg = pg_of(store->engine);
	say(store, "s", "{\"content\":\"hello\"}");
}

static void stop(void)
{
	store_close(store);
	scratch_end();
}

static int take(void)
{
	const struct session_ref ref = { SLICE(""), SLICE("s") };
	struct session session;

	return store_session_take(store, ref, 2000, &session, &error);
}

static void works(void)
{
	ok(store_begin(store, &error));
	ok(take());
	ok(store_commit(store, &error));
}

static void is_refused_once(void)
{
	ok(store_begin(store, &error));
	fails(take(), ERROR_UNAVAILABLE);
	ck_assert(store_retries(store));
	store_rollback(store);
}

START_TEST(a_batch_that_is_never_sent_forgets_nothing)
{
	works();
	ck_assert_uint_gt(pg->prepared.count, 0);
	pg->prepared.since -= 3600000;
	ok(store_begin(store, &error));
	store_rollback(store);
	works();
	ck_assert_int_eq(pg->prepared.refusals, 0);
}
END_TEST

START_TEST(plans_are_made_anew)
{
	works();
	pg->prepared.since -= 3600000;
	works();
	ck_assert_int_lt(
		clock_ms(CLOCK_MONOTONIC) - pg->prepared.since, 3600000);
	ck_assert_int_eq(pg->prepared.refusals, 0);
}
END_TEST

/* As a pooler has it that gives a connection to others in between. */
static void forget_it_all(void)
{
	ok(store_begin(store, &error));
	ok(take());
	ok(pg_queue_text(pg, "DEALLOCATE ALL", &error));
	ok(store_commit(store, &error));
}

START_TEST(what_is_not_there_is_prepared_again)
{
	works();
	forget_it_all();
	is_refused_once();
	works();
	pg->prepared.count = 0; /* though it is there */
	is_refused_once();
	works();
	ck_assert(pg->prepared.own);
}
END_TEST

START_TEST(a_connection_that_forgets_gets_texts)
{
	for (int i = 0; i < 3; i++) {
		works();
		forget_it_all();
		is_refused_once();
	}
	ck_assert(!pg->prepared.own);
	works();
	forget_it_all();
	works();
}
END_TEST

/* The sum is of the row as text, in which some bytes are quoted. */
START_TEST(a_row_is_what_was_stored_whatever_it_is_called)
{
	static const char *const names[] = { "a b", "a\"b", "\\", "(", ")", ",",
		"\t", "\v", "\xc2\xa0", "caf\xc3\xa9", "NULL" };
	struct session session;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct session_profile profile = {
			.owner = slice_of(names[i]),
			.memory = SLICE("{}"),
			.metadata = SLICE("{}"),
			.ttl_seconds = i % 2 ? 3600 : 0,
			.retain_retired = (int64_t)i - 1,
		};

		ok(store_begin(store, &error));
		session = make(store, names[i]);
		ok(store_session_configure(
			store, &session, &profile, 2000, &error));
		ok(store_commit(store, &error));
		ok(store_begin(store, &error));
		ck_assert_int_eq(make(store, names[i]).id, session.id);
		store_rollback(store);
	}
}
END_TEST

CONTRACT_UNIT("prepare", start, stop,
	a_batch_that_is_never_sent_forgets_nothing, plans_are_made_anew,
	what_is_not_there_is_prepared_again,
	a_connection_that_forgets_gets_texts,
	a_row_is_what_was_stored_whatever_it_is_called)
