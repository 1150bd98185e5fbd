/* SPDX-License-Identifier: MIT */
/*
 * statements.c - the SQL that only this engine has, as data.
 */
#include "core/store/pieces.h"
#include "core/store/sqlite/sqlite.h"

/* The id that the index knows a row by. */
#define INDEXED_AS(row)                                  \
	"coalesce((SELECT indexed_as FROM moved_message" \
	" WHERE moved_message.id = " row ".id), " row ".id)"
#define TO_INDEX(row)                                              \
	"SELECT " MESSAGE_COLUMNS ", " row ".id, (SELECT ' |h' ||" \
	" history.id || ' |t' || hex(tenant) FROM history"         \
	" WHERE history.id = " row ".history), " row               \
	".history, " INDEXED_AS(row) " FROM " row " WHERE "
#define IS_INDEXED(row) row ".id <= (SELECT upto FROM search_state)"
#define OF_INDEX \
	"coalesce((SELECT id FROM moved_message WHERE indexed_as = ?1), ?1)"
#define OF_BLOCK                                                      \
	" FROM message WHERE history = ?1 AND seq > ?2 AND seq <= ?3" \
	" ORDER BY seq"

const char *const sqlite_own[OWN_COUNT] = {
	[OWN_BEGIN_READ] = "BEGIN",
	[OWN_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[OWN_COMMIT] = "COMMIT",
	[OWN_ROLLBACK] = "ROLLBACK",
	[OWN_ENTER] = "SAVEPOINT member",
	[OWN_KEEP] = "RELEASE member",
	[OWN_UNDO] = "ROLLBACK TO member",
	[OWN_APPLICATION] = "PRAGMA application_id",
	[OWN_VERSION] = "PRAGMA user_version",
	[OWN_OBJECTS] = "SELECT count(*) FROM sqlite_schema",
	[OWN_PAGES] = "PRAGMA page_count",
	[OWN_TABLES] = "SELECT name FROM sqlite_schema WHERE type = 'table'"
		       " AND rootpage > 0 AND name NOT GLOB 'words_*'"
		       " AND name NOT IN ('tenant_usage', 'usage_counted')",
	[OWN_WORDS] = "SELECT sql FROM sqlite_schema WHERE name = 'words'",
	[OWN_FTS5] = "SELECT fts5(?1)",

	/* The record of FTS5 that says which segments there are. */
	[OWN_INDEX_STRUCTURE] = "SELECT block FROM words_data WHERE id = 10",
	/* Of its segments; more than two are not counted. */
	[OWN_INDEX_PAGES] = "SELECT count(*) FROM (SELECT 1 FROM words_data"
			    " WHERE id > 10 LIMIT 2)",
	[OWN_INDEX_STATE] = "SELECT upto, stale_at, merging"
			    " FROM search_state",
	[OWN_INDEX_STATE_WRITE] = "UPDATE search_state SET upto = ?1,"
				  " stale_at = nullif(?2, 0), merging = ?3",
	[OWN_INDEX_BEHIND] =
		"SELECT max(0, coalesce((SELECT max(id) FROM message), 0),"
		" coalesce((SELECT max(id) FROM retired), 0)) - upto"
		" FROM search_state",
	[OWN_INDEX_NEXT] = TO_INDEX("message") "id > ?1 UNION ALL " TO_INDEX(
		"retired") "id > ?1 ORDER BY id LIMIT ?2",
	[OWN_INDEX_OF_LIVE] = TO_INDEX("message") ROWS_TO_DELETE_LIVE
	" AND " IS_INDEXED("message"),
	[OWN_INDEX_OF_RETIRED] = TO_INDEX("retired") ROWS_TO_DELETE_RETIRED
	" AND " IS_INDEXED("retired"),
	[OWN_INDEX_ADD] = "INSERT INTO words (rowid, text) VALUES (?1, ?2)",
	[OWN_INDEX_FORGET] = "INSERT INTO words (words, rowid, text)"
			     " VALUES ('delete', ?1, ?2)",
	[OWN_INDEX_MERGE] = "INSERT INTO words (words, rank)"
			    " VALUES ('merge', ?1)",
	[OWN_INDEX_DROP] = "INSERT INTO words (words) VALUES ('delete-all')",
	[OWN_SEARCH] = "SELECT rowid, closeness(words, ?3, ?4) FROM words"
		       " WHERE words MATCH ?1 ORDER BY rowid DESC LIMIT ?2",
	[OWN_SEARCH_KEY] =
		"SELECT history, seq, born FROM message"
		" WHERE id = " OF_INDEX " UNION ALL SELECT history, seq, born"
		" FROM retired WHERE id = " OF_INDEX,

	[OWN_PACK_STATE] = "SELECT upto, history, first, last FROM packing",
	[OWN_PACK_SAVE] = "UPDATE packing SET upto = ?1,"
			  " history = nullif(?2, 0), first = ?3, last = ?4",
	[OWN_PACK_NEXT] =
		"SELECT id, history, seq, created_at, coalesce((SELECT"
		" min(seq) FROM message AS later WHERE later.history ="
		" message.history AND later.seq > message.seq), 0)"
		" FROM message WHERE id > ?1 ORDER BY id LIMIT ?2",
	/* The first of these two reads no row, but message_seq. */
	[OWN_PACK_BLOCK] =
		"SELECT id, EXISTS (SELECT 1 FROM moved_message WHERE"
		" moved_message.id = message.id)" OF_BLOCK,
	[OWN_PACK_ROWS] = "SELECT id, seq, length(CAST(body AS BLOB))" OF_BLOCK,
	[OWN_PACK_LAST] = "SELECT max(coalesce((SELECT max(id) FROM message),"
			  " 0), coalesce((SELECT seq FROM sqlite_sequence"
			  " WHERE name = 'message'), 0))",
	[OWN_PACK_MOVE] = "UPDATE message SET id = ?2 WHERE id = ?1",
	[OWN_PACK_NOTE] =
		"INSERT OR REPLACE INTO moved_message (id, indexed_as)"
		" VALUES (?2, coalesce((SELECT indexed_as FROM moved_message"
		" WHERE id = ?1), ?1))",
	/* No insert draws these ids again. */
	[OWN_PACK_GIVEN] = "UPDATE sqlite_sequence SET seq = ?1"
			   " WHERE name = 'message'",
	/* Nor does the index take these rows up again; 0: it is empty. */
	[OWN_PACK_INDEXED] = "UPDATE search_state SET upto = ?1"
			     " WHERE upto > 0 AND upto < ?1",
};
