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

/* Of the newest messages so many come with their session, at most. */
#define STORE_NEWEST_MOST 32

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
	/* Of a read, and all else of it is empty: so many newest messages. */
	int64_t newest;
	/*
	 * Nothing else is wanted; if it is all the same the read may fail, and
	 * store_retries() is true.
	 */
	bool alone;
};

/*
 * After store_begin() and before the first member; `expected` is borrowed
 * until the batch ends.  `now` is the time of its members, or that of a read
 * or more that have one begin and one rollback.  Where several are run so, -1
 * or store_batch_lost() says that each is to be run alone.
 */
int store_expect(struct store *store, const struct store_expected *expected,
	size_t count, int64_t now, struct error *error);

/*
 * From now on: is no member expected to be undone?  Then the engine may do
 * without what undoes one alone.  Where one is undone all the same, after it
 * has written, the batch is lost, and store_retries() is true.
 */
void store_expect_no_undo(struct store *store, bool none);

/*
 * As store_begin(), of members that make room: what a floor of the disk keeps
 * free is theirs.
 */
int store_begin_freeing(struct store *store, struct error *error);
/* The same of a step of maintenance, unless that only adds to the index. */
int store_begin_step(struct store *store, struct error *error);

#endif
