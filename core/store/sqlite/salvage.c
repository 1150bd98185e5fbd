/* SPDX-License-Identifier: MIT */
/*
 * salvage.c - the rows of a damaged file that can be read, in a new one.
 *
 * No index is asked for rows, as one damaged page of it hides thousands: each
 * table is read by its rowids, and where a page is damaged, rowid by rowid.
 */
#include "core/store/sqlite/migrations.h"
#include "core/store/sqlite/sqlite.h"

#include <stdio.h>

#define SALVAGE_BLIND                                          \
	1000000 /* rowids tried where none is known to be last \
		 */

/* These show messages; in a new file they have the same columns. */
static const char *const salvage_tables[] = { "epoch", "session", "history",
	"message", "retired", "owner_erasure" };

struct salvage {
	sqlite3 *from;
	sqlite3 *to;
	sqlite3_stmt *scan; /* rows behind an id */
	sqlite3_stmt *look; /* the row of an id */
	sqlite3_stmt *insert;
	int columns;
	int64_t last; /* id that was met */
	int64_t most; /* that there may be */
	int64_t lost; /* ids on damaged pages */
};

static bool salvage_is_damage(int rc)
{
	return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

static int salvage_ask(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return rc;
}

/* Ids of retired rows are those that they had as messages. */
static void salvage_find_most(struct salvage *salvage, const char *table)
{
	int64_t given = 0;
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT max(id) FROM %s", table);
	if (salvage_ask(salvage->from, sql, &salvage->most) == SQLITE_ROW)
		return;
	if (salvage_ask(salvage->from, "SELECT max(seq) FROM sqlite_sequence",
		    &given) == SQLITE_ROW)
		salvage->most = given;
	else
		salvage->most = INT64_MAX;
}

static int salvage_prepare_one(sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
	return sqlite3_prepare_v2(db, sql, -1, out, NULL);
}

static int salvage_prepare(struct salvage *salvage, const char *table)
{
	char sql[400];
	int at, rc;

	snprintf(sql, sizeof(sql),
		"SELECT * FROM %s NOT INDEXED WHERE id > ?1 ORDER BY id",
		table);
	rc = salvage_prepare_one(salvage->from, sql, &salvage->scan);
	snprintf(sql, sizeof(sql), "SELECT * FROM %s WHERE id = ?1", table);
	if (rc == SQLITE_OK)
		rc = salvage_prepare_one(salvage->from, sql, &salvage->look);
	if (rc)
		return rc;
	salvage->columns = sqlite3_column_count(salvage->scan);
	at = snprintf(
		sql, sizeof(sql), "INSERT OR IGNORE INTO %s VALUES (?", table);
	for (int i = 1; i < salvage->columns; i++)
		at += snprintf(sql + at, sizeof(sql) - (size_t)at, ", ?");
	snprintf(sql + at, sizeof(sql) - (size_t)at, ")");
	return salvage_prepare_one(salvage->to, sql, &salvage->insert);
}

/* The row at hand; one that the table does not take is lost. */
static int salvage_copy_row(struct salvage *salvage, sqlite3_stmt *row)
{
	int rc = SQLITE_OK;

	salvage->last = sqlite3_column_int64(row, 0);
	for (int i = 0; rc == SQLITE_OK && i < salvage->columns; i++)
		rc = sqlite3_bind_value(
			salvage->insert, i + 1, sqlite3_column_value(row, i));
	if (rc == SQLITE_OK)
		rc = sqlite3_step(salvage->insert);
	sqlite3_reset(salvage->insert);
	return rc == SQLITE_DONE || (rc & 0xff) == SQLITE_CONSTRAINT ? SQLITE_OK
								     : rc;
}

/* Up to the first damaged page, or the end. */
static int salvage_scan(struct salvage *salvage)
{
	int rc = sqlite3_bind_int64(salvage->scan, 1, salvage->last);

	while (rc == SQLITE_OK &&
		(rc = sqlite3_step(salvage->scan)) == SQLITE_ROW)
		rc = salvage_copy_row(salvage, salvage->scan);
	sqlite3_reset(salvage->scan);
	return rc;
}

/* Looks for the first row behind the damaged page; SQLITE_DONE: none. */
static int salvage_look(struct salvage *salvage)
{
	const int64_t first = salvage->last;
	int rc = SQLITE_DONE;

	while (salvage->last < salvage->most &&
		(salvage->most != INT64_MAX ||
			salvage->last - first < SALVAGE_BLIND)) {
		sqlite3_bind_int64(salvage->look, 1, ++salvage->last);
		rc = sqlite3_step(salvage->look);
		if (rc == SQLITE_ROW)
			rc = salvage_copy_row(salvage, salvage->look);
		sqlite3_reset(salvage->look);
		if (rc != SQLITE_DONE && !salvage_is_damage(rc))
			return rc;
		salvage->lost += rc != SQLITE_DONE;
	}
	return SQLITE_DONE;
}

static void salvage_finalize(struct salvage *salvage)
{
	sqlite3_finalize(salvage->scan);
	sqlite3_finalize(salvage->look);
	sqlite3_finalize(salvage->insert);
	salvage->scan = salvage->look = salvage->insert = NULL;
}

static int salvage_table(struct salvage *salvage, const char *table)
{
	int rc;

	salvage->last = 0;
	salvage_find_most(salvage, table);
	rc = salvage_prepare(salvage, table);
	while (rc == SQLITE_OK) {
		rc = salvage_scan(salvage);
		if (salvage_is_damage(rc))
			rc = salvage_look(salvage);
	}
	salvage_finalize(salvage);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/*
 * A session counts its newest messages by their rows, which may be lost: where
 * the old file's index has them still, they are missed in the new one.
 */
static int salvage_seqs(struct salvage *salvage)
{
	int rc = sqlite_seal_changes(salvage->to);

	if (rc == SQLITE_OK)
		rc = salvage_prepare_one(salvage->from,
			"SELECT history, max(seq) FROM message INDEXED BY message_seq"
			" GROUP BY history",
			&salvage->scan);

	if (rc == SQLITE_OK)
		rc = salvage_prepare_one(salvage->to,
			"UPDATE session SET last_seq = ?2 WHERE id = (SELECT"
			" session FROM history WHERE history.id = ?1)"
			" AND history = ?1 AND last_seq < ?2",
			&salvage->insert);
	salvage->columns = 2;
	while (rc == SQLITE_OK &&
		(rc = sqlite3_step(salvage->scan)) == SQLITE_ROW)
		rc = salvage_copy_row(salvage, salvage->scan);
	salvage_finalize(salvage);
	return rc == SQLITE_DONE || salvage_is_damage(rc) ? SQLITE_OK : rc;
}

static int salvage_tables_of(
	struct salvage *salvage, const struct sqlite *sqlite)
{
	const size_t count = sizeof(salvage_tables) / sizeof(*salvage_tables);
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < count; i++) {
		salvage->lost = 0;
		rc = salvage_table(salvage, salvage_tables[i]);
		if (salvage->lost)
			sqlite_warn(sqlite,
				"up to %lld rows of the table %s are lost",
				(long long)salvage->lost, salvage_tables[i]);
	}
	return rc;
}

static int salvage_fill(struct salvage *salvage, const struct sqlite *sqlite)
{
	int rc = sqlite3_exec(salvage->to,
		"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;", NULL,
		NULL, NULL);

	for (size_t i = 0; rc == SQLITE_OK && migrations[i]; i++)
		rc = sqlite3_exec(salvage->to, migrations[i], NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(salvage->to, "BEGIN", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = salvage_tables_of(salvage, sqlite);
	if (rc == SQLITE_OK)
		rc = salvage_seqs(salvage);
	return rc ? rc
		  : sqlite3_exec(salvage->to,
			    "COMMIT; PRAGMA journal_mode = WAL", NULL, NULL,
			    NULL);
}

int sqlite_salvage(struct engine *engine, const char *path, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);
	struct salvage salvage = { .from = sqlite->db };
	int rc = sqlite3_open_v2(path, &salvage.to,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = salvage_fill(&salvage, sqlite);
	if (rc)
		sqlite_warn(sqlite, "sqlite: %s (%d)",
			sqlite3_errmsg(salvage.to), rc);
	sqlite3_close(salvage.to);
	return rc ? error_set(error, ERROR_UNAVAILABLE,
			    "cannot write what can be read to \"%s\"", path)
		  : 0;
}
