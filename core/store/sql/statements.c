/* SPDX-License-Identifier: MIT */
/*
 * statements.c - every SQL statement of the store, as data.
 */
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

const char *const store_sql[SQL_COUNT] = {
	[SQL_PROBE] = "INSERT OR REPLACE INTO probe (id, probed_at)"
		      " SELECT 1, ?1 WHERE NOT EXISTS (SELECT 1 FROM probe"
		      " WHERE probed_at > ?1 - ?2 AND probed_at <= ?1)",
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
	[SQL_SESSION_RESTORE] =
		"INSERT INTO session (tenant, name, mark, history, last_seq,"
		" edits, removed, inherited, purged, created_at, touched_at,"
		" owner, memory, metadata, ttl_seconds, retain_retired)"
		" VALUES (?1, ?2, ?3, 0, 0, ?4, 0, 0, ?4, ?5, ?6, ?7, ?8, ?9,"
		" nullif(?10, 0), nullif(?11, -1))",
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
	[SQL_OWNER_MAINTENANCE] = "INSERT INTO chore (session, due_at)"
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
	[SQL_OWNERS_DONE] = "DELETE FROM disowned WHERE id IN"
			    " (SELECT -session FROM chore WHERE due_at = 1)",
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
		" base_upto, base_version, base_after, tenant)"
		" SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, tenant FROM session"
		" WHERE id = ?1",
	[SQL_HISTORY_END] = "UPDATE history SET until_version = ?2,"
			    " ended_at = ?3, cut_first = nullif(?4, 0),"
			    " cut_last = nullif(?5, 0) WHERE id = ?1",
	[SQL_HISTORY_FROM] = "SELECT from_version FROM history WHERE id = ?1",
	[SQL_HISTORY_AT] = "SELECT id, coalesce(base_upto, 0) FROM history"
			   " WHERE session = ?1 AND from_version <= ?2"
			   " ORDER BY from_version DESC LIMIT 1",
	[SQL_HISTORY_BELOW] =
		"SELECT below.id, above.base_version,"
		" coalesce(below.base_upto, 0), above.base_upto, below.mark,"
		" below.session, above.base_after FROM history AS above"
		" JOIN history AS below ON below.id = above.base"
		" WHERE above.id = ?1",
	[SQL_HISTORY_SEEN] = "SELECT 1 FROM history WHERE base = ?1"
			     " AND base_upto >= ?2 AND (base_version = ?3"
			     " OR ?3 = 0) AND base_after <= ?4 LIMIT 1",
	[SQL_HISTORY_DELETE] =
		"DELETE FROM history WHERE id = ?1"
		" AND NOT EXISTS (SELECT 1 FROM message WHERE history = ?1)"
		" AND NOT EXISTS (SELECT 1 FROM retired WHERE history = ?1)",
	[SQL_HISTORY_REBASE] = "UPDATE history SET base = ?2, base_upto = ?3,"
			       " base_version = ?4, base_after = ?5"
			       " WHERE id = ?1",
	[SQL_HISTORY_NARROW] =
		"UPDATE history SET base_after = seen FROM (SELECT"
		" min(base_after) AS seen FROM history WHERE base = ?1)"
		" WHERE id = ?1 AND base IS NOT NULL AND base_after < seen",

	[SQL_MESSAGE_APPEND] =
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, type_sent, client_id, client_created_at, body)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_MESSAGE_RESTORE] =
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, type_sent, client_id, client_created_at, body,"
		" updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
		" nullif(?11, 0))",
	[SQL_MESSAGES_UP] = COLUMNS_OF("message") IN_RANGE "ORDER BY seq",
	[SQL_MESSAGES_DOWN] =
		COLUMNS_OF("message") IN_RANGE "ORDER BY seq DESC",
	[SQL_MESSAGE_BY_ID] = COLUMNS_OF("message") BY_ID,
	[SQL_MESSAGE_BY_SEQ] = COLUMNS_OF("message") BY_SEQ,
	[SQL_MESSAGES_COUNT] = "SELECT count(*) FROM message"
			       " WHERE history = ?1 " IN_RANGE,
	[SQL_MESSAGES_NTH] =
		"SELECT seq FROM message WHERE history = ?1 " IN_RANGE
		"ORDER BY seq DESC LIMIT 1 OFFSET ?5",
	[SQL_AS_OF_NTH] =
		"SELECT seq FROM message WHERE history = ?1 " LIVE_THEN IN_RANGE
		"UNION ALL SELECT seq FROM retired"
		" WHERE history = ?1 " RETIRED_THEN IN_RANGE
		"ORDER BY seq DESC LIMIT 1 OFFSET ?5",
	[SQL_AS_OF_UP] = AS_OF(IN_RANGE) "ORDER BY seq",
	[SQL_AS_OF_DOWN] = AS_OF(IN_RANGE) "ORDER BY seq DESC",
	[SQL_AS_OF_BY_ID] = AS_OF(BY_ID),
	[SQL_AS_OF_BY_SEQ] = AS_OF(BY_SEQ),
	[SQL_AS_OF_COUNT] =
		"SELECT (SELECT count(*) FROM message WHERE history = ?1 " LIVE_THEN
			IN_RANGE ") + (SELECT count(*) FROM retired"
		" WHERE history = ?1 " RETIRED_THEN IN_RANGE ")",

	[SQL_FEED_HISTORY] =
		"SELECT id, until_version, mark, coalesce(cut_first,"
		" iif(base IS NULL, (SELECT min(seq) FROM message"
		" WHERE history = above.id), base_after + 1)),"
		" coalesce(cut_last, (SELECT max(seq) FROM message"
		" WHERE history = above.id), base_upto)"
		" FROM history AS above WHERE session = ?1"
		" AND from_version <= ?2 ORDER BY from_version DESC LIMIT 1",
	[SQL_FEED_NEW] = COLUMNS_OF("message") "AND born > ?2 AND seq > ?3"
					       " AND updated_at IS NULL"
					       " ORDER BY seq",
	[SQL_FEED_EDITED] = COLUMNS_OF("message") "AND born > ?2"
						  " AND updated_at IS NOT NULL"
						  " ORDER BY born",
	[SQL_FEED_RETIRED] =
		COLUMNS_OF("retired") "AND born > ?2 ORDER BY born",
	[SQL_FEED_REMOVED] =
		"SELECT retired, seq, (SELECT max(seq) FROM retired AS same"
		" WHERE history = ?1 AND same.retired = old.retired)"
		" FROM retired AS old WHERE history = ?1 AND retired > ?2"
		" AND NOT EXISTS (SELECT 1 FROM message AS new WHERE"
		" history = ?1 AND new.seq = old.seq AND born = old.retired)"
		" AND NOT EXISTS (SELECT 1 FROM retired AS new WHERE"
		" history = ?1 AND new.seq = old.seq AND born = old.retired)"
		" ORDER BY retired, seq LIMIT 1",

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
		" client_created_at, body FROM (" AS_OF(
			PAGE) "ORDER BY seq LIMIT ?6)",

	[SQL_IDEMPOTENCY_BY_KEY] =
		"SELECT " IDEMPOTENCY_COLUMNS " FROM reply WHERE tenant = ?1"
		" AND key = ?2 AND kept_at > ?3 AND (session = 0 OR EXISTS"
		" (SELECT 1 FROM session WHERE session.id = reply.session"
		" AND NOT " DISOWNED " AND (ttl_seconds IS NULL OR"
		" max(touched_at, " APPENDED_AT
		") + ttl_seconds * 1000 > ?4)))",
	[SQL_IDEMPOTENCY_NEWEST] = "SELECT " IDEMPOTENCY_COLUMNS " FROM reply"
				   " WHERE session = ?1 AND key IS NULL"
				   " AND kept_at > ?2",
	[SQL_IDEMPOTENCY_KEEP] =
		"INSERT OR REPLACE INTO reply (tenant, session, key, digest,"
		" kept_at, status, etag, location, body)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[SQL_IDEMPOTENCY_FREE] =
		"DELETE FROM reply WHERE tenant = ?1 AND key = ?2",
	[SQL_IDEMPOTENCY_COUNT] =
		"INSERT INTO reply_count (tenant, count) VALUES (?1, ?2)"
		" ON CONFLICT (tenant) DO UPDATE SET count = count + ?2"
		" RETURNING count",
	[SQL_IDEMPOTENCY_ERASE] =
		"DELETE FROM reply WHERE id IN (SELECT id FROM reply"
		" WHERE session = ?1 AND NOT EXISTS (SELECT 1 FROM session"
		" WHERE id = ?1) LIMIT ?2) RETURNING tenant, key IS NOT NULL",
	[SQL_IDEMPOTENCY_OLDEST] =
		"SELECT kept_at FROM reply ORDER BY id LIMIT 1",
	[SQL_IDEMPOTENCY_RENEW] =
		"UPDATE reply SET kept_at = ?1, id = 1 + (SELECT max(id) FROM"
		" reply) WHERE id = (SELECT min(id) FROM reply)",
	[SQL_IDEMPOTENCY_PURGE] =
		"DELETE FROM reply WHERE kept_at <= ?1 AND id IN"
		" (SELECT id FROM reply ORDER BY id LIMIT ?2)"
		" RETURNING tenant, key IS NOT NULL",
	[SQL_MAINTENANCE_ADD] =
		"INSERT INTO chore (session, due_at) VALUES (?1, ?2)"
		" ON CONFLICT (session) DO UPDATE"
		" SET due_at = CASE due_at WHEN 1 THEN 0"
		" ELSE min(due_at, ?2) END, again = max(again, ?3)"
		" WHERE ?3 OR ?2 < due_at",
	[SQL_MAINTENANCE_ERASE] =
		"INSERT INTO chore (session, due_at, tenant, name, deleted,"
		" erased_at) SELECT id, 0, tenant, name, ?2, ?3 FROM session"
		" WHERE id = ?1 ON CONFLICT (session) DO UPDATE SET due_at = 0,"
		" tenant = excluded.tenant, name = excluded.name,"
		" deleted = ?2, erased_at = ?3, top = NULL",
	[SQL_ERASURE_BY_NAME] = "SELECT deleted, erased_at FROM chore"
				" WHERE tenant = ?1 AND name = ?2"
				" ORDER BY id DESC LIMIT 1",
	[SQL_ERASURES_OPEN] =
		"SELECT (SELECT min(id) FROM chore WHERE due_at IN (0, 1)),"
		" (SELECT max(id) FROM chore WHERE due_at IN (0, 1))",
	[SQL_MAINTENANCE_DUE] =
		"SELECT min(coalesce((SELECT min(due_at) FROM chore), " NEVER
		"), coalesce((SELECT " EXPIRES_AT " FROM session"
		" WHERE ttl_seconds IS NOT NULL ORDER BY " EXPIRES_AT
		" LIMIT 1), " NEVER "), coalesce((SELECT iif(kept_at > ?2, 0,"
		" kept_at + ?1) FROM reply ORDER BY id LIMIT 1), " NEVER "))",
	[SQL_MAINTENANCE_FIRST] =
		"SELECT id, session, again, coalesce(top, " NEVER "),"
		" coalesce(history, 0), phase, at, at_id, due_at FROM chore"
		" WHERE due_at <= ?1 ORDER BY due_at, id LIMIT 1",
	[SQL_MAINTENANCE_SAVE] =
		"UPDATE chore SET again = ?2, top = ?3, history = ?4,"
		" phase = ?5, at = ?6, at_id = ?7 WHERE id = ?1",
	[SQL_GC_NEXT_HISTORY] =
		"SELECT id, from_version FROM history WHERE session = ?1"
		" AND from_version < ?2 ORDER BY from_version DESC LIMIT 1",
	[SQL_GC_REMAINS] =
		"SELECT session.id, purged, coalesce(retain_retired, 2592000),"
		" until_version, ended_at, base, base_upto, base_version,"
		" base_after FROM history LEFT JOIN session ON session.id ="
		" history.session WHERE history.id = ?1",
	[SQL_GC_LIVE_ROWS] = "SELECT seq, 0, 0 FROM message WHERE history = ?1"
			     " AND seq > ?3 ORDER BY seq LIMIT ?2",
	[SQL_GC_RETIRED_ROWS] =
		"SELECT retired_at, id, retired FROM retired"
		" WHERE history = ?1 AND (retired_at, id) > (?3, ?4)"
		" AND retired_at <= ?5 ORDER BY retired_at, id LIMIT ?2",
	[SQL_GC_DELETE_LIVE] = "DELETE FROM message WHERE " ROWS_TO_DELETE_LIVE,
	[SQL_GC_DELETE_RETIRED] =
		"DELETE FROM retired WHERE " ROWS_TO_DELETE_RETIRED,
	[SQL_GC_OLDEST] =
		"SELECT keep, min(coalesce((SELECT retired_at FROM retired"
		" WHERE retired.history = history.id AND retired_at >"
		" ?2 - keep ORDER BY retired_at LIMIT 1), " NEVER ")),"
		" min(CASE WHEN ended_at > ?2 - keep THEN ended_at"
		" ELSE " NEVER " END) FROM (SELECT id AS alive,"
		" coalesce(retain_retired, 2592000) * 1000 AS keep"
		" FROM session WHERE id = ?1)"
		" JOIN history ON history.session = alive GROUP BY alive",
	[SQL_MAINTENANCE_LATER] = "UPDATE chore SET due_at = ?2, top = NULL,"
				  " history = NULL WHERE id = ?1",
	[SQL_MAINTENANCE_DONE] = "DELETE FROM chore WHERE id = ?1",
	[SQL_ERASURE_WORDS] = "UPDATE chore SET due_at = 1 WHERE id = ?1",
	[SQL_ERASURES_DONE] = "DELETE FROM chore WHERE due_at = 1",
	[SQL_SEARCH_MESSAGE] = SEARCHED("message", "0") " UNION ALL " SEARCHED(
		"retired", "retired"),
	[SQL_SEARCH_SESSIONS] =
		"WITH RECURSIVE seen (history) AS (SELECT ?1 WHERE ?4 = 0"
		" UNION ALL SELECT id FROM history WHERE base = ?1"
		" AND base_upto >= ?2 AND base_after < ?2"
		" AND base_version >= ?3 AND (?4 = 0 OR base_version < ?4)"
		" UNION ALL SELECT fork.id FROM seen JOIN history AS fork"
		" ON fork.base = seen.history AND fork.base_after < ?2"
		" WHERE seen.history <> ?1)"
		" SELECT " SESSION_COLUMNS ", name FROM session WHERE id IN"
		" (SELECT history.session FROM seen JOIN history"
		" ON history.id = seen.history WHERE until_version IS NULL)"
		" AND tenant = ?5 AND (?6 = 0 OR id = ?6) ORDER BY id",

	[SQL_STATE_FIND] =
		"SELECT seq, edits, state " STATES OF_KEY "AND item = 0",
	[SQL_STATE_ITEMS] = "SELECT item, state " STATES OF_KEY
			    "AND item > 0 ORDER BY item",
	[SQL_STATE_KEEP] =
		"INSERT OR REPLACE INTO memory_state (session, class, key,"
		" item, seq, edits, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_STATE_FORGET] =
		"DELETE " STATES
		"AND (class, key) IN (SELECT class, key " STATES
		"AND item = 0 AND seq >= ?2 AND length(state) > 0)",
	[SQL_ITEMS_FORGET] = "DELETE " STATES "AND item > 0 AND item >= ?2",
	[SQL_STATE_LOWER] =
		"UPDATE memory_state AS state SET seq = coalesce((SELECT"
		" max(item) FROM memory_state AS item WHERE session = ?1"
		" AND item.class = state.class AND item.key = state.key), 0)"
		" WHERE session = ?1 AND item = 0 AND seq >= ?2",
	[SQL_STATE_COPY] =
		"INSERT INTO memory_state (session, class, key, item, seq,"
		" edits, state) SELECT ?2, class, key, item, seq, ?4,"
		" state " STATES
		"AND (class, key) IN (SELECT class, key " STATES
		"AND item = 0 AND seq <= ?3)",
	[SQL_STATES_ERASE] =
		"DELETE FROM memory_state WHERE id IN (SELECT id " STATES
		"AND NOT EXISTS (SELECT 1 FROM session WHERE id = ?1) LIMIT ?2)",
};
