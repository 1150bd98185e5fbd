/* SPDX-License-Identifier: MIT */
/* tested_sqlite.c - the engine SQLite as the contract suite sees it. */
#include "core/store/store.h"
#include "tests/contract/tested_engine.h"
#include "tests/sqlite/words_table.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void tested_sqlite_locate(
	struct store_options *options, const char *directory)
{
	static _Thread_local char path[120];

	snprintf(path, sizeof(path), "%s/test.db", directory);
	options->url = path;
}

static int64_t tested_sqlite_number(const char *path, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int64_t number = -1;

	if (sqlite3_open(path, &db) == SQLITE_OK &&
		sqlite3_prepare_v2(db, sql, -1, &statement, NULL) ==
			SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

static int64_t tested_sqlite_rows(const char *directory, const char *table)
{
	char path[120], sql[160];

	snprintf(path, sizeof(path), "%s/test.db", directory);
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	if (strcmp(table, "words") == 0)
		snprintf(sql, sizeof(sql),
			"SELECT (SELECT count(*) FROM " INDEXED ")"
			" + (SELECT count(*) FROM words_idx)");
	return tested_sqlite_number(path, sql);
}

static int tested_sqlite_run(const char *directory, const char *sql)
{
	sqlite3 *db = NULL;
	char path[120];
	int failed;

	snprintf(path, sizeof(path), "%s/test.db", directory);
	failed = sqlite3_open(path, &db) ||
		 sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return failed ? -1 : 0;
}

static void tested_sqlite_remove(const char *directory)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal",
		".lock", "-ballast", ".durable", "-wal.durable" };
	char name[160];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(name, sizeof(name), "%s/test.db%s", directory,
			suffixes[i]);
		unlink(name);
	}
	for (int version = 1; version < 100; version++) {
		snprintf(name, sizeof(name), "%s/test.db.version-%d", directory,
			version);
		unlink(name);
	}
}

const struct tested_engine tested_sqlite = {
	.name = "sqlite",
	.locate = tested_sqlite_locate,
	.rows = tested_sqlite_rows,
	.run = tested_sqlite_run,
	.remove = tested_sqlite_remove,
};
