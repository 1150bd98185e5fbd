/* SPDX-License-Identifier: MIT */
/*
 * test_damage_log.c - a log that a crash left is torn, or damaged.
 */
#include "tests/sqlite/sqlite_unit.h"

#include <fcntl.h>

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
	return open_with((struct store_options){ .warn = note }, STORE_WRITE);
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

STORE_UNIT("damage_log", start, stop, a_sound_log_is_taken_without_a_word,
	a_damaged_frame_is_told_and_the_log_kept,
	the_last_commit_may_have_been_torn)
