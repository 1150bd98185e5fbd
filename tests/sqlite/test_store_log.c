/* SPDX-License-Identifier: MIT */
/*
 * test_store_log.c - the log is settled by the writer alone, and what was
 * erased is in neither the log nor the file.
 */
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
	ck_assert_int_gt(store_backlog(store), 0);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_PASSIVE, &error), 1);
	ck_assert_int_eq(log_pages(store), 0);
	ck_assert_int_gt(store_backlog(store), 0);
	say(store, "alice", "b");
	ck_assert_int_gt(log_pages(store), 0);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_RESTART, &error), 1);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	ck_assert_int_eq(log_pages(store), 0);
	ck_assert_int_eq(store_backlog(store), 0);
	store_close(store);
}
END_TEST

START_TEST(a_long_log_is_copied_and_begun_anew_when_that_is_due)
{
	struct store *store = open_store(STORE_WRITE);
	char name[160];

	say(store, "alice", "a");
	pretend_log_pages(store, 9999);
	ck_assert_int_eq(store_upkeep(store, UPKEEP_PASSING, &error), 1);
	ck_assert_int_eq(log_pages(store), 9999);
	pretend_log_pages(store, 10000);
	ck_assert_int_eq(store_upkeep(store, UPKEEP_PASSING, &error), 1);
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
	ck_assert_int_le(store_backlog(store), (int64_t)64 << 20);
	store_close(store);
}
END_TEST

START_TEST(a_reader_is_in_the_way_of_a_checkpoint)
{
	struct store *store = open_store(STORE_WRITE);
	struct store *reader = open_store(STORE_READ);

	say(store, "alice", "a");
	ok(store_begin(reader, &error));
	find(reader, "alice");
	say(store, "alice", "b");
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_PASSIVE, &error), 0);
	ck_assert_int_gt(log_pages(store), 0);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_TRUNCATE, &error), 0);
	store_rollback(reader);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	ck_assert_int_eq(store_backlog(store), 0);
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

/* --- erasing ---------------------------------------------------------- */

/*
 * How often a text is in the file or its log.  Another process looks: SQLite
 * would lose its locks here.
 */
static int occurrences(const char *text)
{
	static char bytes[32 << 20];
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child > 0) {
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(WIFEXITED(status));
		return WEXITSTATUS(status);
	}
	int count = 0;
	for (int i = 0; i < 2; i++) {
		char name[160];
		snprintf(name, sizeof(name), "%s%s", path, i ? "-wal" : "");
		FILE *file = fopen(name, "rb");
		if (!file)
			continue;
		size_t length = fread(bytes, 1, sizeof(bytes), file);
		const char *at = bytes, *end = bytes + length;
		while ((at = memmem(
				at, (size_t)(end - at), text, strlen(text)))) {
			count++;
			at++;
		}
		fclose(file);
	}
	_exit(count > 200 ? 200 : count);
}

/* A message of random length, full of this mark. */
static void append_marked(
	struct store *store, struct session *session, const char *mark)
{
	static char body[20000];
	static const size_t sizes[] = { 30, 300, 1500, 4500, 19000 };
	size_t length = (size_t)random() % sizes[random() % 5] + 1;
	struct message message = text_message("");

	for (size_t i = 0; i < length; i++)
		body[i] = mark[i % strlen(mark)];
	message.body = (struct slice){ body, length };
	ok(store_message_append(store, session, &message, 2000, &error));
}

/* Writes, clears, configures and erases at random; both then are erased. */
static void live_and_erase(struct store *store, unsigned seed)
{
	static const char *const names[] = { "SECRETNAME1", "kept",
		"SECRETNAME2", "kept2" };
	struct session session;
	int64_t deleted;

	srandom(seed);
	for (int i = 0; i < 120; i++) {
		size_t who = (size_t)random() % 4;

		ok(store_begin(store, &error));
		session = make(store, names[who]);
		for (long n = random() % 12; n >= 0; n--)
			append_marked(store, &session,
				who % 2 ? "plain" : "SECRETMARK");
		if (random() % 8 == 0)
			ok(store_history_clear(
				store, &session, 9, &deleted, &error));
		if (random() % 8 == 0)
			configure(store, &session, "{}",
				who % 2 ? "{}" : "{\"a\":\"SECRETMARK\"}", 9);
		if (who % 2 == 0 && random() % 20 == 0)
			ok(store_session_erase(store, &session, 1, &error));
		ok(store_commit(store, &error));
		if (random() % 6 == 0)
			ok(checkpoint(store, CHECKPOINT_PASSIVE, &error));
	}
	ok(store_begin(store, &error));
	for (int i = 0; i < 4; i += 2) {
		session = make(store, names[i]);
		ok(store_session_erase(store, &session, 1, &error));
	}
	ok(store_commit(store, &error));
	maintain(store, 9, 7);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
}

START_TEST(what_is_erased_leaves_no_bytes)
{
	int rounds = getenv("CHATMEM_TEST_LONG") ? 500 : 30;
	struct store *store;

	for (int seed = 0; seed < rounds; seed++) {
		store = open_store(STORE_WRITE);
		live_and_erase(store, (unsigned)seed);
		ck_assert_msg(occurrences("SECRET") == 0, "seed %d: %d left",
			seed, occurrences("SECRET"));
		ck_assert_msg(occurrences("RETMAR") == 0, "seed %d", seed);
		gives("PRAGMA integrity_check", "ok");
		if (seed % 3 == 0)
			ck_assert_int_gt(occurrences("plainplain"), 0);
		store_close(store);
		scratch_end();
		scratch_file();
	}
}
END_TEST

STORE_UNIT("store_log", start, scratch_end, a_checkpoint_settles_the_log,
	a_long_log_is_copied_and_begun_anew_when_that_is_due,
	a_reader_is_in_the_way_of_a_checkpoint,
	a_reader_leaves_the_log_of_a_crash_alone,
	a_writer_takes_up_the_log_of_a_crash, nothing_settles_the_log_by_itself,
	what_is_erased_leaves_no_bytes)
