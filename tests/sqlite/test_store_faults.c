/* SPDX-License-Identifier: MIT */
/*
 * test_store_faults.c - the disk fails: what is said of it, and what is there
 * afterwards.
 */
#include "tests/sqlite/fault_vfs.h"
#include "tests/sqlite/sqlite_unit.h"

static int warnings;
static char warned[600];

static void hear(void *context, const char *line)
{
	(void)context;
	warnings++;
	snprintf(warned, sizeof(warned), "%s", line);
}

static struct store_options options = { .url = path, .warn = hear };
static struct store *store;

static void start(void)
{
	scratch_file();
	fault_install();
	ok(store_open(&store, &options, STORE_WRITE, &error));
}

static void stop(void)
{
	fault_arm(0, 0, 0);
	store_close(store);
	scratch_end();
}

/* Begins a batch with one message in it. */
static void begin_message(const char *body)
{
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, "alice");
	append(store, &session, body);
}

static void has(const char *expected)
{
	struct session session = find(store, "alice");

	has_bodies(store, &session, expected);
}

static void reopen(void)
{
	fault_arm(0, 0, 0);
	store_close(store);
	ok(store_open(&store, &options, STORE_WRITE, &error));
}

START_TEST(a_failed_fsync_leaves_the_outcome_unknown)
{
	struct session session;

	say(store, "alice", "a");
	begin_message("b");
	fault_arm(FAULT_SYNC, 1, SQLITE_IOERR_FSYNC);
	fails(store_commit(store, &error), ERROR_UNKNOWN);
	ck_assert_int_eq(fault.happened, 1);
	ck_assert_int_gt(warnings, 0);
	fails(store_begin(store, &error), ERROR_UNKNOWN);
	reopen();
	session = find(store, "alice");
	ck_assert_int_ge(session.last_seq, 1);
	say(store, "alice", "c");
	has(session.last_seq == 1 ? "1:a 2:c " : "1:a 2:b 3:c ");
}
END_TEST

/* What it has written since is left to recovery, not settled. */
START_TEST(a_failed_store_does_not_touch_the_file_again)
{
	struct stat before, after;

	say(store, "alice", "a");
	ck_assert_int_eq(stat(path, &before), 0);
	begin_message("b");
	fault_arm(FAULT_SYNC, 1, SQLITE_IOERR_FSYNC);
	fails(store_commit(store, &error), ERROR_UNKNOWN);
	store_close(store);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	ok(store_open(&store, &options, STORE_WRITE, &error));
}
END_TEST

START_TEST(a_full_disk_stores_nothing_and_goes_on)
{
	say(store, "alice", "a");
	begin_message("never");
	fault_arm(FAULT_WRITE, 1, SQLITE_FULL);
	fails(store_commit(store, &error), ERROR_STORAGE);
	has("1:a ");
	say(store, "alice", "b");
	has("1:a 2:b ");
	reopen();
	has("1:a 2:b ");
}
END_TEST

static void append_long(const char *name, size_t length)
{
	struct session session = make(store, name);
	struct message message = text_message("");
	char *body = malloc(length);

	memset(body, 'x', length);
	message.body = (struct slice){ body, length };
	ok(store_message_append(store, &session, &message, 2000, &error));
	free(body);
}

/* A log that is begun anew over its old frames has its head synced first. */
START_TEST(the_first_commit_into_a_log_that_is_empty_is_synced_once)
{
	static const struct {
		enum sqlite_checkpoint how;
		long syncs;
	} logs[] = { { CHECKPOINT_RESTART, 2 }, { CHECKPOINT_TRUNCATE, 1 },
		{ CHECKPOINT_PASSIVE, 2 } };

	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs); i++) {
		say(store, "alice", "a");
		fault_arm(0, 0, 0);
		ck_assert_int_eq(checkpoint(store, logs[i].how, &error), 1);
		ck_assert(fault.log_synced);
		for (int commit = 0; commit < 2; commit++) {
			begin_message("b");
			fault_arm(0, 0, 0);
			ok(store_commit(store, &error));
			ck_assert_int_eq(
				fault.log_syncs, commit ? 1 : logs[i].syncs);
			ck_assert(fault.log_synced);
		}
	}
	reopen();
	has("1:a 2:b 3:b 4:a 5:b 6:b 7:a 8:b 9:b ");
}
END_TEST

/* Frames are 4 KiB and a head; SQLite could not write 128 KiB at once. */
START_TEST(a_commit_is_written_in_pieces_of_just_below_128_kib)
{
	say(store, "alice", "a");
	begin_message("b");
	append_long("bob", 4000);
	fault_arm(0, 0, 0);
	ok(store_commit(store, &error));
	ck_assert_int_eq(fault.log_writes, 1);
	ok(store_begin(store, &error));
	append_long("bob", 1000000);
	fault_arm(0, 0, 0);
	ok(store_commit(store, &error));
	ck_assert_int_ge(fault.log_writes, 8);
	ck_assert_int_le(fault.log_writes, 9);
	reopen();
	has("1:a 2:b ");
	ck_assert_int_eq(find(store, "bob").last_seq, 2);
}
END_TEST

/* One that readers see unsynced waits for nothing. */
START_TEST(a_relaxed_commit_is_written_before_it_returns)
{
	struct store_options relaxed = options;
	struct store *reader;
	struct session session;

	relaxed.relaxed = true;
	store_close(store);
	ok(store_open(&store, &relaxed, STORE_WRITE, &error));
	say(store, "alice", "a"); /* and the first one looks at the file */
	say(store, "alice", "b");
	ok(store_open(&reader, &relaxed, STORE_READ, &error));
	ok(store_begin(reader, &error));
	session = find(reader, "alice");
	has_bodies(reader, &session, "1:a 2:b ");
	store_rollback(reader);
	store_close(reader);
}
END_TEST

/* Whichever of the writes it is. */
START_TEST(a_torn_write_stores_nothing)
{
	long nth = 0;

	say(store, "alice", "a");
	do {
		begin_message("never");
		append_long("alice", 400000);
		fault_arm(FAULT_WRITE | FAULT_LOG, ++nth, SQLITE_IOERR_WRITE);
		fault.torn = true;
		if (store_commit(store, &error) == 0)
			break;
		ck_assert_int_eq(error.code, ERROR_UNKNOWN);
		reopen();
		has("1:a ");
	} while (nth < 1000);
	ck_assert_int_gt(nth, 4);
}
END_TEST

static int has_all(void *context, const struct message_row *row)
{
	const size_t *length = context;

	ck_assert_uint_eq(row->message.body.length, *length);
	for (size_t i = 0; i < *length; i++)
		ck_assert_int_eq(row->message.body.data[i], 'x');
	return 0;
}

static int read_long(const char *name, size_t *length)
{
	const struct message_query query = { .limit = 1 };
	struct session session = find(store, name);

	return store_message_list(store, &session, &query,
		(struct message_visitor){ has_all, length }, &error);
}

/* A page that is not in memory any more is read from the log. */
START_TEST(a_read_for_which_the_log_cannot_be_written_loses_the_batch_at_most)
{
	size_t length = 12 << 20;

	ok(store_begin(store, &error));
	append_long("bob", length);
	fault_arm(FAULT_WRITE | FAULT_LOG, 1, SQLITE_FULL);
	fails(read_long("bob", &length), ERROR_STORAGE);
	ck_assert_int_eq(fault.happened, 1);
	store_rollback(store);
	has("");
	ok(store_begin(store, &error));
	append_long("bob", length);
	ok(store_commit(store, &error));
	reopen();
	ok(read_long("bob", &length));
}
END_TEST

/* More than the writer's page cache holds is written before the commit. */
static int append_large(void)
{
	static char body[3 << 20];
	struct session session = find(store, "alice");
	struct message message = text_message("");

	memset(body, 'x', sizeof(body));
	message.body = (struct slice){ body, sizeof(body) };
	for (int i = 0; i < 8; i++)
		if (store_message_append(
			    store, &session, &message, 2000, &error))
			return -1;
	return 0;
}

START_TEST(a_member_can_lose_the_whole_batch)
{
	struct session session;

	say(store, "alice", "a");
	begin_message("never");
	ok(store_enter(store, &error));
	fault_arm(FAULT_WRITE | FAULT_LOG, 20, SQLITE_IOERR_WRITE);
	fails(append_large(), ERROR_UNAVAILABLE);
	ck_assert(store_batch_lost(store));
	fails(store_leave(store, true, &error), ERROR_UNAVAILABLE);
	/* Nothing that follows may commit by itself. */
	fails(store_enter(store, &error), ERROR_UNAVAILABLE);
	fails(store_session_create(store,
		      (struct session_ref){ SLICE(""), SLICE("bob") }, 1,
		      &session, &error),
		ERROR_UNAVAILABLE);
	fails(store_commit(store, &error), ERROR_UNAVAILABLE);
	ck_assert(!store_batch_lost(store));
	ck_assert_int_eq(find(store, "bob").id, 0);
	say(store, "alice", "b");
	has("1:a 2:b ");
}
END_TEST

START_TEST(a_full_disk_within_a_member_loses_nothing_else)
{
	say(store, "alice", "a");
	begin_message("b");
	ok(store_enter(store, &error));
	fault_arm(FAULT_WRITE | FAULT_LOG, 20, SQLITE_FULL);
	fails(append_large(), ERROR_STORAGE);
	if (store_batch_lost(store)) {
		store_rollback(store);
		has("1:a ");
		return;
	}
	ok(store_leave(store, false, &error));
	ok(store_commit(store, &error));
	has("1:a 2:b ");
}
END_TEST

START_TEST(a_checkpoint_whose_fsync_fails_is_the_end)
{
	say(store, "alice", "a");
	fault_arm(FAULT_SYNC, 1, SQLITE_IOERR_FSYNC);
	fails(checkpoint(store, CHECKPOINT_PASSIVE, &error), ERROR_UNKNOWN);
	fails(store_begin(store, &error), ERROR_UNKNOWN);
	reopen();
	say(store, "alice", "b");
	has("1:a 2:b ");
}
END_TEST

START_TEST(a_checkpoint_without_room_can_be_made_again)
{
	say(store, "alice", "a");
	fault_arm(FAULT_WRITE, 1, SQLITE_FULL);
	fails(checkpoint(store, CHECKPOINT_PASSIVE, &error), ERROR_STORAGE);
	say(store, "alice", "b");
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	has("1:a 2:b ");
}
END_TEST

START_TEST(a_full_disk_is_opened_at_the_cost_of_the_ballast)
{
	const struct sqlite_options low = { .free_bytes_floor = 1 };
	struct store_options floored = options;

	floored.sqlite = &low;
	store_close(store);
	ok(store_open(&store, &floored, STORE_WRITE, &error));
	store_close(store);
	fault_arm(FAULT_MAP, 1, SQLITE_IOERR_SHMSIZE);
	warnings = 0;
	ok(store_open(&store, &floored, STORE_WRITE, &error));
	ck_assert_int_eq(fault.happened, 1);
	ck_assert_int_eq(warnings, 1);
	ck_assert_ptr_nonnull(strstr(warned, "ballast was released"));
	store_close(store);
	fault_arm(FAULT_MAP, 1, SQLITE_IOERR_SHMSIZE);
	fault.forever = true;
	fails(store_open(&store, &floored, STORE_WRITE, &error),
		ERROR_UNAVAILABLE);
	fault_arm(0, 0, 0);
	ok(store_open(&store, &options, STORE_WRITE, &error));
}
END_TEST

STORE_UNIT("store_faults", start, stop,
	a_failed_fsync_leaves_the_outcome_unknown,
	a_failed_store_does_not_touch_the_file_again,
	a_full_disk_stores_nothing_and_goes_on,
	the_first_commit_into_a_log_that_is_empty_is_synced_once,
	a_commit_is_written_in_pieces_of_just_below_128_kib,
	a_relaxed_commit_is_written_before_it_returns,
	a_torn_write_stores_nothing,
	a_read_for_which_the_log_cannot_be_written_loses_the_batch_at_most,
	a_member_can_lose_the_whole_batch,
	a_full_disk_within_a_member_loses_nothing_else,
	a_checkpoint_whose_fsync_fails_is_the_end,
	a_checkpoint_without_room_can_be_made_again,
	a_full_disk_is_opened_at_the_cost_of_the_ballast)
