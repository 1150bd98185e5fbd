/* SPDX-License-Identifier: MIT */
/*
 * damaging.h - what the tests of damage share: a store of two sessions, and a
 * way to write what no chatmem would.
 */
#ifndef TESTS_SQLITE_DAMAGING_H
#define TESTS_SQLITE_DAMAGING_H

#include "tests/sqlite/sqlite_unit.h"

#define NOW 5000

static struct store *store;

static inline void start(void)
{
	scratch_file();
	store = open_with(
		(struct store_options){ .search = true }, STORE_WRITE);
	say(store, "a", "{\"content\":\"red\"}");
	say(store, "a", "{\"content\":\"green\"}");
	say(store, "a", "{\"content\":\"blue\"}");
	say(store, "b", "{\"content\":\"green\"}");
	maintain(store, NOW, 9);
}

static inline void stop(void)
{
	store_close(store);
	scratch_end();
}

/* As another program writes, whatever the tables allow. */
static inline void damage(const char *sql)
{
	sqlite3 *db;

	store_close(store);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(
		sqlite3_exec(db, "PRAGMA ignore_check_constraints = ON", NULL,
			NULL, NULL),
		SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	store = open_with(
		(struct store_options){ .search = true }, STORE_WRITE);
}

#endif
