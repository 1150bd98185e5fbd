/* SPDX-License-Identifier: MIT */
/*
 * test_store_file.c - the store's file: made, locked, recognised, checked.
 */
#include "core/store/expect.h"
#include "core/store/figures.h"
#include "tests/sqlite/bare_file.h"

#include <fcntl.h>

START_TEST(the_tables_are_embedded_byte_for_byte)
{
	static char text[1 << 16];
	FILE *file = fopen("../schema/sql/sqlite/0001_sessions.sql", "rb");

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
	is_newest();
	gives("PRAGMA page_size", "4096");
	gives("PRAGMA auto_vacuum", "0");
	gives("PRAGMA journal_mode", "wal");
	gives("PRAGMA integrity_check", "ok");
}
END_TEST

START_TEST(another_programs_file_is_refused_and_left_alone)
{
	struct store_options options = { .url = path };

	run_sql("CREATE TABLE t (x)");
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "another program's");
	gives("PRAGMA journal_mode", "delete");
	run_sql("PRAGMA application_id = 7");
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "another program's");
}
END_TEST

START_TEST(what_is_no_database_is_refused_and_left_alone)
{
	struct store_options options = { .url = path };
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
	struct store_options options = { .url = "/nowhere/test.db" };

	opens_not(&options, STORE_WRITE, ERROR_UNAVAILABLE, "/nowhere/test.db");
	opens_not(&options, STORE_READ, ERROR_UNAVAILABLE,
		"/nowhere/test.db\": No such file or directory");
	options.url = "/tmp";
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "is not a file");
}
END_TEST

/* The page that the table of the messages begins with, from 1. */
static off_t first_page(void)
{
	sqlite3 *db;
	sqlite3_stmt *statement;
	off_t page;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db,
				 "SELECT rootpage FROM sqlite_schema"
				 " WHERE name = 'message'",
				 -1, &statement, NULL),
		SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	page = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return page;
}

START_TEST(a_damaged_file_is_refused)
{
	struct store_options options = { .url = path };
	struct store *store = open_store(STORE_WRITE);
	char junk[4096];
	off_t page;
	int fd;

	say(store, "alice", "a");
	store_close(store);
	page = first_page();
	memset(junk, 0x5a, sizeof(junk));
	fd = open(path, O_WRONLY);
	ck_assert_int_eq(pwrite(fd, junk, 4096, (page - 1) * 4096), 4096);
	close(fd);
	opens_not(&options, STORE_WRITE, ERROR_DAMAGED, "damaged");
}
END_TEST

/* As after kill -9 and a file that was moved away without its log. */
START_TEST(a_log_without_its_file_is_refused)
{
	struct store_options options = { .url = path };
	struct store *store = open_store(STORE_WRITE);
	char command[700];

	say(store, "alice", "a");
	snprintf(command, sizeof(command),
		"cp '%s-wal' '%s-kept' && cp '%s' '%s-file'", path, path, path,
		path);
	ck_assert_int_eq(system(command), 0);
	store_close(store);
	snprintf(command, sizeof(command), "rm '%s' && cp '%s-kept' '%s-wal'",
		path, path, path);
	ck_assert_int_eq(system(command), 0);
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "move both back");
	ck_assert_int_eq(size_of(""), -1);
	ck_assert_int_gt(size_of("-wal"), 0);
	/* An empty file is none. */
	snprintf(command, sizeof(command), "touch '%s'", path);
	ck_assert_int_eq(system(command), 0);
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "move both back");
	snprintf(command, sizeof(command), "mv '%s-file' '%s'", path, path);
	ck_assert_int_eq(system(command), 0);
	store = open_store(STORE_READ);
	has_rows("message", 1);
	store_close(store);
	snprintf(command, sizeof(command), "rm -f '%s-kept' '%s-shm'", path,
		path);
	ck_assert_int_eq(system(command), 0);
	/* A log that is none does not matter. */
	snprintf(command, sizeof(command),
		"rm '%s' && head -c 5000 /dev/zero >'%s-wal'", path, path);
	ck_assert_int_eq(system(command), 0);
	store = open_store(STORE_WRITE);
	say(store, "alice", "a");
	store_close(store);
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
	struct store_options options = { .url = path };
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
	struct store_options options = { .url = link };
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

	ok(store_ready(store, &error));
	snprintf(name, sizeof(name), "%s.moved", path);
	ck_assert_int_eq(rename(path, name), 0);
	fails(store_ready(store, &error), ERROR_UNAVAILABLE);
	ck_assert_int_eq(rename(name, path), 0);
	ok(store_ready(store, &error));
	store_close(store);
}
END_TEST

START_TEST(the_probe_writes)
{
	struct store *store = open_store(STORE_WRITE);

	static const struct {
		int64_t now;
		const char *probed_at;
	} rows[] = { { 5000, "5000" }, { 5999, "5000" }, { 6000, "6000" },
		{ 500, "500" } };

	for (int i = 0; i < 4; i++) {
		ok(store_begin(store, &error));
		ok(store_probe(store, rows[i].now, &error));
		ok(store_commit(store, &error));
		gives("SELECT probed_at FROM probe", rows[i].probed_at);
	}
	store_close(store);
}
END_TEST

START_TEST(an_unsafe_file_system_has_no_log)
{
	const struct sqlite_options unsafe = { .unsafe_filesystem = true };
	struct store_options options = { .url = path, .sqlite = &unsafe };
	struct store *store, *reader;

	ok(store_open(&store, &options, STORE_WRITE, &error));
	ok(store_open(&reader, &options, STORE_READ, &error));
	say(store, "alice", "a");
	ck_assert_int_eq(find(reader, "alice").last_seq, 1);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	ck_assert_int_eq(store_figures(store).log_bytes, 0);
	ck_assert_int_eq(log_pages(store), 0);
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
	const struct sqlite_options high = { .free_bytes_floor =
						     INT64_MAX / 2 };
	struct store_options options = { .url = path, .sqlite = &high };
	struct store *store;

	ok(store_open(&store, &options, STORE_WRITE, &error));
	fails(store_begin(store, &error), ERROR_STORAGE);
	fails(store_ready(store, &error), ERROR_STORAGE);
	ok(store_begin_freeing(store, &error));
	store_rollback(store);
	fails(store_begin(store, &error), ERROR_STORAGE);
	ck_assert_int_eq(size_of("-ballast"), -1);
	store_close(store);
}
END_TEST

/* A member: its message, and whether it is kept. */
static int write_member(struct store *store, const char *body, bool keep)
{
	struct session session;

	ok(store_enter(store, &error));
	session = make(store, "alice");
	append(store, &session, body);
	return store_leave(store, keep, &error);
}

START_TEST(a_member_that_nobody_expected_to_be_undone)
{
	struct store *store = open_store(STORE_WRITE);
	struct session session;

	store_expect_no_undo(store, true);
	/* Alone it is undone alone. */
	ok(store_begin(store, &error));
	ok(write_member(store, "never", false));
	ok(write_member(store, "a", true));
	ok(store_enter(store, &error));
	ok(store_leave(store, false, &error)); /* which has written nothing */
	ok(store_commit(store, &error));
	/* After others it loses them. */
	ok(store_begin(store, &error));
	ok(write_member(store, "again", true));
	fails(write_member(store, "never", false), ERROR_UNAVAILABLE);
	ck_assert(store_batch_lost(store));
	store_rollback(store);
	ck_assert(store_retries(store));
	/* Unless it may be undone. */
	store_expect_no_undo(store, false);
	ok(store_begin(store, &error));
	ck_assert(!store_retries(store));
	ok(write_member(store, "b", true));
	ok(write_member(store, "never", false));
	ok(store_commit(store, &error));
	session = find(store, "alice");
	has_bodies(store, &session, "1:a 2:b ");
	store_close(store);
}
END_TEST

START_TEST(a_floor_brings_a_ballast)
{
	const struct sqlite_options low = { .free_bytes_floor = 1 };
	struct store_options options = { .url = path, .sqlite = &low };
	struct store *store;

	ok(store_open(&store, &options, STORE_WRITE, &error));
	say(store, "alice", "a");
	ck_assert_int_eq(size_of("-ballast"), 64 << 20);
	store_close(store);
	ck_assert_int_eq(size_of("-ballast"), 64 << 20);
}
END_TEST

STORE_UNIT("store_file", start, scratch_end,
	the_tables_are_embedded_byte_for_byte, a_new_file_is_marked_as_ours,

	another_programs_file_is_refused_and_left_alone,
	what_is_no_database_is_refused_and_left_alone,
	a_file_that_cannot_be_made_is_refused, a_damaged_file_is_refused,
	a_log_without_its_file_is_refused,
	what_was_written_is_there_after_a_restart, a_second_writer_is_refused,
	a_second_writer_by_another_name_is_refused, the_files_are_private,
	a_stopped_store_is_one_file, a_moved_file_is_noticed, the_probe_writes,
	an_unsafe_file_system_has_no_log, below_the_floor_nothing_is_written,
	a_member_that_nobody_expected_to_be_undone, a_floor_brings_a_ballast)
