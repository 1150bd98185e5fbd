/* SPDX-License-Identifier: MIT */
/*
 * test_damage_log.c - a log that a crash left is torn, or damaged; another
 * program changes that of an open store.
 */
#include "core/store/figures.h"
#include "tests/sqlite/sqlite_unit.h"

#include <fcntl.h>
#include <sys/stat.h>

static char told[1000];

static void note(void *context, const char *line)
{
	(void)context;
	strncat(told, line, sizeof(told) - strlen(told) - 1);
}

/* In the directory of the test. */
static void shell(const char *command)
{
	char line[1000];

	snprintf(line, sizeof(line), "cd '%s' && %s", directory, command);
	ck_assert_int_eq(system(line), 0);
}

/* Five commits of a message each, all in the log, as after kill -9. */
static void start(void)
{
	struct store *store;

	scratch_file();
	told[0] = '\0';
	store = open_store(STORE_WRITE);
	for (int i = 0; i < 5; i++)
		say(store, "alice", "hi");
	shell("cp test.db kept && cp test.db-wal kept-wal");
	store_close(store);
	shell("mv kept test.db && mv kept-wal test.db-wal");
}

static void stop(void)
{
	shell("rm -f test.db-wal.damaged");
	scratch_end();
}

static struct store *open_noting(void)
{
	return open_with(
		(struct store_options){ .warn = note, .damaged = note },
		STORE_WRITE);
}

static void change_log(off_t at, const char *bytes, size_t length)
{
	char name[160];
	int file;

	snprintf(name, sizeof(name), "%s-wal", path);
	file = open(name, O_WRONLY);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(pwrite(file, bytes, length, at), (ssize_t)length);
	close(file);
}

START_TEST(a_sound_log_is_taken_without_a_word)
{
	struct store *store = open_noting();

	has_rows("message", 5);
	store_close(store);
	ck_assert_str_eq(told, "");
	ck_assert_int_eq(size_of("-wal.damaged"), -1);
}
END_TEST

START_TEST(a_damaged_frame_is_told_and_the_log_kept)
{
	const off_t size = size_of("-wal");
	struct store *store;

	change_log(32 + 24 + 100, "damage", 6);
	store = open_noting();
	has_rows("message", 0);
	store_close(store);
	ck_assert_msg(strstr(told, "is damaged at byte 32: the last 5 commits"),
		"%s", told);
	ck_assert_int_eq(size_of("-wal.damaged"), size);
}
END_TEST

START_TEST(the_last_commit_may_have_been_torn)
{
	const off_t size = size_of("-wal");
	struct store *store;

	change_log(size - 100, "damage", 6);
	store = open_noting();
	has_rows("message", 4);
	store_close(store);
	ck_assert_str_eq(told, "");
}
END_TEST

/* --- while the store is open ------------------------------------------ */

#define FRAME ((off_t)24 + 4096)

/* With so many messages in the log. */
static struct store *open_filled(int messages)
{
	struct store *store = open_noting();

	for (int i = 0; i < messages; i++)
		say(store, "bob", "hi");
	return store;
}

/* The same size and bytes, and another time. */
START_TEST(a_log_that_is_as_it_was_may_have_been_touched)
{
	struct store *store = open_filled(5);
	struct timespec now[2] = { { 0, UTIME_NOW }, { 1, 0 } };
	char name[160];

	snprintf(name, sizeof(name), "%s-wal", path);
	ck_assert_int_eq(utimensat(AT_FDCWD, name, now, 0), 0);
	say(store, "bob", "hi");
	ck_assert_int_gt(store_figures(store).log_bytes, 0);
	store_close(store);
	has_rows("message", 11);
	ck_assert_str_eq(told, "");
}
END_TEST

START_TEST(the_file_gets_a_log_whose_older_frames_are_damaged)
{
	struct store *store = open_filled(20);

	change_log(size_of("-wal") - 40 * FRAME + 24, "damage", 6);
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	ck_assert_int_eq(store_figures(store).log_bytes, 0);
	say(store, "bob", "hi");
	store_close(store);
	has_rows("message", 26);
	ck_assert_msg(strstr(told, "nothing is lost"), "%s", told);
}
END_TEST

START_TEST(nothing_is_written_until_readers_let_the_log_be_saved)
{
	struct store *store = open_filled(20);
	struct store *reader = open_store(STORE_READ);

	ok(store_begin(reader, &error));
	find(reader, "bob");
	change_log(size_of("-wal") - 40 * FRAME + 24, "damage", 6);
	fails(store_begin(store, &error), ERROR_UNAVAILABLE);
	fails(store_begin(store, &error), ERROR_UNAVAILABLE);
	store_rollback(reader);
	say(store, "bob", "hi");
	store_close(reader);
	store_close(store);
	has_rows("message", 26);
}
END_TEST

/* The head says which log it is; it was written once. */
START_TEST(the_file_gets_a_log_whose_head_is_damaged)
{
	struct store *store = open_filled(20);

	change_log(0, "damaged as a whole, every byte .", 32);
	say(store, "bob", "hi");
	store_close(store);
	has_rows("message", 26);
	ck_assert_msg(strstr(told, "another program"), "%s", told);
}
END_TEST

static void zero_log(void)
{
	const off_t log = size_of("-wal");
	char *zeroes = calloc(1, (size_t)log);

	change_log(0, zeroes, (size_t)log);
	free(zeroes);
}

static void cut_log(void)
{
	char name[160];

	snprintf(name, sizeof(name), "%s-wal", path);
	ck_assert_int_eq(truncate(name, 0), 0);
}

static void (*const losses[])(void) = { zero_log, cut_log };

START_TEST(the_writer_has_the_pages_that_are_lost_in_memory)
{
	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++) {
		struct store *store = open_filled(20);

		losses[i]();
		say(store, "bob", "hi");
		store_close(store);
		has_rows("message", 26);
		ck_assert_msg(strstr(told, "nothing is lost"), "%s", told);
		stop();
		start();
	}
}
END_TEST

START_TEST(a_log_of_which_much_is_lost_stays_out_of_the_file)
{
	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++) {
		struct store *store = open_filled(20);
		const off_t file = size_of("");

		forget_pages(store);
		losses[i]();
		fails(store_upkeep(store, UPKEEP_WHOLE, &error), ERROR_UNKNOWN);
		fails(store_begin(store, &error), ERROR_UNKNOWN);
		store_close(store);
		ck_assert_int_eq(size_of(""), file);
		has_rows("message", 5);
		ck_assert_msg(
			strstr(told, "are not what was written"), "%s", told);
		stop();
		start();
	}
}
END_TEST

STORE_UNIT("damage_log", start, stop, a_sound_log_is_taken_without_a_word,
	a_damaged_frame_is_told_and_the_log_kept,
	the_last_commit_may_have_been_torn,
	a_log_that_is_as_it_was_may_have_been_touched,
	the_file_gets_a_log_whose_older_frames_are_damaged,
	nothing_is_written_until_readers_let_the_log_be_saved,
	the_file_gets_a_log_whose_head_is_damaged,
	the_writer_has_the_pages_that_are_lost_in_memory,
	a_log_of_which_much_is_lost_stays_out_of_the_file)
