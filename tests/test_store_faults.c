/* SPDX-License-Identifier: MIT */
/*
 * test_store_faults.c - the disk or the memory fails at any call: what was
 * acknowledged stays, what was refused is not there, nothing is damaged.
 */
#include "failing.h"
#include "fault_vfs.h"
#include "store_unit.h"

static int warnings;
static char warned[600];

static void hear(void *context, const char *line)
{
	(void)context;
	warnings++;
	snprintf(warned, sizeof(warned), "%s", line);
}

static struct store_options options = { .path = path, .warn = hear };
static struct store *store;

static sqlite3_mem_methods memory;

static void *fail_malloc(int size)
{
	return failing_now() ? NULL : memory.xMalloc(size);
}

static void *fail_realloc(void *old, int size)
{
	return failing_now() ? NULL : memory.xRealloc(old, size);
}

/* SQLite's memory fails as well. */
static void install_memory(void)
{
	sqlite3_mem_methods own;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory);
	own = memory;
	own.xMalloc = fail_malloc;
	own.xRealloc = fail_realloc;
	ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &own), SQLITE_OK);
}

static void start(void)
{
	scratch();
	install_memory();
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

/* --- what a commit says ------------------------------------------------- */

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

START_TEST(a_torn_write_stores_nothing)
{
	say(store, "alice", "a");
	begin_message("never");
	fault_arm(FAULT_WRITE | FAULT_LOG, 2, SQLITE_IOERR_WRITE);
	fault.torn = true;
	fails(store_commit(store, &error), ERROR_UNKNOWN);
	reopen();
	has("1:a ");
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
	fault_arm(FAULT_WRITE | FAULT_LOG, 500, SQLITE_IOERR_WRITE);
	fails(append_large(), ERROR_UNAVAILABLE);
	ck_assert(store_batch_lost(store));
	fails(store_leave(store, true, &error), ERROR_UNAVAILABLE);
	/* Nothing that follows may commit by itself. */
	fails(store_enter(store, &error), ERROR_UNAVAILABLE);
	fails(store_session_create(
		      store, SLICE(""), SLICE("bob"), 1, &session, &error),
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
	fault_arm(FAULT_WRITE | FAULT_LOG, 500, SQLITE_FULL);
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

START_TEST(a_checkpoint_that_fails_can_be_made_again)
{
	say(store, "alice", "a");
	fault_arm(FAULT_SYNC, 1, SQLITE_IOERR_FSYNC);
	fails(store_checkpoint(store, CHECKPOINT_PASSIVE, &error),
		ERROR_UNAVAILABLE);
	say(store, "alice", "b");
	ck_assert_int_eq(
		store_checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	has("1:a 2:b ");
}
END_TEST

START_TEST(a_full_disk_is_opened_at_the_cost_of_the_ballast)
{
	struct store_options floored = options;

	floored.free_bytes_floor = 1;
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

/* --- every call ----------------------------------------------------------- */

/* What a life of the store has had acknowledged. */
struct ledger {
	int64_t acknowledged;
	int64_t unknown;
};

/* One message, as a member; -1 ends this life. */
static int live_once(struct store *writer, struct ledger *ledger)
{
	struct message message = text_message("x");
	struct session session;
	struct error why = { 0 };
	bool good;

	if (store_begin(writer, &why))
		return -1;
	good = !store_enter(writer, &why) &&
	       !store_session_find(
		       writer, SLICE(""), SLICE("alice"), &session, &why);
	if (good && session.id == 0)
		good = !store_session_create(
			writer, SLICE(""), SLICE("alice"), 1, &session, &why);
	good = good &&
	       !store_message_append(writer, &session, &message, 1, &why);
	good = !store_leave(writer, good, &why) && good;
	if (!good) {
		store_rollback(writer);
		return -1;
	}
	if (store_commit(writer, &why)) {
		ledger->unknown = why.code == ERROR_UNKNOWN;
		return -1;
	}
	ledger->acknowledged++;
	return 0;
}

static int count_row(void *context, const struct message_row *row)
{
	ck_assert_int_eq(row->seq, ++*(int64_t *)context);
	return 0;
}

/* Reads on a handle of its own; whatever is read must be right. */
static void read_once(const struct ledger *ledger)
{
	struct message_query query = { .limit = 100 };
	struct store *reader;
	struct session session;
	struct error why = { 0 };
	int64_t count = 0;

	if (store_open(&reader, &options, STORE_READ, &why))
		return;
	if (!store_begin(reader, &why) &&
		!store_session_find(
			reader, SLICE(""), SLICE("alice"), &session, &why) &&
		!store_message_list(
			reader, &session, &query, count_row, &count, &why))
		ck_assert_int_eq(count, ledger->acknowledged);
	store_rollback(reader);
	store_close(reader);
}

/* Opens, writes, reads, checkpoints, closes; stops at the first refusal. */
static void live(struct ledger *ledger)
{
	struct error why = { 0 };
	struct store *writer;

	*ledger = (struct ledger){ 0 };
	if (store_open(&writer, &options, STORE_WRITE, &why))
		return;
	if (live_once(writer, ledger) == 0 && live_once(writer, ledger) == 0) {
		read_once(ledger);
		store_checkpoint(writer, CHECKPOINT_PASSIVE, &why);
		if (live_once(writer, ledger) == 0)
			store_checkpoint(writer, CHECKPOINT_TRUNCATE, &why);
		live_once(writer, ledger);
	}
	store_close(writer);
}

/* Nothing acknowledged is lost, nothing refused is there. */
static void hold(const struct ledger *ledger, long nth)
{
	struct session session;
	int64_t last;

	ok(store_open(&store, &options, STORE_WRITE, &error));
	session = find(store, "alice");
	last = session.last_seq;
	ck_assert_msg(last >= ledger->acknowledged &&
			      last <= ledger->acknowledged + ledger->unknown,
		"call %ld: %ld of %ld", nth, (long)last,
		(long)ledger->acknowledged);
	say(store, "alice", "x");
	ck_assert_int_eq(find(store, "alice").last_seq, last + 1);
	store_close(store);
	scratch_end();
	scratch();
}

static void fail_each_call(unsigned kinds, int rc, bool forever)
{
	struct ledger ledger;
	long nth = 0;

	store_close(store);
	scratch_end();
	scratch();
	do {
		fault_arm(kinds, ++nth, rc);
		fault.forever = forever;
		fault.torn = forever;
		live(&ledger);
		fault.left = 0;
		hold(&ledger, nth);
	} while (fault.happened);
	ck_assert_int_gt(nth, 20);
	ck_assert_int_eq(ledger.acknowledged, 4);
	ok(store_open(&store, &options, STORE_WRITE, &error));
}

START_TEST(any_call_may_fail_once)
{
	fail_each_call(FAULT_ANY, SQLITE_IOERR, false);
}
END_TEST

START_TEST(any_call_may_fail_and_all_that_follow)
{
	fail_each_call(FAULT_ANY, SQLITE_IOERR, true);
}
END_TEST

/* A sync never says so: what a full disk does to it is an I/O error. */
START_TEST(the_disk_may_be_full_at_any_write)
{
	fail_each_call(FAULT_WRITE, SQLITE_FULL, false);
}
END_TEST

START_TEST(the_disk_may_stay_full_from_any_write_on)
{
	fail_each_call(FAULT_WRITE, SQLITE_FULL, true);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
	size_t stride = getenv("CHATMEM_TEST_LONG") ? 0 : 50;
	struct ledger ledger;
	long nth = 0;

	store_close(store);
	scratch_end();
	scratch();
	while (failing_next()) {
		bool failed;

		live(&ledger);
		failed = failing_stop();
		failing.round += stride;
		hold(&ledger, ++nth);
		if (!failed)
			ck_assert_int_eq(ledger.acknowledged, 4);
	}
	ck_assert_int_gt(nth, 50);
	ok(store_open(&store, &options, STORE_WRITE, &error));
}
END_TEST

STORE_UNIT("store_faults", start, stop,
	a_failed_fsync_leaves_the_outcome_unknown,
	a_failed_store_does_not_touch_the_file_again,
	a_full_disk_stores_nothing_and_goes_on, a_torn_write_stores_nothing,
	a_member_can_lose_the_whole_batch,
	a_full_disk_within_a_member_loses_nothing_else,
	a_checkpoint_that_fails_can_be_made_again,
	a_full_disk_is_opened_at_the_cost_of_the_ballast,
	any_call_may_fail_once, any_call_may_fail_and_all_that_follow,
	the_disk_may_be_full_at_any_write,
	the_disk_may_stay_full_from_any_write_on, any_allocation_may_fail)
