/* SPDX-License-Identifier: MIT */
/* tested_log.c - the log of the engine SQLite, seen from inside. */
#include "tests/sqlite/tested_log.h"

#include "core/store/sql/sql.h"
#include "core/store/sqlite/sqlite.h"

int checkpoint(struct store *of, enum sqlite_checkpoint how, struct error *why)
{
	return sqlite_checkpoint(sqlite_of(of->engine), how, why);
}

int log_pages(const struct store *of)
{
	const struct sqlite *sqlite = sqlite_of(of->engine);

	return sqlite->frames - sqlite->settled;
}

void pretend_log_pages(struct store *of, int pages)
{
	struct sqlite *sqlite = sqlite_of(of->engine);

	sqlite->frames = sqlite->tried + pages;
}

void forget_pages(const struct store *of)
{
	sqlite3_db_release_memory(sqlite_of(of->engine)->db);
}
