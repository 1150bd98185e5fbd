/* SPDX-License-Identifier: MIT */
/*
 * test_upgrade.c - older files are brought up to date, and there is a way back.
 */
#include "core/store/backup.h"
#include "core/store/sqlite/migrations.h"
#include "tests/sqlite/sqlite_unit.h"

static void start(void)
{
	scratch_file();
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

/* The file has the tables of this chatmem. */
static void is_newest(void)
{
	char newest[16];
	int count = 0;

	while (migrations[count])
		count++;
	snprintf(newest, sizeof(newest), "%d", count);
	gives("PRAGMA user_version", newest);
}

START_TEST(an_older_file_grows_and_keeps_what_it_has)
{
	struct store_options options = { .url = path };
	struct store *store;

	run(migrations[0]);
	run("INSERT INTO probe (id, probed_at) VALUES (1, 7)");
	store = open_store(STORE_WRITE);
	say(store, "alice", "hi");
	store_close(store);
	is_newest();
	gives("SELECT probed_at FROM probe", "7");
	gives("PRAGMA integrity_check", "ok");
	ck_assert_int_gt(size_of(".version-1"), 0);
	ck_assert_int_eq(size_of(".version-1.partial"), -1);
	/* The way back. */
	run("PRAGMA user_version = 1000");
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "test.db.version-1\"");
}
END_TEST

START_TEST(an_upgrade_may_keep_no_copy)
{
	const struct sqlite_options own = { .no_copy = true };

	run(migrations[0]);
	store_close(open_with(
		(struct store_options){ .sqlite = &own }, STORE_WRITE));
	is_newest();
	ck_assert_int_eq(size_of(".version-1"), -1);
}
END_TEST

START_TEST(a_newer_file_is_refused)
{
	struct store_options options = { .url = path };

	store_close(open_store(STORE_WRITE));
	run("PRAGMA user_version = 1000");
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "newer chatmem");
	opens_not(&options, STORE_READ, ERROR_INVALID, "newer chatmem");
}
END_TEST

START_TEST(a_plan_changes_nothing)
{
	const struct store_options options = { .url = path };
	struct migration_plan plan;

	run(migrations[0]);
	ok(store_plan_migration(&options, &plan, &error));
	ck_assert_int_eq(plan.version, 1);
	ck_assert_int_gt(plan.newest, 10);
	ck_assert_int_eq(plan.bytes, size_of(""));
	ck_assert_int_eq(plan.written, plan.bytes);
	ck_assert_int_gt(plan.free, 0);
	ck_assert(!plan.copied);
	gives("PRAGMA user_version", "1");
	store_close(open_store(STORE_WRITE));
	ok(store_plan_migration(&options, &plan, &error));
	ck_assert_int_eq(plan.version, plan.newest);
	ck_assert_int_eq(plan.written, 0);
}
END_TEST

STORE_UNIT("upgrade", start, scratch_end,
	an_older_file_grows_and_keeps_what_it_has, an_upgrade_may_keep_no_copy,
	a_newer_file_is_refused, a_plan_changes_nothing)
