/* SPDX-License-Identifier: MIT */
/* usage_repair.c - what tenants keep, forgotten without being read. */
#include "core/store/sqlite/sqlite.h"

/* SQLite cannot delete a table whose pages it cannot read, nor drop it. */
static const char usage_repair_forget[] =
	"BEGIN IMMEDIATE;"
	"PRAGMA writable_schema = ON;"
	"DELETE FROM sqlite_schema WHERE type = 'table' AND name IN"
	" ('tenant_usage', 'usage_counted');"
	"PRAGMA writable_schema = RESET";
/* As the migrations made them. */
static const char usage_repair_make[] =
	"CREATE TABLE tenant_usage (tenant TEXT PRIMARY KEY,"
	" sessions INTEGER NOT NULL, bytes INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	"CREATE TABLE usage_counted (id INTEGER PRIMARY KEY CHECK (id = 1))"
	" STRICT;"
	"COMMIT";

/*
 * The pages of the old ones belong to nothing now: the next start finds that,
 * and writes the file anew without them.
 */
int sqlite_usage_renew(struct engine *engine, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);
	int result;

	sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	result =
		sqlite_execute(sqlite, usage_repair_forget, error) ||
				sqlite_execute(sqlite, usage_repair_make, error)
			? -1
			: 0;
	if (!sqlite3_get_autocommit(sqlite->db))
		sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_exec(
		sqlite->db, "PRAGMA writable_schema = OFF", NULL, NULL, NULL);
	sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return result;
}
