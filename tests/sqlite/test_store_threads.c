/* SPDX-License-Identifier: MIT */
/*
 * test_store_threads.c - readers on threads of their own, while one writes
 * and checkpoints: each read is whole, and none goes back in time.
 */
#include "tests/sqlite/sqlite_unit.h"

#include <pthread.h>
#include <stdatomic.h>

#define READERS 3
#define NEWEST	20

static atomic_bool finished;
static atomic_llong committed; /* messages acknowledged */

static void start(void)
{
	scratch_file();
}

/* Newest first, each one less than the one before. */
struct reading {
	int64_t next;
	int64_t count;
	bool broken;
};

static int read_row(void *context, const struct message_row *row)
{
	struct reading *reading = context;

	reading->broken |= row->seq != reading->next--;
	reading->count++;
	return 0;
}

/* True when a session's newest messages are all there, up to its last seq. */
static bool read_newest(struct store *store, int64_t *last, struct error *why)
{
	struct message_query query = { .limit = NEWEST, .descending = true };
	long long before = atomic_load(&committed);
	struct session session;
	struct reading reading;
	bool whole;

	if (store_begin(store, why) ||
		store_session_find(store,
			(struct session_ref){ SLICE(""), SLICE("alice") }, 1,
			&session, why))
		return false;
	reading = (struct reading){ .next = session.last_seq };
	whole = !store_message_list(store, &session, &query,
		(struct message_visitor){ read_row, &reading }, why);
	store_rollback(store);
	whole = whole && !reading.broken && session.last_seq >= before &&
		session.last_seq >= *last &&
		(reading.count == NEWEST || reading.next == 0);
	*last = session.last_seq;
	return whole;
}

/* Returns NULL when all was well, else its argument. */
static void *read_on(void *context)
{
	struct store_options options = { .url = path };
	struct error why = { 0 };
	struct store *store;
	int64_t last = 0;
	bool whole = true;

	if (store_open(&store, &options, STORE_READ, &why))
		return context;
	while (whole && !atomic_load(&finished))
		whole = read_newest(store, &last, &why);
	store_close(store);
	return whole ? NULL : context;
}

START_TEST(readers_on_threads_see_whole_histories_that_grow)
{
	struct store *store = open_store(STORE_WRITE);
	pthread_t readers[READERS];
	void *failure;

	for (int i = 0; i < READERS; i++)
		ck_assert_int_eq(
			pthread_create(&readers[i], NULL, read_on, readers), 0);
	for (int i = 0; i < 1500; i++) {
		say(store, "alice", "x");
		atomic_fetch_add(&committed, 1);
		if (i % 50 == 0)
			ok(checkpoint(store,
				(enum sqlite_checkpoint)(i / 50 % 3), &error));
	}
	atomic_store(&finished, true);
	for (int i = 0; i < READERS; i++) {
		ck_assert_int_eq(pthread_join(readers[i], &failure), 0);
		ck_assert_ptr_null(failure);
	}
	store_close(store);
	gives("PRAGMA integrity_check", "ok");
}
END_TEST

STORE_UNIT("store_threads", start, scratch_end,
	readers_on_threads_see_whole_histories_that_grow)
