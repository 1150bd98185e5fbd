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

/* As FTS5 leaves them when it empties the index; then it reads them again. */
int sqlite_index_repair(struct sqlite *sqlite, struct error *error)
{
	static const char empty[] =
		"BEGIN IMMEDIATE;"
		"DELETE FROM words_data;"
		"DELETE FROM words_idx;"
		"DELETE FROM words_docsize;"
		"INSERT INTO words_data (id, block)"
		" VALUES (1, x''), (10, x'00000000000000');"
		"UPDATE search_state SET upto = 0, stale_at = NULL,"
		" merging = 0;"
		"COMMIT";
	int result;

	sqlite_warn(sqlite, "the index of words is damaged: it is made anew");
	sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	result = sqlite_execute(sqlite, empty, error);
	if (!sqlite3_get_autocommit(sqlite->db))
		sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_db_config(sqlite->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return result;
}
