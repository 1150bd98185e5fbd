/* SPDX-License-Identifier: MIT */
/*
 * test_store_log.c - the log is settled by the writer alone.
 */
#include "core/store/backup.h"
#include "core/store/figures.h"
#include "tests/sqlite/sqlite_unit.h"

#include <sys/wait.h>

static void start(void)
{
	scratch_file();
}

START_TEST(a_checkpoint_settles_the_log)
{
	struct store *store = open_store(STORE_WRITE);

	say(store, "alice", "a");
	ck_assert_int_gt(log_pages(store), 0);
	ck_assert_int_gt(store_figures(store).log_bytes, 0);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_PASSIVE, &error), 1);
	ck_assert_int_eq(log_pages(store), 0);
	ck_assert_int_gt(store_figures(store).log_bytes, 0);
	say(store, "alice", "b");
	ck_assert_int_gt(log_pages(store), 0);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_RESTART, &error), 1);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	ck_assert_int_eq(log_pages(store), 0);
	ck_assert_int_eq(store_figures(store).log_bytes, 0);
	store_close(store);
}
END_TEST

/* It reads what is not the newest. */
static struct store *open_reader_in_the_way(struct store *store)
{
	struct store *reader = open_store(STORE_READ);

	say(store, "alice", "a");
	ok(store_begin(reader, &error));
	find(reader, "alice");
	say(store, "alice", "b");
	return reader;
}

/* Between batches, with so many pages in the log. */
static void keep_up(struct store *store, int pages, enum store_upkeep how)
{
	pretend_log_pages(store, pages);
	ck_assert_int_eq(store_upkeep(store, how, &error), 1);
}

START_TEST(a_long_log_is_copied_and_begun_anew_when_that_is_due)
{
	struct store *store = open_store(STORE_WRITE);
	char name[160];

	say(store, "alice", "a");
	keep_up(store, 9999, UPKEEP_PASSING);
	ck_assert_int_eq(log_pages(store), 9999);
	keep_up(store, 10000, UPKEEP_PASSING);
	ck_assert_int_eq(log_pages(store), 0);
	/* It goes on behind what is there, */
	say(store, "alice", "b");
	ck_assert_int_gt(log_pages(store), 0);
	pretend_log_pages(store, 10000);
	snprintf(name, sizeof(name), "%s-wal", path);
	ck_assert_int_eq(truncate(name, ((off_t)64 << 20) + 1), 0);
	ck_assert_int_eq(store_upkeep(store, UPKEEP_PASSING, &error), 1);
	/* and then at its beginning: SQLite cuts it to its bound. */
	say(store, "alice", "c");
	ck_assert_int_le(store_figures(store).log_bytes, (int64_t)64 << 20);
	store_close(store);
}
END_TEST

START_TEST(a_log_is_copied_sooner_while_no_request_waits)
{
	struct store *store = open_store(STORE_WRITE);

	say(store, "alice", "a");
	keep_up(store, 999, UPKEEP_EARLY);
	ck_assert_int_eq(log_pages(store), 999);
	keep_up(store, 1000, UPKEEP_EARLY);
	ck_assert_int_eq(log_pages(store), 0);
	store_close(store);
}
END_TEST

/* Else each batch would look in vain through all that is in the log. */
START_TEST(a_reader_has_a_long_log_copied_later_and_not_with_each_batch)
{
	struct store *store = open_store(STORE_WRITE);
	struct store *reader = open_reader_in_the_way(store);

	keep_up(store, 1000, UPKEEP_EARLY);
	ck_assert_int_gt(log_pages(store), 0);
	ck_assert_int_lt(log_pages(store), 999);
	keep_up(store, 999, UPKEEP_EARLY);
	ck_assert_int_ge(log_pages(store), 999);
	store_rollback(reader);
	keep_up(store, 1000, UPKEEP_EARLY);
	ck_assert_int_eq(log_pages(store), 0);
	store_close(reader);
	store_close(store);
}
END_TEST

START_TEST(a_reader_is_in_the_way_of_a_checkpoint)
{
	struct store *store = open_store(STORE_WRITE);
	struct store *reader = open_reader_in_the_way(store);

	ck_assert_int_eq(checkpoint(store, CHECKPOINT_PASSIVE, &error), 0);
	ck_assert_int_gt(log_pages(store), 0);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_TRUNCATE, &error), 0);
	store_rollback(reader);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	ck_assert_int_eq(store_figures(store).log_bytes, 0);
	store_close(reader);
	store_close(store);
}
END_TEST

/* Dies with the log as it is. */
static void crash_after_a_message(void)
{
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		say(open_store(STORE_WRITE), "alice", "a");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

START_TEST(a_reader_leaves_the_log_of_a_crash_alone)
{
	struct store *reader;
	off_t file, log;

	crash_after_a_message();
	file = size_of("");
	log = size_of("-wal");
	ck_assert_int_gt(log, 0);
	reader = open_store(STORE_READ);
	ck_assert_int_eq(find(reader, "alice").last_seq, 1);
	store_close(reader);
	ck_assert_int_eq(size_of(""), file);
	ck_assert_int_eq(size_of("-wal"), log);
}
END_TEST

START_TEST(a_writer_takes_up_the_log_of_a_crash)
{
	struct store *store;

	crash_after_a_message();
	store = open_store(STORE_WRITE);
	ck_assert_int_eq(size_of("-wal"), 0);
	ck_assert_int_eq(find(store, "alice").last_seq, 1);
	store_close(store);
}
END_TEST

START_TEST(nothing_settles_the_log_by_itself)
{
	struct store *store = open_store(STORE_WRITE);
	struct store *reader;
	off_t size = size_of("");

	for (int i = 0; i < 1500; i++)
		say(store, "alice", "a");
	for (int i = 0; i < 3; i++) {
		reader = open_store(STORE_READ);
		find(reader, "alice");
		store_close(reader);
	}
	ck_assert_int_eq(size_of(""), size);
	store_close(store);
	ck_assert_int_gt(size_of(""), size);
}
END_TEST

START_TEST(readers_leave_no_log_beside_a_stopped_store)
{
	struct store_options options = { .url = path };
	struct migration_plan plan;
	struct store *store = open_store(STORE_WRITE);
	struct store *other;

	say(store, "alice", "a");
	store_close(store);
	store = open_store(STORE_READ);
	other = open_store(STORE_READ);
	ck_assert_int_eq(find(store, "alice").last_seq, 1);
	store_close(store);
	ck_assert_int_eq(size_of("-wal"), 0);
	ck_assert_int_eq(find(other, "alice").last_seq, 1);
	store_close(other);
	ok(store_plan_migration(&options, &plan, &error));
	ck_assert_int_eq(size_of("-wal"), -1);
	ck_assert_int_eq(size_of("-shm"), -1);
}
END_TEST

START_TEST(readers_leave_the_log_of_a_writer)
{
	struct store *reader, *store = open_store(STORE_WRITE);

	ck_assert_int_eq(size_of("-wal"), 0);
	store_close(open_store(STORE_READ));
	ck_assert_int_eq(size_of("-wal"), 0);
	reader = open_store(STORE_READ);
	say(store, "alice", "a");
	store_close(reader);
	ck_assert_int_gt(size_of("-wal"), 0);
	say(store, "alice", "b");
	store_close(store);
	store = open_store(STORE_READ);
	ck_assert_int_eq(find(store, "alice").last_seq, 2);
	store_close(store);
}
END_TEST

STORE_UNIT("store_log", start, scratch_end, a_checkpoint_settles_the_log,
	a_long_log_is_copied_and_begun_anew_when_that_is_due,
	a_log_is_copied_sooner_while_no_request_waits,
	a_reader_has_a_long_log_copied_later_and_not_with_each_batch,
	a_reader_is_in_the_way_of_a_checkpoint,
	a_reader_leaves_the_log_of_a_crash_alone,
	a_writer_takes_up_the_log_of_a_crash, nothing_settles_the_log_by_itself,
	readers_leave_no_log_beside_a_stopped_store,
	readers_leave_the_log_of_a_writer)
