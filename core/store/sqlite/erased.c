/* SPDX-License-Identifier: MIT */
/*
 * erased.c - the journal of erasures goes on in a restored file.
 *
 * The old file's entries that the backup has not are of erasures since it was
 * made: they are written to the copy, whether they are done again or not, so
 * that they can be told once more.  Sessions that go with their owner are
 * entries as well, though the old file still has their rows.
 */
#include "core/store/sqlite/sqlite.h"

#include "core/store/backup.h"
#include "core/store/erased.h"

#include <string.h>
#include <unistd.h>

/* Older tables do not have it; the migration finds it there. */
#define ERASED_TABLE                                                        \
	"CREATE TABLE IF NOT EXISTS erased (id INTEGER PRIMARY KEY"         \
	" AUTOINCREMENT, digest BLOB NOT NULL UNIQUE CHECK (length(digest)" \
	" = 16), erased_at INTEGER NOT NULL, again INTEGER NOT NULL"        \
	" DEFAULT 0 CHECK (again IN (0, 1))) STRICT;"                       \
	"UPDATE erased SET again = 0"

enum { ERASED_DIGEST, ERASED_AT, ERASED_MARK };

/* Of the old file: the entries, then those that are on their way. */
static const char *const erased_entries[] = {
	"SELECT digest, erased_at, NULL FROM erased ORDER BY id",
	"SELECT NULL, erasure.erased_at, session.mark FROM owner_erasure AS"
	" erasure JOIN session ON session.tenant = erasure.tenant"
	" AND session.owner = erasure.owner"
	" AND session.generation < erasure.id",
};

/* An entry of the backup is no news, unless it is of an earlier erasure. */
static const char erased_add[] =
	"INSERT INTO erased (digest, erased_at, again) VALUES (?1, ?2, 1)"
	" ON CONFLICT (digest) DO UPDATE SET erased_at = excluded.erased_at,"
	" again = 1 WHERE erased_at <> excluded.erased_at";
static const char erased_is_due[] =
	"SELECT 1 FROM erased WHERE digest = ?1 AND again = 1";

struct erased_merge {
	struct restoring *restoring;
	sqlite3 *old;
	sqlite3 *copy;
	sqlite3_stmt *of_copy;
	bool kept;	     /* the backup has a journal */
	int64_t last;	     /* its last entry's id */
	struct error *error; /* out of memory, or nothing */
};

/* --- each row of a statement ---------------------------------------------- */

static int erased_each(sqlite3 *db, const char *sql, struct erased_merge *merge,
	int (*visit)(struct erased_merge *merge, sqlite3_stmt *row))
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW)
		rc = visit(merge, statement);
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int erased_bind_mark(
	struct erased_merge *merge, sqlite3_stmt *row, int column)
{
	const struct slice mark = { (const char *)sqlite3_column_text(
					    row, column),
		(size_t)sqlite3_column_bytes(row, column) };
	unsigned char digest[ERASED_DIGEST_BYTES];

	if (erased_digest(mark, digest, merge->error))
		return SQLITE_NOMEM;
	return sqlite3_bind_blob(
		merge->of_copy, 1, digest, sizeof(digest), SQLITE_TRANSIENT);
}

/* Steps the statement of the copy once; SQLITE_ROW or SQLITE_DONE. */
static int erased_step(struct erased_merge *merge)
{
	const int rc = sqlite3_step(merge->of_copy);

	sqlite3_reset(merge->of_copy);
	return rc;
}

static int erased_add_entry(struct erased_merge *merge, sqlite3_stmt *row)
{
	int rc;

	if (sqlite3_column_type(row, ERASED_DIGEST) == SQLITE_NULL)
		rc = erased_bind_mark(merge, row, ERASED_MARK);
	else
		rc = sqlite3_bind_value(merge->of_copy, 1,
			sqlite3_column_value(row, ERASED_DIGEST));
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_value(merge->of_copy, 2,
			sqlite3_column_value(row, ERASED_AT));
	if (rc == SQLITE_OK)
		rc = erased_step(merge);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int erased_count_session(struct erased_merge *merge, sqlite3_stmt *row)
{
	int rc = erased_bind_mark(merge, row, 0);

	if (rc == SQLITE_OK)
		rc = erased_step(merge);
	merge->restoring->erased += rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* --- the two files -------------------------------------------------------- */

/* With another statement of the copy, for what is visited. */
static int erased_prepare(struct erased_merge *merge, const char *sql)
{
	sqlite3_finalize(merge->of_copy);
	merge->of_copy = NULL;
	return sqlite3_prepare_v2(merge->copy, sql, -1, &merge->of_copy, NULL);
}

/* A file of before there was a journal has no such table. */
static bool erased_has_journal(sqlite3 *db)
{
	return sqlite3_table_column_metadata(db, "main", "erased", "digest",
		       NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static int64_t erased_ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

/* Has the old one all that came behind the last entry of the backup? */
static bool erased_follows(const struct erased_merge *merge)
{
	return merge->kept &&
	       erased_ask(merge->old, "SELECT min(id) FROM erased") <=
		       merge->last + 1;
}

static int erased_read_old(struct erased_merge *merge, const char *old)
{
	int rc = sqlite_copy_open(old, &merge->old);

	if (rc == SQLITE_OK && !erased_has_journal(merge->old))
		rc = sqlite3_errcode(merge->old);
	if (rc == SQLITE_OK)
		rc = erased_prepare(merge, erased_add);
	for (size_t i = 0; rc == SQLITE_OK && i < 2; i++)
		rc = erased_each(
			merge->old, erased_entries[i], merge, erased_add_entry);
	return rc;
}

static int erased_write(
	struct erased_merge *merge, const char *copy, const char *old)
{
	struct restoring *restoring = merge->restoring;
	int rc = sqlite3_open_v2(copy, &merge->copy,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, STORE_VFS);

	if (rc == SQLITE_OK) {
		merge->kept = erased_has_journal(merge->copy);
		rc = sqlite3_exec(
			merge->copy, "BEGIN;" ERASED_TABLE, NULL, NULL, NULL);
	}
	if (rc)
		return rc;
	merge->last = erased_ask(merge->copy,
		"SELECT seq FROM sqlite_sequence WHERE name = 'erased'");
	restoring->journal = erased_read_old(merge, old) == SQLITE_OK;
	restoring->complete = restoring->journal && erased_follows(merge);
	rc = erased_prepare(merge, erased_is_due);
	if (rc == SQLITE_OK)
		rc = erased_each(merge->copy, "SELECT mark FROM session", merge,
			erased_count_session);
	if (rc == SQLITE_OK && !restoring->erase_again)
		rc = sqlite3_exec(merge->copy, "UPDATE erased SET again = 0",
			NULL, NULL, NULL);
	return rc ? rc : sqlite3_exec(merge->copy, "COMMIT", NULL, NULL, NULL);
}

int sqlite_restore_erased(struct restoring *restoring, const char *copy,
	const char *old, struct error *error)
{
	struct erased_merge merge = { .restoring = restoring, .error = error };
	const int rc = erased_write(&merge, copy, old);

	if (rc && !error->code &&
		!(rc == SQLITE_CORRUPT && restoring->accept_damage &&
			!restoring->erase_again))
		error_describe(error, ERROR_UNAVAILABLE,
			"cannot write \"%s\": %s", copy,
			sqlite3_errmsg(merge.copy));
	sqlite3_finalize(merge.of_copy);
	sqlite3_close(merge.old);
	sqlite3_close(merge.copy);
	return error->code ? -1 : 0;
}
