/* SPDX-License-Identifier: MIT */
/*
 * test_index_damage.c - whatever becomes of the index of words, it is made
 * anew, and the messages are served.
 */
#include "core/store/sqlite/migrations.h"
#include "tests/contract/searching.h"
#include "tests/sqlite/fault_vfs.h"
#include "tests/sqlite/sqlite_unit.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>

#define HOUR 3600000

static void start_file(void)
{
	fault_install();
	scratch_file();
	store = open_search(true);
}

static void is_index(const char *sql, const char *expected)
{
	store_close(store);
	gives(sql, expected);
	store = open_search(true);
}

/* An empty index whose record of FTS5 has so many levels, as SQL. */
static const char *structure(int levels)
{
	static char sql[13000];
	int at = snprintf(sql, sizeof(sql),
		"UPDATE words_data SET block = x'00000000%02x%02x0000",
		levels >> 7 | 0x80, levels & 0x7f);

	memset(sql + at, '0', 4 * (size_t)levels);
	snprintf(sql + at + 4 * levels, 200,
		"' WHERE id = 10; DELETE FROM words_data WHERE id > 10;"
		" DELETE FROM words_idx;"
		" UPDATE search_state SET upto = 0");
	return sql;
}

/* Whatever the tables of the index hold, the messages are served. */
static void is_mended(const char *sql)
{
	struct store *reader;

	for (int n = 0; n < 3; n++)
		say(store, "kept", "{\"content\":\"red\"}");
	say(store, "gone", "{\"content\":\"green\"}");
	maintain(store, NOW, 9);
	store_close(store);
	run_sql(sql);
	reader = open_store(STORE_READ);
	ck_assert_int_eq(find(reader, "kept").last_seq, 3);
	store_close(reader);
	store = open_search(true);
	maintain(store, NOW, 9);
	erase("gone");
	maintain(store, NOW, 9);
	finds("red", "kept:3 kept:2 kept:1 ");
	finds("green", "");
	is_index("SELECT length(block) < 100 FROM words_data WHERE id = 10",
		"1");
	store_close(store);
	scratch_end();
	start_file();
}

START_TEST(a_damaged_index_is_made_anew)
{
	static const char *const damages[] = {
		"DELETE FROM words_data",
		"DELETE FROM words_data WHERE id = 10",
		"UPDATE words_data SET block = x'ffffffffffffffff'",
		"UPDATE words_data SET block = zeroblob(length(block))"
		" WHERE id > 10",
		"DELETE FROM words_data WHERE id > 10",
	};

	is_mended(structure(1000));
	is_mended(structure(2002));
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++)
		is_mended(damages[i]);
}
END_TEST

/* Segments that FTS5 cannot read, under handles that are open. */
static const char garbled[] =
	"UPDATE words_data SET block = CAST(replace(hex(zeroblob("
	"length(block))), '00', char(255)) AS BLOB) WHERE id > 10";

START_TEST(a_search_that_meets_damage_has_the_index_made_anew)
{
	struct text out = { 0 };
	struct store *reader, *writer = store;

	say(store, "a", "{\"content\":\"red\"}");
	maintain(store, NOW, 9);
	reader =
		open_with((struct store_options){ .search = true }, STORE_READ);
	run_sql(garbled);
	store = reader;
	fails(look(NULL, "", "red", 9, &out), ERROR_UNAVAILABLE);
	says("the index of words is damaged, and is made anew");
	ck_assert(store_search_is_damaged(reader));
	store = writer;
	ck_assert(!store_search_is_damaged(store));
	fails(look(NULL, "", "red", 9, &out), ERROR_UNAVAILABLE);
	ck_assert_int_eq(store_maintenance_due(store), 0);
	finds("red", "a:1 ");
	store = reader;
	finds_in(NULL, "red", "a:1 ");
	ck_assert(!store_search_is_damaged(reader));
	store = writer;
	store_close(reader);
	text_clear(&out);
}
END_TEST

START_TEST(an_erasure_and_a_merge_meet_damage)
{
	for (int merge = 0; merge < 2; merge++) {
		say(store, "gone", "{\"content\":\"green\"}");
		say(store, "kept", "{\"content\":\"red\"}");
		maintain(store, NOW, 9);
		retain_nothing("kept");
		if (merge)
			edit("kept", 1, "{\"content\":\"blue\"}");
		run_sql(garbled);
		if (!merge)
			erase("gone");
		maintain(store, NOW + HOUR, 9);
		finds(merge ? "blue" : "red", "kept:1 ");
		ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
		has_rows("maintenance", 0);
		store_close(store);
		scratch_end();
		start_file();
	}
}
END_TEST

/* Each leaves levels in FTS5's structure record, which has a bound. */
START_TEST(a_year_of_hourly_merges_leaves_an_index)
{
	const int hours = getenv("CHATMEM_TEST_LONG") ? 365 * 24 : 1500;
	int64_t now = NOW;

	store_close(store);
	store = open_with(
		(struct store_options){ .search = true, .relaxed = true },
		STORE_WRITE);
	retain_nothing("a");
	for (int hour = 0; hour < hours; hour++, now += HOUR) {
		say(store, "a", "{\"content\":\"red\"}");
		say(store, "a", "{\"content\":\"blue\"}");
		maintain(store, now, 9);
		remove_from("a", 2 * hour + 1, 2 * hour + 1);
		maintain(store, now, 9);
	}
	maintain(store, now, 9);
	is_index("SELECT length(block) < 2400 FROM words_data WHERE id = 10",
		"1");
	finds("red", "");
}
END_TEST

/* --- damaged pages ----------------------------------------------------- */

static int64_t root_of(const char *table)
{
	char sql[100];
	sqlite3_stmt *statement;
	sqlite3 *db;
	int64_t root;

	snprintf(sql, sizeof(sql),
		"SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(
		sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	root = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return root;
}

/* Another process does: SQLite would lose its locks here. */
static void overwrite_page(int64_t page)
{
	static const char junk[4096] = { 1, 2, 3 };
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		int fd = open(path, O_WRONLY);

		_exit(pwrite(fd, junk, sizeof(junk),
			      (off_t)(page - 1) * 4096) != sizeof(junk));
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void fill_and_damage(const char *table, bool closed)
{
	char body[60];

	for (int i = 0; i < 300; i++) {
		snprintf(body, sizeof(body), "{\"content\":\"red w%dx\"}", i);
		say(store, i % 2 ? "gone" : "kept", body);
	}
	maintain(store, NOW, 99);
	ck_assert_int_eq(checkpoint(store, CHECKPOINT_TRUNCATE, &error), 1);
	if (closed)
		store_close(store);
	overwrite_page(root_of(table));
	if (closed)
		store = open_search(true);
}

/* A step that meets the damage is undone, and upkeep sees to it. */
static void maintain_as_a_server(void)
{
	int done = 0, failures = 0;

	while (!done) {
		ok(store_begin(store, &error));
		done = store_maintenance_step(store, NOW, 99, &error) == 0;
		if (done)
			ok(store_commit(store, &error));
		else
			store_rollback(store);
		ck_assert_int_lt(failures += !done, 3);
		error = (struct error){ 0 };
		ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
		done = done && store_maintenance_due(store) > NOW;
	}
}

static void pages_are_damaged(const char *table, bool closed)
{
	struct text out = { 0 };

	fill_and_damage(table, closed);
	erase("gone");
	maintain_as_a_server();
	has_rows("maintenance", 0);
	say(store, "kept", "{\"content\":\"red blue\"}");
	finds("blue", "kept:151 ");
	ok(look(NULL, "", "w298x", 9, &out));
	is(text_view(&out), "kept:150 ");
	text_clear(&out);
	/* Some of it is met by the next start only. */
	restart();
	finds("blue", "kept:151 ");
	store_close(store);
	gives("PRAGMA integrity_check", "ok");
	scratch_end();
	start_file();
}

START_TEST(an_index_with_damaged_pages_is_taken_out)
{
	static const char *const tables[] = { "words_data", "words_idx",
		"words_config" };

	for (size_t i = 0; i < 2 * sizeof(tables) / sizeof(*tables); i++)
		pages_are_damaged(tables[i / 2], i % 2);
}
END_TEST

/* The last version whose index had another form. */
static void make_file_of_version_24(void)
{
	static const char rows[] =
		"INSERT INTO session (id, tenant, name, mark, history,"
		" last_seq, edits, removed, inherited, purged, created_at,"
		" touched_at, memory, metadata) VALUES (1, '', 'kept',"
		" '1234567890123', 1, 0, 0, 0, 0, 0, 1000, 1000, '{}', '{}');"
		"INSERT INTO history (id, session, from_version, mark)"
		" VALUES (1, 1, 0, '1234567890123');"
		"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n"
		" WHERE n < 300) INSERT INTO message (history, seq, born, form,"
		" type, created_at, body) SELECT 1, n, n, 5, 1, 1000,"
		" '\"red w' || n || 'x\"' FROM n;"
		"INSERT INTO words (rowid, text, place) SELECT id, body,"
		" 'h1 t' FROM message;"
		"UPDATE search_state SET upto = 300";

	unlink(path);
	for (int version = 0; version < 24; version++)
		run_sql(migrations[version]);
	run_sql(rows);
}

START_TEST(a_damaged_index_stops_no_upgrade)
{
	static const char *const tables[] = { "words_data", "words_idx",
		"words_docsize", "words_config", NULL };

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		store_close(store);
		make_file_of_version_24();
		if (tables[i])
			overwrite_page(root_of(tables[i]));
		else
			run_sql("DELETE FROM words_data");
		store = open_search(true);
		finds("w77x", "kept:77 ");
		finds("w300x", "kept:300 ");
		store_close(store);
		gives("PRAGMA integrity_check", "ok");
		scratch_end();
		start_file();
	}
}
END_TEST

/* A step of maintenance meets the damage; the first try is in vain. */
static void lose_words(void)
{
	fill_and_damage("words_data", false);
	erase("gone");
	ok(store_begin(store, &error));
	fails(store_maintenance_step(store, NOW, 99, &error),
		ERROR_UNAVAILABLE);
	store_rollback(store);
	error = (struct error){ 0 };
	fault_arm(FAULT_WRITE, 1, SQLITE_FULL);
	fault.forever = true;
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 0);
}

/* For some time there is no room to write the file anew. */
START_TEST(damaged_pages_are_taken_out_when_there_is_room_again)
{
	const struct timespec moment = { .tv_nsec = 20000000 };

	lose_words();
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 0);
		nanosleep(&moment, NULL);
	}
	fault_arm(0, 0, SQLITE_OK);
	for (int i = 0; !store_upkeep(store, UPKEEP_WHOLE, &error); i++) {
		ck_assert_int_lt(i, 5000);
		nanosleep(&moment, NULL);
	}
	ok(error.code);
	maintain_as_a_server();
	has_rows("maintenance", 0);
	finds("w298x", "kept:150 ");
}
END_TEST

STORE_UNIT("index_damage", start_file, stop, a_damaged_index_is_made_anew,
	a_search_that_meets_damage_has_the_index_made_anew,
	an_erasure_and_a_merge_meet_damage,
	a_year_of_hourly_merges_leaves_an_index,
	an_index_with_damaged_pages_is_taken_out,
	a_damaged_index_stops_no_upgrade,
	damaged_pages_are_taken_out_when_there_is_room_again)
