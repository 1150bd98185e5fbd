/* SPDX-License-Identifier: MIT */
/*
 * store_sqlite_sql.c - every SQL statement of the store, as data.
 */
#include "core/store_sqlite.h"

/*
 * The columns that store_read_session() reads.  A session's row lags behind its
 * messages: the last seq and the last write are the greater of both.
 */
#define LAST_SEQ                                                       \
	"coalesce((SELECT max(seq) FROM message WHERE message.history" \
	" = session.history), 0)"
/* Is its owner being erased?  The ids of later sessions are greater. */
#define DISOWNED                                                     \
	"(owner IS NOT NULL AND EXISTS (SELECT 1 FROM disowned"      \
	" WHERE disowned.tenant = session.tenant AND disowned.owner" \
	" = session.owner AND upto >= session.id))"
#define SESSION_COLUMNS                                                   \
	"id, history, max(last_seq, " LAST_SEQ "), edits, removed,"       \
	" created_at, touched_at, mark, inherited, purged,"               \
	" coalesce(retain_retired, -1), coalesce(ttl_seconds, 0),"        \
	" CASE WHEN ttl_seconds IS NULL THEN 0 ELSE " APPENDED_AT " END," \
	" " DISOWNED
#define APPENDED_AT                                                      \
	"coalesce((SELECT created_at FROM message WHERE message.history" \
	" = session.history ORDER BY seq DESC LIMIT 1), 0)"
#define LIST_COLUMNS                                        \
	SESSION_COLUMNS ", name, owner, memory, metadata, " \
			"max(touched_at, " APPENDED_AT ")"
#define MESSAGE_COLUMNS                                       \
	"seq, form, type, created_at, updated_at, type_sent," \
	" client_id, client_created_at, body, born"
#define COLUMNS_OF(name) \
	"SELECT " MESSAGE_COLUMNS " FROM " name " WHERE history = ?1 "
/* What was there at version ?2: of the live rows, and of the retired ones. */
#define LIVE_THEN    "AND born <= ?2 "
#define RETIRED_THEN "AND born <= ?2 AND retired > ?2 "
#define IN_RANGE     "AND seq > ?3 AND seq < ?4 "
#define OF_TYPE	     "AND (?5 >> type) & 1 "
#define PAGE	     IN_RANGE OF_TYPE
#define BY_SEQ	     "AND seq = ?3 "
#define BY_ID	     IN_RANGE "AND client_id = ?5 "
#define PAST(where)           \
	COLUMNS_OF("message") \
	LIVE_THEN where "UNION ALL " COLUMNS_OF("retired") RETIRED_THEN where
#define ALL_COLUMNS                                                   \
	"id, history, seq, born, form, type, created_at, updated_at," \
	" type_sent, client_id, client_created_at, body"
/* Does a history begin with this row of the history ?1? */
#define SEEN_BY_A_FORK(row, and)                                     \
	"EXISTS (SELECT 1 FROM history AS fork WHERE fork.base = ?1" \
	" AND fork.base_upto >= " row ".seq"                         \
	" AND fork.base_version >= " row ".born" and                 \
		")"
/* As its row says, which may be late, but not by more than a minute. */
#define EXPIRES_AT    "touched_at + ttl_seconds * 1000"
#define NEVER	      "9223372036854775807"
#define REPLY_COLUMNS "session, digest, status, etag, location, body"

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
		" edits, removed, inherited, purged, created_at, touched_at,"
		" memory, metadata)"
		" VALUES (?1, ?2, ?3, 0, 0, 0, 0, 0, 0, ?4, ?4, '{}', '{}')",
	[SQL_SESSION_FORK] =
		"INSERT INTO session (tenant, name, mark, history, last_seq,"
		" edits, removed, inherited, purged, created_at, touched_at,"
		" ttl_seconds, retain_retired, owner, memory, metadata)"
		" SELECT ?2, ?3, ?4, 0, ?5, ?6, ?7, ?8, ?5 + ?6, ?9, ?9,"
		" ttl_seconds, retain_retired, owner, memory, metadata"
		" FROM session WHERE id = ?1",
	[SQL_SESSION_HISTORY] = "UPDATE session SET history = ?2"
				" WHERE id = ?1",
	[SQL_SESSION_PROFILE] =
		"SELECT owner, memory, metadata, coalesce(ttl_seconds, 0),"
		" coalesce(retain_retired, -1) FROM session WHERE id = ?1",
	[SQL_SESSION_CONFIGURE] =
		"UPDATE session SET last_seq = ?2, edits = ?3,"
		" touched_at = ?4, owner = ?5, memory = ?6, metadata = ?7,"
		" ttl_seconds = nullif(?8, 0), retain_retired = nullif(?9, -1)"
		" WHERE id = ?1",
	[SQL_SESSION_TOUCH] = "UPDATE session SET touched_at = ?2"
			      " WHERE id = ?1",
	[SQL_SESSION_EDIT] =
		"UPDATE session SET history = ?2, last_seq = ?3, edits = ?4,"
		" removed = ?5, inherited = ?6, purged = max(purged, ?7),"
		" touched_at = ?8 WHERE id = ?1",
	[SQL_SESSION_UPDATED] = "SELECT created_at FROM message"
				" WHERE history = ?1"
				" ORDER BY seq DESC LIMIT 1",
	/* The unary plus leaves the index to the greater bound. */
	[SQL_SESSIONS_BY_NAME] =
		"SELECT " LIST_COLUMNS " FROM session WHERE tenant = ?1"
		" AND name >= max(?2, ?3) AND +name > ?3 ORDER BY name",
	[SQL_SESSIONS_BY_TOUCH] =
		"SELECT " LIST_COLUMNS " FROM session WHERE tenant = ?1"
		" AND (touched_at, id) < (?2, ?3)"
		" ORDER BY touched_at DESC, id DESC",
	[SQL_SESSIONS_BY_OWNER] =
		"SELECT " LIST_COLUMNS " FROM session WHERE tenant = ?1"
		" AND (touched_at, id) < (?2, ?3) AND owner = ?4"
		" ORDER BY touched_at DESC, id DESC",
	[SQL_SESSIONS_BY_TAG] =
		"SELECT " LIST_COLUMNS " FROM tag CROSS JOIN session"
		" ON id = tag.session WHERE tag.tenant = ?1 AND key = ?4"
		" AND value = ?5 AND (born_at, tag.session) < (?2, ?3)"
		" ORDER BY born_at DESC, tag.session DESC",
	[SQL_OWNER_COUNT] =
		"SELECT count(*), coalesce(sum(max(last_seq, " LAST_SEQ
		") - removed), 0) FROM session WHERE tenant = ?1 AND owner = ?2"
		" AND NOT " DISOWNED " AND (ttl_seconds IS NULL OR"
		" max(touched_at, " APPENDED_AT ") + ttl_seconds * 1000 > ?3)",
	[SQL_OWNER_ERASE] =
		"INSERT INTO disowned (tenant, owner, upto, sessions, messages,"
		" erased_at) SELECT ?1, ?2, coalesce(max(id), 0), ?3, ?4, ?5"
		" FROM session",
	[SQL_OWNER_CHORE] = "INSERT INTO chore (session, due_at)"
			    " VALUES (-?1, 0)",
	[SQL_OWNER_FIND] = "SELECT sessions, messages, erased_at FROM disowned"
			   " WHERE tenant = ?1 AND owner = ?2"
			   " ORDER BY upto DESC, id DESC LIMIT 1",
	[SQL_OWNER_CLASH] = "SELECT 1 FROM session CROSS JOIN disowned"
			    " ON disowned.tenant = session.tenant"
			    " AND disowned.owner = ?2 AND upto >= session.id"
			    " WHERE session.id = ?1 LIMIT 1",
	[SQL_OWNER_SESSION] =
		"SELECT session.tenant, name FROM disowned CROSS JOIN session"
		" ON session.tenant = disowned.tenant"
		" AND session.owner = disowned.owner"
		" AND session.id <= upto WHERE disowned.id ="
		" (SELECT -session FROM chore WHERE id = ?1) LIMIT 1",
	[SQL_OWNER_DONE] = "DELETE FROM disowned WHERE id ="
			   " (SELECT -session FROM chore WHERE id = ?1)",
	[SQL_SESSION_EXPIRED] =
		"SELECT tenant, name FROM session WHERE ttl_seconds IS NOT NULL"
		" AND " EXPIRES_AT " <= ?1 ORDER BY " EXPIRES_AT " LIMIT 1",

	[SQL_TAG_CREATE] =
		"INSERT INTO tag (session, key, value, tenant, born_at)"
		" SELECT id, ?2, ?3, tenant, created_at FROM session"
		" WHERE id = ?1",
	[SQL_TAGS_COPY] =
		"INSERT INTO tag (session, key, value, tenant, born_at)"
		" SELECT ?2, key, value, tenant, ?3 FROM tag"
		" WHERE session = ?1",
	[SQL_TAGS_ERASE] = "DELETE FROM tag WHERE session = ?1",

	[SQL_SESSION_ERASE] = "DELETE FROM session WHERE id = ?1",
	[SQL_SESSION_PURGED] = "UPDATE session SET purged = ?2 WHERE id = ?1"
			       " RETURNING tenant, name",

	[SQL_HISTORY_CREATE] =
		"INSERT INTO history (session, from_version, mark, base,"
		" base_upto, base_version) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_HISTORY_END] = "UPDATE history SET until_version = ?2,"
			    " ended_at = ?3 WHERE id = ?1",
	[SQL_HISTORY_FROM] = "SELECT from_version FROM history WHERE id = ?1",
	[SQL_HISTORY_AT] = "SELECT id, coalesce(base_upto, 0) FROM history"
			   " WHERE session = ?1 AND from_version <= ?2"
			   " ORDER BY from_version DESC LIMIT 1",
	[SQL_HISTORY_BELOW] =
		"SELECT below.id, above.base_version,"
		" coalesce(below.base_upto, 0), above.base_upto, below.mark,"
		" below.session FROM history AS above"
		" JOIN history AS below ON below.id = above.base"
		" WHERE above.id = ?1",
	[SQL_HISTORY_SEEN] = "SELECT 1 FROM history WHERE base = ?1"
			     " AND base_upto >= ?2 AND (base_version = ?3"
			     " OR ?3 = 0) LIMIT 1",
	[SQL_HISTORY_DELETE] =
		"DELETE FROM history WHERE id = ?1"
		" AND NOT EXISTS (SELECT 1 FROM message WHERE history = ?1)"
		" AND NOT EXISTS (SELECT 1 FROM retired WHERE history = ?1)",
	[SQL_HISTORY_REBASE] = "UPDATE history SET base = ?2, base_upto = ?3,"
			       " base_version = ?4 WHERE id = ?1",

	[SQL_MESSAGE_APPEND] =
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, type_sent, client_id, client_created_at, body)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_MESSAGES_UP] = COLUMNS_OF("message") IN_RANGE "ORDER BY seq",
	[SQL_MESSAGES_DOWN] =
		COLUMNS_OF("message") IN_RANGE "ORDER BY seq DESC",
	[SQL_MESSAGE_BY_ID] = COLUMNS_OF("message") BY_ID,
	[SQL_MESSAGE_BY_SEQ] = COLUMNS_OF("message") BY_SEQ,
	[SQL_MESSAGES_COUNT] = "SELECT count(*) FROM message"
			       " WHERE history = ?1 " IN_RANGE,
	[SQL_PAST_UP] = PAST(IN_RANGE) "ORDER BY seq",
	[SQL_PAST_DOWN] = PAST(IN_RANGE) "ORDER BY seq DESC",
	[SQL_PAST_BY_ID] = PAST(BY_ID),
	[SQL_PAST_BY_SEQ] = PAST(BY_SEQ),
	[SQL_PAST_COUNT] =
		"SELECT (SELECT count(*) FROM message WHERE history = ?1 " LIVE_THEN
			IN_RANGE ") + (SELECT count(*) FROM retired"
		" WHERE history = ?1 " RETIRED_THEN IN_RANGE ")",

	[SQL_CHANGE_HISTORY] =
		"SELECT id, until_version, mark, iif(base IS NULL,"
		" (SELECT min(seq) FROM message WHERE history = above.id), 1),"
		" coalesce((SELECT max(seq) FROM message"
		" WHERE history = above.id), base_upto)"
		" FROM history AS above WHERE session = ?1"
		" AND from_version <= ?2 ORDER BY from_version DESC LIMIT 1",
	[SQL_CHANGES_NEW] = COLUMNS_OF("message") "AND born > ?2 AND seq > ?3"
						  " AND updated_at IS NULL"
						  " ORDER BY seq",
	[SQL_CHANGES_EDITED] =
		COLUMNS_OF("message") "AND born > ?2"
				      " AND updated_at IS NOT NULL"
				      " ORDER BY born",
	[SQL_CHANGES_RETIRED] =
		COLUMNS_OF("retired") "AND born > ?2 ORDER BY born",
	/* An edit left another row of its version, a removal did not. */
	[SQL_CHANGE_REMOVED] =
		"SELECT retired, seq, (SELECT max(seq) FROM retired AS same"
		" WHERE history = ?1 AND same.retired = old.retired)"
		" FROM retired AS old WHERE history = ?1 AND retired > ?2"
		" AND NOT EXISTS (SELECT 1 FROM message AS new WHERE"
		" history = ?1 AND new.seq = old.seq AND born = old.retired)"
		" AND NOT EXISTS (SELECT 1 FROM retired AS new WHERE"
		" history = ?1 AND new.seq = old.seq AND born = old.retired)"
		" ORDER BY retired, seq LIMIT 1",

	/* The new row takes the place of the old one, with a new id. */
	[SQL_MESSAGE_REPLACE] =
		"INSERT OR REPLACE INTO message (history, seq, born, form,"
		" type, created_at, updated_at, type_sent, client_id,"
		" client_created_at, body)"
		" SELECT history, seq, ?3, ?4, ?5, created_at, ?6, ?7,"
		" client_id, ?8, ?9 FROM message"
		" WHERE history = ?1 AND seq = ?2",
	[SQL_MESSAGES_RETIRE] =
		"INSERT INTO retired (retired, retired_at, " ALL_COLUMNS ")"
		" SELECT ?4, ?5, " ALL_COLUMNS " FROM message"
		" WHERE history = ?1 AND seq BETWEEN ?2 AND ?3"
		" AND (?6 OR " SEEN_BY_A_FORK("message", "") ")",
	[SQL_MESSAGES_REMOVE] = "DELETE FROM message WHERE history = ?1"
				" AND seq BETWEEN ?2 AND ?3",
	[SQL_MESSAGES_COPY] =
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, updated_at, type_sent, client_id,"
		" client_created_at, body)"
		" SELECT ?7, seq, ?8, form, type, created_at, updated_at,"
		" type_sent, coalesce(client_id, ?9 || '-' || seq),"
		" client_created_at, body FROM (" PAST(
			PAGE) "ORDER BY seq LIMIT ?6)",

	/* An erased session's may still be there, to be removed. */
	[SQL_REPLY_BY_KEY] =
		"SELECT " REPLY_COLUMNS " FROM reply WHERE tenant = ?1"
		" AND key = ?2 AND kept_at > ?3 AND (session = 0 OR EXISTS"
		" (SELECT 1 FROM session WHERE session.id = reply.session))",
	[SQL_REPLY_NEWEST] = "SELECT " REPLY_COLUMNS " FROM reply"
			     " WHERE session = ?1 AND key IS NULL"
			     " AND kept_at > ?2",
	[SQL_REPLY_KEEP] =
		"INSERT OR REPLACE INTO reply (tenant, session, key, digest,"
		" kept_at, status, etag, location, body)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_REPLIES_ERASE] =
		"DELETE FROM reply WHERE id IN (SELECT id FROM reply"
		" WHERE session = ?1 AND NOT EXISTS (SELECT 1 FROM session"
		" WHERE id = ?1) LIMIT ?2)",
	[SQL_REPLY_PURGE] = "DELETE FROM reply WHERE kept_at <= ?1 AND id IN"
			    " (SELECT id FROM reply ORDER BY id LIMIT ?2)",
	[SQL_CHORE_ADD] =
		"INSERT INTO chore (session, due_at) VALUES (?1, ?2)"
		" ON CONFLICT (session) DO UPDATE"
		" SET due_at = min(due_at, ?2), again = max(again, ?3)"
		" WHERE ?3 OR ?2 < due_at",
	[SQL_CHORE_ERASE] =
		"INSERT INTO chore (session, due_at, tenant, name, deleted,"
		" erased_at) SELECT id, 0, tenant, name, ?2, ?3 FROM session"
		" WHERE id = ?1 ON CONFLICT (session) DO UPDATE SET due_at = 0,"
		" tenant = excluded.tenant, name = excluded.name,"
		" deleted = ?2, erased_at = ?3, top = NULL",
	[SQL_CHORE_BY_NAME] = "SELECT deleted, erased_at FROM chore"
			      " WHERE tenant = ?1 AND name = ?2"
			      " ORDER BY id DESC LIMIT 1",
	[SQL_CHORE_ERASURES] =
		"SELECT (SELECT min(id) FROM chore WHERE due_at = 0),"
		" (SELECT max(id) FROM chore WHERE due_at = 0)",
	[SQL_CHORE_DUE] =
		"SELECT min(coalesce((SELECT min(due_at) FROM chore), " NEVER
		"), coalesce((SELECT " EXPIRES_AT " FROM session"
		" WHERE ttl_seconds IS NOT NULL ORDER BY " EXPIRES_AT
		" LIMIT 1), " NEVER "))",
	[SQL_CHORE_FIRST] =
		"SELECT id, session, again, coalesce(top, " NEVER "),"
		" coalesce(history, 0), phase, at, at_id FROM chore"
		" WHERE due_at <= ?1 ORDER BY due_at, id LIMIT 1",
	[SQL_CHORE_SAVE] =
		"UPDATE chore SET again = ?2, top = ?3, history = ?4,"
		" phase = ?5, at = ?6, at_id = ?7 WHERE id = ?1",
	[SQL_CHORE_NEXT_HISTORY] =
		"SELECT id, from_version FROM history WHERE session = ?1"
		" AND from_version < ?2 ORDER BY from_version DESC LIMIT 1",
	[SQL_CHORE_REMAINS] =
		"SELECT session.id, purged, coalesce(retain_retired, 2592000),"
		" until_version, ended_at, base, base_upto, base_version"
		" FROM history LEFT JOIN session ON session.id ="
		" history.session WHERE history.id = ?1",
	[SQL_CHORE_LIVE_ROWS] =
		"SELECT seq, 0, 0 FROM message WHERE history = ?1"
		" AND seq > ?3 ORDER BY seq LIMIT ?2",
	[SQL_CHORE_RETIRED_ROWS] =
		"SELECT retired_at, id, retired FROM retired"
		" WHERE history = ?1 AND (retired_at, id) > (?3, ?4)"
		" AND retired_at <= ?5 ORDER BY retired_at, id LIMIT ?2",
	[SQL_CHORE_DELETE_LIVE] =
		"DELETE FROM message WHERE history = ?1 AND seq > ?2"
		" AND seq <= ?4 AND NOT " SEEN_BY_A_FORK("message", ""),
	[SQL_CHORE_DELETE_RETIRED] =
		"DELETE FROM retired WHERE history = ?1"
		" AND (retired_at, id) > (?2, ?3)"
		" AND (retired_at, id) <= (?4, ?5) AND NOT " SEEN_BY_A_FORK(
			"retired", " AND fork.base_version < retired.retired"),
	/* When the oldest that is kept was retired or ended. */
	[SQL_CHORE_OLDEST] =
		"SELECT keep, min(coalesce((SELECT retired_at FROM retired"
		" WHERE retired.history = history.id AND retired_at >"
		" ?2 - keep ORDER BY retired_at LIMIT 1), " NEVER ")),"
		" min(CASE WHEN ended_at > ?2 - keep THEN ended_at"
		" ELSE " NEVER " END) FROM (SELECT id AS alive,"
		" coalesce(retain_retired, 2592000) * 1000 AS keep"
		" FROM session WHERE id = ?1)"
		" JOIN history ON history.session = alive GROUP BY alive",
	[SQL_CHORE_LATER] = "UPDATE chore SET due_at = ?2, top = NULL,"
			    " history = NULL WHERE id = ?1",
	[SQL_CHORE_DONE] = "DELETE FROM chore WHERE id = ?1",
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
	PRAGMA("cache_size", "-12288", "-12288", STORE_IS_READER),
	PRAGMA("query_only", "ON", "1", STORE_IS_READER),
	{ NULL, NULL, NULL, 0 },
};
