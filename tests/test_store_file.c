/* SPDX-License-Identifier: MIT */
/*
 * test_store_file.c - the store's file: made, locked, recognised, checked,
 * kept small, and free of what was erased.
 */
#include "store_unit.h"

#include "core/migrations.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/wait.h>

static void start(void)
{
	scratch();
}

static void opens_not(const struct store_options *options, enum store_mode mode,
	enum error_code code, const char *words)
{
	struct store *store;

	fails(store_open(&store, options, mode, &error), code);
	ck_assert_msg(strstr(error.message, words), "%s", error.message);
}

/* Runs SQL as another program would. */
static void run(const char *sql)
{
	sqlite3 *db;
	char *message = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &message);
	ck_assert_ptr_null(message);
	sqlite3_close(db);
}

/* The first value that SQL gives to another program. */
static void gives(const char *sql, const char *expected)
{
	sqlite3 *db;
	sqlite3_stmt *statement;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(
		sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	ck_assert_str_eq(
		(const char *)sqlite3_column_text(statement, 0), expected);
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static off_t size_of(const char *suffix)
{
	char name[160];
	struct stat there;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &there) ? -1 : there.st_size;
}

/* --- migrations ------------------------------------------------------- */

START_TEST(the_tables_are_embedded_byte_for_byte)
{
	static char text[1 << 16];
	FILE *file = fopen("../schema/0001_sessions.sql", "rb");

	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	ck_assert_str_eq(migrations[0], text);
}
END_TEST

START_TEST(a_new_file_is_marked_as_ours)
{
	store_close(open_store(STORE_WRITE));
	gives("PRAGMA application_id", "1130909037");
	gives("PRAGMA user_version", "1");
	gives("PRAGMA page_size", "4096");
	gives("PRAGMA auto_vacuum", "0");
	gives("PRAGMA journal_mode", "wal");
	gives("PRAGMA integrity_check", "ok");
}
END_TEST

START_TEST(a_newer_file_is_refused)
{
	struct store_options options = { .path = path };

	store_close(open_store(STORE_WRITE));
	run("PRAGMA user_version = 1000");
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "newer chatmem");
	opens_not(&options, STORE_READ, ERROR_INVALID, "newer chatmem");
}
END_TEST

START_TEST(another_programs_file_is_refused_and_left_alone)
{
	struct store_options options = { .path = path };

	run("CREATE TABLE t (x)");
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "another program's");
	gives("PRAGMA journal_mode", "delete");
	run("PRAGMA application_id = 7");
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "another program's");
}
END_TEST

START_TEST(what_is_no_database_is_refused_and_left_alone)
{
	struct store_options options = { .path = path };
	FILE *file = fopen(path, "w");

	for (int i = 0; i < 1000; i++)
		fputs("not a database\n", file);
	fclose(file);
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "not a database");
	ck_assert_int_eq(size_of(""), 15000);
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_refused)
{
	struct store_options options = { .path = "/nowhere/test.db" };

	opens_not(&options, STORE_WRITE, ERROR_UNAVAILABLE, "/nowhere/test.db");
	opens_not(&options, STORE_READ, ERROR_UNAVAILABLE, "/nowhere/test.db");
}
END_TEST

START_TEST(a_damaged_file_is_refused)
{
	struct store_options options = { .path = path };
	struct store *store = open_store(STORE_WRITE);
	char junk[4096];
	int fd;

	say(store, "alice", "a");
	store_close(store);
	memset(junk, 0x5a, sizeof(junk));
	fd = open(path, O_WRONLY);
	for (off_t page = 2; page * 4096 < size_of(""); page++)
		ck_assert_int_eq(pwrite(fd, junk, 4096, page * 4096), 4096);
	close(fd);
	opens_not(&options, STORE_WRITE, ERROR_INTERNAL, "damaged");
}
END_TEST

START_TEST(what_was_written_is_there_after_a_restart)
{
	struct store *store = open_store(STORE_WRITE);
	struct session session;

	say(store, "alice", "a");
	store_close(store);
	store = open_store(STORE_WRITE);
	say(store, "alice", "b");
	session = find(store, "alice");
	has_bodies(store, &session, "1:a 2:b ");
	store_close(store);
}
END_TEST

/* --- lock, modes, place ----------------------------------------------- */

START_TEST(a_second_writer_is_refused)
{
	struct store_options options = { .path = path };
	struct store *store = open_store(STORE_WRITE);

	opens_not(&options, STORE_WRITE, ERROR_UNAVAILABLE,
		"another process writes to it");
	say(store, "alice", "a");
	store_close(store);
	store_close(open_store(STORE_WRITE));
}
END_TEST

START_TEST(a_second_writer_by_another_name_is_refused)
{
	char link[160];
	struct store_options options = { .path = link };
	struct store *store = open_store(STORE_WRITE);

	snprintf(link, sizeof(link), "%s.link", path);
	ck_assert_int_eq(symlink(path, link), 0);
	opens_not(&options, STORE_WRITE, ERROR_UNAVAILABLE,
		"another process writes to it");
	store_close(store);
	unlink(link);
}
END_TEST

START_TEST(the_files_are_private)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
	mode_t mask = umask(0);
	struct store *store = open_store(STORE_WRITE);
	char name[160];
	struct stat there;

	umask(mask);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		ck_assert_int_eq(stat(name, &there), 0);
		ck_assert_uint_eq(there.st_mode & 0777, 0600);
	}
	store_close(store);
}
END_TEST

START_TEST(a_stopped_store_is_one_file)
{
	struct store *store = open_store(STORE_WRITE);

	say(store, "alice", "a");
	ck_assert_int_gt(size_of("-wal"), 0);
	store_close(store);
	ck_assert_int_eq(size_of("-wal"), -1);
	ck_assert_int_eq(size_of("-shm"), -1);
}
END_TEST

START_TEST(a_moved_file_is_noticed)
{
	struct store *store = open_store(STORE_WRITE);
	char name[160];

	ok(store_check(store, &error));
	snprintf(name, sizeof(name), "%s.moved", path);
	ck_assert_int_eq(rename(path, name), 0);
	fails(store_check(store, &error), ERROR_UNAVAILABLE);
	ck_assert_int_eq(rename(name, path), 0);
	ok(store_check(store, &error));
	store_close(store);
}
END_TEST

START_TEST(the_probe_writes)
{
	struct store *store = open_store(STORE_WRITE);

	for (int i = 0; i < 2; i++) {
		ok(store_begin(store, &error));
		ok(store_probe(store, 5 + i, &error));
		ok(store_commit(store, &error));
	}
	gives("SELECT probed_at FROM probe", "6");
	store_close(store);
}
END_TEST

START_TEST(an_unsafe_file_system_has_no_log)
{
	struct store_options options = { .path = path,
		.unsafe_filesystem = true };
	struct store *store, *reader;

	ok(store_open(&store, &options, STORE_WRITE, &error));
	ok(store_open(&reader, &options, STORE_READ, &error));
	say(store, "alice", "a");
	ck_assert_int_eq(find(reader, "alice").last_seq, 1);
	ck_assert_int_eq(
		store_checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	ck_assert_int_eq(store_log_bytes(store), 0);
	ck_assert_int_eq(store_log_pages(store), 0);
	ck_assert_int_eq(size_of("-wal"), -1);
	store_close(reader);
	store_close(store);
	store = open_store(STORE_WRITE);
	ck_assert_int_eq(find(store, "alice").last_seq, 1);
	store_close(store);
}
END_TEST

/* --- room ------------------------------------------------------------- */

START_TEST(below_the_floor_nothing_is_written)
{
	struct store_options options = { .path = path,
		.free_bytes_floor = INT64_MAX / 2 };
	struct store *store;

	ok(store_open(&store, &options, STORE_WRITE, &error));
	fails(store_begin(store, &error), ERROR_STORAGE);
	fails(store_check(store, &error), ERROR_STORAGE);
	ck_assert_int_eq(size_of("-ballast"), -1);
	store_close(store);
}
END_TEST

START_TEST(a_floor_brings_a_ballast)
{
	struct store_options options = { .path = path, .free_bytes_floor = 1 };
	struct store *store;

	ok(store_open(&store, &options, STORE_WRITE, &error));
	say(store, "alice", "a");
	ck_assert_int_eq(size_of("-ballast"), 64 << 20);
	store_close(store);
	ck_assert_int_eq(size_of("-ballast"), 64 << 20);
}
END_TEST

/* --- the log ---------------------------------------------------------- */

START_TEST(a_checkpoint_settles_the_log)
{
	struct store *store = open_store(STORE_WRITE);

	say(store, "alice", "a");
	ck_assert_int_gt(store_log_pages(store), 0);
	ck_assert_int_gt(store_log_bytes(store), 0);
	ck_assert_int_eq(
		store_checkpoint(store, CHECKPOINT_PASSIVE, &error), 1);
	ck_assert_int_eq(store_log_pages(store), 0);
	ck_assert_int_gt(store_log_bytes(store), 0);
	say(store, "alice", "b");
	ck_assert_int_gt(store_log_pages(store), 0);
	ck_assert_int_eq(
		store_checkpoint(store, CHECKPOINT_RESTART, &error), 1);
	ck_assert_int_eq(
		store_checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	ck_assert_int_eq(store_log_pages(store), 0);
	ck_assert_int_eq(store_log_bytes(store), 0);
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
	ck_assert_int_eq(
		store_checkpoint(store, CHECKPOINT_PASSIVE, &error), 0);
	ck_assert_int_gt(store_log_pages(store), 0);
	ck_assert_int_eq(
		store_checkpoint(store, CHECKPOINT_TRUNCATE, &error), 0);
	store_rollback(reader);
	ck_assert_int_eq(
		store_checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	ck_assert_int_eq(store_log_bytes(store), 0);
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
			ok(store_session_configure(store, &session, SLICE("{}"),
				who % 2 ? SLICE("{}")
					: SLICE("{\"a\":\"SECRETMARK\"}"),
				9, &error));
		if (who % 2 == 0 && random() % 20 == 0)
			ok(store_session_erase(store, &session, &error));
		ok(store_commit(store, &error));
		if (random() % 6 == 0)
			ok(store_checkpoint(store, CHECKPOINT_PASSIVE, &error));
	}
	ok(store_begin(store, &error));
	for (int i = 0; i < 4; i += 2) {
		session = make(store, names[i]);
		ok(store_session_erase(store, &session, &error));
	}
	ok(store_commit(store, &error));
	ck_assert_int_eq(
		store_checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
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
		scratch();
	}
}
END_TEST

STORE_UNIT("store_file", start, scratch_end,
	the_tables_are_embedded_byte_for_byte, a_new_file_is_marked_as_ours,
	a_newer_file_is_refused,
	another_programs_file_is_refused_and_left_alone,
	what_is_no_database_is_refused_and_left_alone,
	a_file_that_cannot_be_made_is_refused, a_damaged_file_is_refused,
	what_was_written_is_there_after_a_restart, a_second_writer_is_refused,
	a_second_writer_by_another_name_is_refused, the_files_are_private,
	a_stopped_store_is_one_file, a_moved_file_is_noticed, the_probe_writes,
	an_unsafe_file_system_has_no_log, below_the_floor_nothing_is_written,
	a_floor_brings_a_ballast, a_checkpoint_settles_the_log,
	a_reader_is_in_the_way_of_a_checkpoint,
	a_reader_leaves_the_log_of_a_crash_alone,
	a_writer_takes_up_the_log_of_a_crash, nothing_settles_the_log_by_itself,
	what_is_erased_leaves_no_bytes)
