/* SPDX-License-Identifier: MIT */
/* search_repair.c - the index of words, emptied without being read. */
#include "core/store/sqlite/sqlite.h"

bool sqlite_index_is_asked(enum own which)
{
	return which == OWN_INDEX_ADD || which == OWN_INDEX_FORGET ||
	       which == OWN_INDEX_MERGE || which == OWN_INDEX_DROP ||
	       which == OWN_SEARCH;
}

/*
 * FTS5 says so of what its tables hold, or meets rows of theirs that it does
 * not know of; or a page of theirs is not what was written.
 */
int sqlite_index_note(struct sqlite *sqlite, int result)
{
	const int rc = sqlite3_errcode(sqlite->db) & 0xff;

	if (result < 0 && (rc == SQLITE_CORRUPT || rc == SQLITE_CONSTRAINT))
		sqlite->engine.index.damaged = true;
	return result;
}

void sqlite_index_give_up(struct sqlite *sqlite)
{
	sqlite->words_lost = true;
	sqlite->engine.index.damaged = false;
	sqlite->engine.index.merging = false;
	sqlite->engine.index.due_at = INT64_MAX;
}

/*
 * Some of its pages may not even be read to be emptied.  FTS5 would try again
 * to write all that it was told in this batch, so the batch is to be undone.
 */
int sqlite_index_unless_lost(
	struct sqlite *sqlite, int result, struct error *error)
{
	if (result == 0 || sqlite3_errcode(sqlite->db) % 256 != SQLITE_CORRUPT)
		return result;
	sqlite_index_give_up(sqlite);
	*error = (struct error){ 0 };
	return error_set(error, ERROR_UNAVAILABLE,
		"pages of the index of words are damaged");
}

/* --- taken out -------------------------------------------------------- */

/* SQLite cannot delete a table whose pages it cannot read, nor drop it. */
static const char search_repair_forget[] =
	"BEGIN IMMEDIATE;"
	"PRAGMA writable_schema = ON;"
	"DELETE FROM sqlite_schema WHERE name = 'words' OR tbl_name IN"
	" ('words_data', 'words_idx', 'words_docsize', 'words_config');"
	"PRAGMA writable_schema = RESET";
static const char search_repair_begin[] =
	"UPDATE search_state SET upto = 0, stale_at = NULL, merging = 0;"
	"COMMIT";

/* A transaction that failed is undone. */
static void search_repair_end(struct sqlite *sqlite)
{
	if (!sqlite3_get_autocommit(sqlite->db))
		sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_exec(
		sqlite->db, "PRAGMA writable_schema = OFF", NULL, NULL, NULL);
	sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
}

/* Makes it as the migrations did. */
static int search_repair_make(struct sqlite *sqlite, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	char *sql = NULL;
	int result = -1;

	if (sqlite3_prepare_v2(sqlite->db, sqlite_own[OWN_WORDS], -1,
		    &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		sql = sqlite3_mprintf(
			"%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	if (sql)
		result = sqlite_execute(sqlite, search_repair_forget, error) ||
					 sqlite_execute(sqlite, sql, error) ||
					 sqlite_execute(sqlite,
						 search_repair_begin, error)
				 ? -1
				 : 0;
	else
		sqlite_open_failed(sqlite, error);
	sqlite3_free(sql);
	return result;
}

int sqlite_index_strike_out(struct sqlite *sqlite, struct error *error)
{
	int result;

	sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	result = sqlite_execute(sqlite, search_repair_forget, error) ||
				 sqlite_execute(
					 sqlite, sqlite_own[OWN_COMMIT], error)
			 ? -1
			 : 0;
	search_repair_end(sqlite);
	if (result == 0)
		sqlite_index_give_up(sqlite);
	return result;
}

/* The pages of the old one belong to nothing now. */
int sqlite_index_take_out(struct sqlite *sqlite, struct error *error)
{
	int result;

	sqlite_warn(sqlite,
		"pages of the index of words are damaged: it is made anew, and "
		"the file is written anew without them");
	sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	result = search_repair_make(sqlite, error);
	search_repair_end(sqlite);
	if (result == 0)
		result = sqlite_execute(sqlite, "VACUUM", error);
	if (result == 0) {
		sqlite->words_lost = false;
		engine_index_due(&sqlite->engine, 0);
	}
	return result;
}

/* --- emptied ---------------------------------------------------------- */

/* As FTS5 leaves them when it empties the index; then it reads them again. */
int sqlite_index_repair(struct sqlite *sqlite, struct error *error)
{
	static const char empty[] =
		"BEGIN IMMEDIATE;"
		"DELETE FROM words_data;"
		"DELETE FROM words_idx;"
		"INSERT INTO words_data (id, block)"
		" VALUES (1, x''), (10, x'00000000000000');"
		"UPDATE search_state SET upto = 0, stale_at = NULL,"
		" merging = 0;"
		"COMMIT";
	int result;

	sqlite_warn(sqlite, "the index of words is damaged: it is made anew");
	sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	result = sqlite_execute(sqlite, empty, error);
	if (result && (sqlite3_errcode(sqlite->db) & 0xff) == SQLITE_CORRUPT)
		sqlite_index_give_up(sqlite);
	if (!sqlite3_get_autocommit(sqlite->db))
		sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (!sqlite->words_lost)
		return result;
	*error = (struct error){ 0 };
	return sqlite_index_take_out(sqlite, error);
}
