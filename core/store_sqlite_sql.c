/* SPDX-License-Identifier: MIT */
/*
 * store_sqlite_sql.c - every SQL statement of the store, as data.
 */
#include "store_sqlite.h"

/*
 * The columns that read_session() reads.  A session's row lags behind its
 * messages: the last seq and the last write are the greater of both.
 */
#define SESSION_COLUMNS                                           \
	"id, history, max(last_seq, coalesce((SELECT max(seq)"    \
	" FROM message WHERE message.history = session.history)," \
	" 0)), edits, removed, created_at, touched_at, mark"
#define LIST_COLUMNS                                                \
	SESSION_COLUMNS ", name, memory, metadata, max(touched_at," \
			" coalesce((SELECT created_at FROM message" \
			" WHERE message.history = session.history"  \
			" ORDER BY seq DESC LIMIT 1), 0))"
#define MESSAGE_COLUMNS                                       \
	"seq, form, type, created_at, updated_at, type_sent," \
	" client_id, client_created_at, body"
#define MESSAGES                                                     \
	"SELECT " MESSAGE_COLUMNS " FROM message WHERE history = ?1" \
	" AND seq > ?2 AND seq < ?3 AND (?4 >> type) & 1 ORDER BY seq"
#define OF_SESSION \
	"WHERE history IN (SELECT id FROM history WHERE session = ?1)"

const char *const store_sql[SQL_COUNT] = {
	[SQL_BEGIN_READ] = "BEGIN",
	[SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_ENTER] = "SAVEPOINT member",
	[SQL_KEEP] = "RELEASE member",
	[SQL_UNDO] = "ROLLBACK TO member",

	[SQL_APPLICATION] = "PRAGMA application_id",
	[SQL_VERSION] = "PRAGMA user_version",
	[SQL_OBJECTS] = "SELECT count(*) FROM sqlite_schema",
	[SQL_PAGES] = "PRAGMA page_count",
	[SQL_CHECK] = "PRAGMA quick_check(1)",
	[SQL_PROBE] = "INSERT OR REPLACE INTO probe (id, probed_at)"
		      " VALUES (1, ?1)",

	[SQL_SESSION_FIND] = "SELECT " SESSION_COLUMNS " FROM session"
			     " WHERE tenant = ?1 AND name = ?2",
	[SQL_SESSION_CREATE] =
		"INSERT INTO session (tenant, name, mark, history, last_seq,"
		" edits, removed, purged, created_at, touched_at, memory,"
		" metadata)"
		" VALUES (?1, ?2, ?3, 0, 0, 0, 0, 0, ?4, ?4, '{}', '{}')",
	[SQL_SESSION_HISTORY] = "UPDATE session SET history = ?2"
				" WHERE id = ?1",
	[SQL_SESSION_SETTINGS] = "SELECT memory, metadata FROM session"
				 " WHERE id = ?1",
	[SQL_SESSION_CONFIGURE] =
		"UPDATE session SET last_seq = ?2, edits = ?3,"
		" touched_at = ?4, memory = ?5, metadata = ?6 WHERE id = ?1",
	[SQL_SESSION_TOUCH] = "UPDATE session SET touched_at = ?2"
			      " WHERE id = ?1",
	[SQL_SESSION_CLEAR] =
		"UPDATE session SET history = ?2, last_seq = ?3, edits = ?4,"
		" removed = ?5, touched_at = ?6 WHERE id = ?1",
	[SQL_SESSION_UPDATED] = "SELECT created_at FROM message"
				" WHERE history = ?1"
				" ORDER BY seq DESC LIMIT 1",
	[SQL_SESSIONS_BY_TOUCH] =
		"SELECT " LIST_COLUMNS " FROM session WHERE tenant = ?1"
		" AND (touched_at, id) < (?2, ?3)"
		" ORDER BY touched_at DESC, id DESC LIMIT ?4",
	/* The unary plus leaves the index to the greater bound. */
	[SQL_SESSIONS_BY_NAME] =
		"SELECT " LIST_COLUMNS " FROM session WHERE tenant = ?1"
		" AND name >= max(?2, ?3) AND +name > ?3"
		" ORDER BY name LIMIT ?4",

	[SQL_ERASE_MESSAGES] = "DELETE FROM message " OF_SESSION,
	[SQL_ERASE_RETIRED] = "DELETE FROM retired " OF_SESSION,
	[SQL_ERASE_HISTORIES] = "DELETE FROM history WHERE session = ?1",
	[SQL_ERASE_SESSION] = "DELETE FROM session WHERE id = ?1",

	[SQL_HISTORY_CREATE] = "INSERT INTO history (session, from_version)"
			       " VALUES (?1, ?2)",
	[SQL_HISTORY_END] = "UPDATE history SET until_version = ?2"
			    " WHERE id = ?1",

	[SQL_MESSAGE_APPEND] =
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, type_sent, client_id, client_created_at, body)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_MESSAGES_UP] = MESSAGES " LIMIT ?5",
	[SQL_MESSAGES_DOWN] = MESSAGES " DESC LIMIT ?5",
	[SQL_MESSAGE_BY_ID] = "SELECT " MESSAGE_COLUMNS " FROM message"
			      " WHERE history = ?1 AND client_id = ?2",
	[SQL_MESSAGE_BY_SEQ] = "SELECT " MESSAGE_COLUMNS " FROM message"
			       " WHERE history = ?1 AND seq = ?2",
};

#define PRAGMA(name, value, want, when)                                  \
	{                                                                \
		"PRAGMA " name " = " value, "PRAGMA " name, want, (when) \
	}
#define DURABLE_LOG  (STORE_IS_FULL | STORE_IS_LOGGED)
#define DURABLE_FILE (STORE_IS_FULL | STORE_IS_UNLOGGED)

/*
 * In this order: a page's size cannot change after the first write.  Fewer
 * pages than 2^25 keep the first byte of a page that is not of a b-tree
 * below 2, and temporary tables in memory keep contents off the disk.
 */
const struct store_pragma store_pragmas[] = {
	PRAGMA("page_size", "4096", "4096", STORE_IS_WRITER),
	PRAGMA("auto_vacuum", "NONE", "0", STORE_IS_WRITER),
	PRAGMA("wal_autocheckpoint", "0", "0", 0),
	PRAGMA("journal_mode", "WAL", "wal", STORE_IS_LOGGED),
	PRAGMA("journal_mode", "DELETE", "delete", STORE_IS_UNLOGGED),
	PRAGMA("synchronous", "FULL", "2", DURABLE_LOG),
	PRAGMA("synchronous", "EXTRA", "3", DURABLE_FILE),
	PRAGMA("synchronous", "NORMAL", "1", STORE_IS_NORMAL),
	PRAGMA("journal_size_limit", "67108864", "67108864", 0),
	PRAGMA("max_page_count", "33554431", "33554431", 0),
	PRAGMA("secure_delete", "ON", "1", 0),
	PRAGMA("cell_size_check", "ON", "1", 0),
	PRAGMA("trusted_schema", "OFF", "0", 0),
	PRAGMA("foreign_keys", "OFF", "0", 0),
	PRAGMA("mmap_size", "0", "0", 0),
	PRAGMA("temp_store", "MEMORY", "2", 0),
	PRAGMA("cache_size", "-8192", "-8192", STORE_IS_WRITER),
	PRAGMA("cache_size", "-2048", "-2048", STORE_IS_READER),
	PRAGMA("query_only", "ON", "1", STORE_IS_READER),
	{ NULL, NULL, NULL, 0 },
};
