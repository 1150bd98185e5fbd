/* SPDX-License-Identifier: MIT */
/*
 * sqlite_unit.h - store_unit.h on the engine SQLite, with the file and the SQL
 * that another program would see.
 */
#ifndef TESTS_SQLITE_SQLITE_UNIT_H
#define TESTS_SQLITE_SQLITE_UNIT_H

#include "core/store/sqlite/options.h"
#include "tests/contract/store_unit.h"
#include "tests/sqlite/tested_log.h"
#include "tests/sqlite/words_table.h"

#include <sqlite3.h>
#include <sys/stat.h>

static char path[120]; /* of the test's file; set by scratch_file() */

static inline const char *scratch_file(void)
{
	engine = &tested_sqlite;
	scratch();
	snprintf(path, sizeof(path), "%s/test.db", directory);
	return path;
}

/* Copies the first value that SQL gives to another program. */
static inline void read_value(const char *sql, char *value, size_t size)
{
	sqlite3 *db;
	sqlite3_stmt *statement;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(
		sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	snprintf(value, size, "%s",
		(const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static inline void gives(const char *sql, const char *expected)
{
	char value[1000];

	read_value(sql, value, sizeof(value));
	ck_assert_str_eq(value, expected);
}

/* Runs SQL as another program would. */
static inline void run_sql(const char *sql)
{
	sqlite3 *db;
	char *message = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &message);
	ck_assert_ptr_null(message);
	sqlite3_close(db);
}

/* Bytes of the file of this suffix, -1 when there is none. */
static inline off_t size_of(const char *suffix)
{
	char name[160];
	struct stat there;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &there) ? -1 : there.st_size;
}

#endif
