/* SPDX-License-Identifier: MIT */
/*
 * damaging.h - what the tests of damage share: a store of two sessions, and a
 * way to write what no chatmem would, also over a page of the open file.
 */
#ifndef TESTS_SQLITE_DAMAGING_H
#define TESTS_SQLITE_DAMAGING_H

#include "tests/sqlite/sqlite_unit.h"

#include <fcntl.h>

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

#define NEWEST INT_MAX

/* Writes zeros over a leaf of the table, the first or the NEWEST. */
static inline void zero_leaf(const char *table, int which)
{
	static const char zeros[4096];
	char sql[300], page[40];
	int file;

	snprintf(sql, sizeof(sql),
		"SELECT pageno FROM dbstat WHERE name = '%s' AND pagetype ="
		" 'leaf' ORDER BY path%s LIMIT 1",
		table, which == NEWEST ? " DESC" : "");
	read_value(sql, page, sizeof(page));
	file = open(path, O_WRONLY);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(pwrite(file, zeros, sizeof(zeros),
				 (atoll(page) - 1) * (off_t)sizeof(zeros)),
		sizeof(zeros));
	close(file);
}

/* The log is in the file then, and the writer has nothing of it in memory. */
static inline void damage_leaf(const char *table, int which)
{
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	zero_leaf(table, which);
}

#endif
