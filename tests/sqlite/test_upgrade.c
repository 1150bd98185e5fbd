/* SPDX-License-Identifier: MIT */
/*
 * test_upgrade.c - older files are brought up to date, and there is a way back.
 */
#include "core/store/backup.h"
#include "tests/sqlite/bare_file.h"

START_TEST(an_older_file_grows_and_keeps_what_it_has)
{
	struct store_options options = { .url = path };
	struct store *store;

	run_sql(migrations[0]);
	run_sql("INSERT INTO probe (id, probed_at) VALUES (1, 7)");
	store = open_store(STORE_WRITE);
	say(store, "alice", "hi");
	store_close(store);
	is_newest();
	gives("SELECT probed_at FROM probe", "7");
	gives("PRAGMA integrity_check", "ok");
	ck_assert_int_gt(size_of(".version-1"), 0);
	ck_assert_int_eq(size_of(".version-1.partial"), -1);
	/* The way back. */
	run_sql("PRAGMA user_version = 1000");
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "test.db.version-1\"");
}
END_TEST

START_TEST(an_upgrade_may_keep_no_copy)
{
	const struct sqlite_options own = { .no_copy = true };

	run_sql(migrations[0]);
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
	run_sql("PRAGMA user_version = 1000");
	opens_not(&options, STORE_WRITE, ERROR_INVALID, "newer chatmem");
	opens_not(&options, STORE_READ, ERROR_INVALID, "newer chatmem");
}
END_TEST

START_TEST(a_plan_changes_nothing)
{
	const struct store_options options = { .url = path };
	struct migration_plan plan;

	run_sql(migrations[0]);
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
