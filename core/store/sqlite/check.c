/* SPDX-License-Identifier: MIT */
/* check.c - are the pages of the file what was written? */
#include "core/store/sqlite/sqlite.h"

#include <string.h>

/* The words of a finding without the heading that comes before. */
static struct slice check_words(const char *finding)
{
	const char *line = strchr(finding, '\n');
	struct slice words = slice_of(line ? line + 1 : finding);
	const char *end = memchr(words.data, '\n', words.length);

	if (end)
		words.length = (size_t)(end - words.data);
	return words;
}

static int check_read_findings(struct sqlite *sqlite, sqlite3_stmt *statement,
	int (*visit)(void *context, struct slice finding), void *context,
	struct error *error)
{
	const char *finding;
	int rc = SQLITE_ROW;

	while (rc == SQLITE_ROW) {
		rc = sqlite3_step(statement);
		if (rc != SQLITE_ROW)
			break;
		finding = (const char *)sqlite3_column_text(statement, 0);
		if (finding && strcmp(finding, "ok") != 0 &&
			visit(context, check_words(finding)))
			return 0;
	}
	/* Some damage is an error of the check itself. */
	if ((rc & 0xff) == SQLITE_CORRUPT) {
		visit(context, slice_of(sqlite3_errmsg(sqlite->db)));
		return 0;
	}
	return rc == SQLITE_DONE ? 0 : sqlite_open_failed(sqlite, error);
}

/*
 * Newer SQLites let the index of words check itself, and cannot begin to when
 * it is damaged, which stops nothing here: this connection does not know its
 * module, and leaves it out.
 */
static int check_open(
	const struct sqlite *sqlite, struct sqlite *plain, struct error *error)
{
	const bool reads = sqlite->engine.mode == STORE_READ;

	*plain = *sqlite;
	plain->db = NULL;
	return sqlite3_open_v2(reads ? sqlite->path : sqlite->real_path,
		       &plain->db,
		       SQLITE_OPEN_NOMUTEX | (reads ? SQLITE_OPEN_READONLY
						    : SQLITE_OPEN_READWRITE),
		       STORE_VFS) ||
			       sqlite3_drop_modules(plain->db, NULL)
		       ? sqlite_open_failed(plain, error)
		       : 0;
}

static int check_run(struct sqlite *plain, const char *check,
	int (*visit)(void *context, struct slice finding), void *context,
	struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int result;

	if (sqlite3_prepare_v2(plain->db, check, -1, &statement, NULL))
		result = sqlite_open_failed(plain, error);
	else
		result = check_read_findings(
			plain, statement, visit, context, error);
	sqlite3_finalize(statement);
	return result;
}

int sqlite_check_pages(struct sqlite *sqlite, const char *pragma,
	int (*visit)(void *context, struct slice finding), void *context,
	struct error *error)
{
	struct sqlite plain;
	int result = check_open(sqlite, &plain, error);

	if (result == 0)
		result = check_run(&plain, pragma, visit, context, error);
	sqlite3_close(plain.db);
	return result;
}

/* --- all but the index of words --------------------------------------- */

static int check_note(void *context, struct slice finding)
{
	bool *damaged = context;

	*damaged |= !sqlite_check_is_of_a_row(finding);
	return *damaged;
}

static int check_tables(struct sqlite *plain, sqlite3_stmt *names,
	bool *damaged, struct error *error)
{
	int result = 0, rc = SQLITE_ROW;

	while (result == 0 && !*damaged &&
		(rc = sqlite3_step(names)) == SQLITE_ROW) {
		char *check = sqlite3_mprintf("PRAGMA quick_check(%Q)",
			(const char *)sqlite3_column_text(names, 0));

		result = check ? check_run(plain, check, check_note, damaged,
					 error)
			       : error_out_of_memory(error);
		sqlite3_free(check);
	}
	return result || (rc != SQLITE_ROW && rc != SQLITE_DONE) ? -1 : 0;
}

int sqlite_check_messages(
	struct sqlite *sqlite, bool *damaged, struct error *error)
{
	struct sqlite plain;
	sqlite3_stmt *names = NULL;
	int result = check_open(sqlite, &plain, error);

	*damaged = false;
	if (result == 0 && sqlite3_prepare_v2(plain.db, sqlite_own[OWN_TABLES],
				   -1, &names, NULL))
		result = sqlite_open_failed(&plain, error);
	if (result == 0)
		result = check_tables(&plain, names, damaged, error);
	sqlite3_finalize(names);
	sqlite3_close(plain.db);
	return result;
}

bool sqlite_check_is_of_a_row(struct slice finding)
{
	const struct slice of_rows[] = { SLICE(" value in "),
		SLICE("CHECK constraint failed") };

	for (size_t i = 0; i < sizeof(of_rows) / sizeof(*of_rows); i++)
		if (memmem(finding.data, finding.length, of_rows[i].data,
			    of_rows[i].length))
			return true;
	return false;
}

int sqlite_check(struct engine *engine,
	int (*visit)(void *context, struct slice finding), void *context,
	struct error *error)
{
	return sqlite_check_pages(sqlite_of(engine),
		"PRAGMA integrity_check(100)", visit, context, error);
}
