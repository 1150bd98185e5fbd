/* SPDX-License-Identifier: MIT */
/*
 * test_shared_engine.c - what the store does on an engine that others write
 * to as well: SQLite, which says so here.
 */
#include "core/store/engine.h"
#include "tests/sqlite/sqlite_unit.h"

static struct engine_ops shared;
const struct engine_row store_engines[] = { { "", &shared } };

static struct store *store;

static int64_t its_clock(struct engine *of)
{
	(void)of;
	return 77;
}

static void start(void)
{
	shared = engine_sqlite;
	shared.shared = true;
	shared.now = its_clock;
	scratch_file();
	store = open_store(STORE_WRITE);
}

static void stop(void)
{
	store_close(store);
	scratch_end();
}

START_TEST(a_commit_leaves_the_last_seq_in_the_row)
{
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, "alice");
	append(store, &session, "a");
	append(store, &session, "b");
	ok(store_commit(store, &error));
	gives("SELECT last_seq FROM session", "2");
	say(store, "alice", "c");
	gives("SELECT last_seq FROM session", "3");
}
END_TEST

START_TEST(a_member_that_is_undone_settles_nothing)
{
	struct session session;

	ok(store_begin(store, &error));
	for (int i = 0; i < 3; i++) {
		ok(store_enter(store, &error));
		session = make(store, i < 2 ? "alice" : "bob");
		append(store, &session, "a");
		ok(store_leave(store, i == 0, &error));
	}
	ok(store_commit(store, &error));
	gives("SELECT group_concat(name || last_seq) FROM session", "alice1");
	ck_assert_int_eq(find(store, "alice").last_seq, 1);
}
END_TEST

/* As another process would, between two batches. */
START_TEST(a_session_is_read_again_in_each_batch)
{
	sqlite3 *db;

	say(store, "alice", "a");
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(
		sqlite3_exec(db,
			"UPDATE session SET edits = 7, checksum = NULL", NULL,
			NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	ok(store_begin(store, &error));
	ck_assert_int_eq(find(store, "alice").edits, 7);
	ok(store_commit(store, &error));
}
END_TEST

START_TEST(the_time_is_the_engines)
{
	ck_assert_int_eq(store_now(store), 77);
	shared.now = NULL;
	ck_assert_int_gt(store_now(store), INT64_C(1700000000000));
}
END_TEST

STORE_UNIT("shared_engine", start, stop,
	a_commit_leaves_the_last_seq_in_the_row,
	a_member_that_is_undone_settles_nothing,
	a_session_is_read_again_in_each_batch, the_time_is_the_engines)
