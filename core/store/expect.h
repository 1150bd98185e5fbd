/* SPDX-License-Identifier: MIT */
/*
 * expect.h - what the members of a batch will ask for, said before they run.
 *
 * An engine that is far away answers all of it in one round trip; for one at
 * hand nothing happens.  It is a hint: what was not expected is asked for when
 * it is needed, and the members run the same either way.
 */
#ifndef CORE_STORE_EXPECT_H
#define CORE_STORE_EXPECT_H

#include "core/store/store.h"

struct store_turn;

/*
 * Is it a database that is far away, and that other processes write to, too?
 * Then each answer that is waited for is a round trip.
 */
bool store_is_shared(const struct store *store);

/* Of one member; what is empty is not looked up. */
struct store_expected {
	struct session_ref ref; /* an empty name: no session */
	bool profile;		/* what a client has set of the session */
	struct slice key;	/* of an idempotency record */
	/* Of the one that the session has without a key, if it is this. */
	struct slice digest;
	struct slice owner; /* whose sessions no other may erase, or get */
	bool erases_owner;
	const struct store_turn *turn;	/* that is checked; or NULL */
	const struct message *messages; /* whose ids are looked up */
	size_t message_count;
};

/*
 * After store_begin() and before the first member; `expected` is borrowed
 * until the batch ends.  `now` is the time of its members.
 */
int store_expect(struct store *store, const struct store_expected *expected,
	size_t count, int64_t now, struct error *error);

/*
 * Within a read, before its session is found: so many of the session's newest
 * messages are wanted next, newest first, and come with it.  `alone`: nothing
 * else is; if it is all the same the read may fail, and store_retries() is
 * true. `ref` is borrowed until the rollback.
 */
void store_expect_newest(
	struct store *store, struct session_ref ref, int64_t count, bool alone);

/*
 * From now on: is no member expected to be undone?  Then the engine may do
 * without what undoes one alone.  Where one is undone all the same, after it
 * has written, the batch is lost, and store_retries() is true.
 */
void store_expect_no_undo(struct store *store, bool none);

#endif
