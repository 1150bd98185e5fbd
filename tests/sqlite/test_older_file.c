/* SPDX-License-Identifier: MIT */
/*
 * test_older_file.c - a file that an older version wrote tells what that one
 * told of it, and its maintenance goes on where it was.
 *
 * files/write_0009.c and write_0010.c say what is in them and how they were
 * written.
 */
#include "core/store/sql/sql.h"
#include "tests/sqlite/file_dump.h"
#include "tests/sqlite/sqlite_unit.h"

static struct store *store;

/* The index is made anew of as many rows as it had; nothing else goes on. */
static void index_words(const char *rows)
{
	ok(store_begin(store, &error));
	ok(store->ops->fill(
		store->engine, FILE_NOW, strtol(rows, NULL, 10), &error));
	ok(store_commit(store, &error));
}

/* Opens the file that this version wrote. */
static void start_from(const char *version)
{
	char command[200], indexed[20];

	scratch_file();
	snprintf(command, sizeof(command), "gzip -dc sqlite/files/%s.db.gz >%s",
		version, path);
	ck_assert_int_eq(system(command), 0);
	read_value(
		"SELECT count(*) FROM words_docsize", indexed, sizeof(indexed));
	store = open_with(
		(struct store_options){ .search = true }, STORE_WRITE);
	index_words(indexed);
}

static void start(void)
{
	start_from("0009");
}

static void stop(void)
{
	store_close(store);
	scratch_end();
}

/* Line by line, to name the first that is not the same. */
static void is_as_written(struct slice told, const char *name)
{
	char line[1000], *end;
	FILE *file = fopen(name, "r");

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file)) {
		const size_t length = strlen(line);

		end = memchr(told.data, '\n', told.length);
		ck_assert_msg(end && told.length >= length &&
				      memcmp(told.data, line, length) == 0,
			"'%.*s' was '%s'", end ? (int)(end - told.data) : 0,
			told.data, line);
		told.data += length;
		told.length -= length;
	}
	ck_assert_uint_eq(told.length, 0);
	fclose(file);
}

static void tells(const char *name)
{
	struct file_dump dump = {
		.store = open_with(
			(struct store_options){ .search = true }, STORE_READ),
		.now = FILE_NOW
	};

	file_dump(&dump);
	is_as_written(text_view(&dump.out), name);
	store_close(dump.store);
	text_clear(&dump.out);
}

/* All that is due, until erased bytes and then the receipts are gone. */
static void settle(void)
{
	maintain(store, FILE_NOW, 10);
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
}

START_TEST(all_is_told_as_it_was)
{
	tells("sqlite/files/0009.txt");
}
END_TEST

START_TEST(what_was_under_way_goes_on)
{
	settle();
	tells("sqlite/files/0009-done.txt");
	/* Of two sessions, rows that were retired are kept for days. */
	ck_assert_int_gt(store_maintenance_due(store), FILE_NOW);
	has_rows("maintenance", 2);
	has_rows("owner_erasure", 0);
	gives("SELECT count(*) FROM message WHERE body LIKE '%secret%'"
	      " OR body LIKE '%dead two%'",
		"0");
	gives("SELECT count(*) FROM idempotency_record", "3");
	gives("SELECT count FROM idempotency_count", "2");
}
END_TEST

START_TEST(an_owner_erased_again_has_the_receipt_of_then)
{
	struct owner_erasure erased;

	ok(store_begin(store, &error));
	ok(store_owner_erase(store, (struct owner_ref){ SLICE(""), SLICE("u") },
		FILE_NOW, &erased, &error));
	ok(store_commit(store, &error));
	ck_assert_int_eq(erased.sessions, 3);
	ck_assert_int_eq(erased.messages, 3);
	ck_assert_int_eq(erased.erased_at, INT64_C(1799999483000));
}
END_TEST

START_TEST(what_is_written_then_is_as_in_a_new_file)
{
	struct session session, fork;

	say(store, "o1", "{\"content\":\"again\"}");
	say(store, "dead", "{\"content\":\"again\"}");
	ok(store_begin(store, &error));
	session = make(store, "b");
	ok(store_session_fork(store, &session,
		&(struct session_fork){
			{ SLICE(""), SLICE("new") }, 4, FILE_NOW },
		&fork, &error));
	append(store, &fork, "{\"content\":\"more\"}");
	ok(store_session_erase(store, &session, FILE_NOW, &error));
	ok(store_commit(store, &error));
	settle();
	session = find(store, "o1");
	has_bodies(store, &session, "1:{\"content\":\"again\"} ");
	session = find(store, "dead");
	has_bodies(store, &session, "1:{\"content\":\"again\"} ");
	session = find(store, "new");
	has_bodies(store, &session,
		"3:{\"content\":\"one\"} 4:{\"content\":\"two edited\"}"
		" 5:{\"content\":\"more\"} ");
	has_rows("maintenance", 2);
}
END_TEST

/* Its rows have no checksums; they are read as they are, and get theirs. */
START_TEST(a_file_of_version_10_tells_the_same)
{
	struct session session;

	stop();
	start_from("0010");
	tells("sqlite/files/0010.txt");
	gives("SELECT count(checksum) FROM message", "0");
	settle();
	tells("sqlite/files/0010-done.txt");
	gives("SELECT count(*) - count(checksum) FROM message", "0");
	gives("SELECT count(*) - count(checksum) FROM retired", "0");
	has_rows("checksum_fill", 0);
	say(store, "plain", "{\"content\":\"new\"}");
	session = find(store, "plain");
	ck_assert_int_eq(session.last_seq, 4);
}
END_TEST

STORE_UNIT("older_file", start, stop, all_is_told_as_it_was,
	what_was_under_way_goes_on,
	an_owner_erased_again_has_the_receipt_of_then,
	what_is_written_then_is_as_in_a_new_file,
	a_file_of_version_10_tells_the_same)
