/* SPDX-License-Identifier: MIT */
/*
 * overrides.c - the statements that PostgreSQL spells in another way, or does
 * in another way because several processes write; NULL: the common one.
 */
#include "core/store/postgresql/postgresql.h"

#include "core/store/pieces.h"

/* The last seq and the time of the newest message are exact in the row. */
#define ROW_COLUMNS ROW_COLUMNS_WITH(DISOWNED)
#define ROW_COLUMNS_WITH(disowned) \
	ROW_BEGIN(disowned)        \
	", " ROW_IS("session.checksum", "session_sum(session.*)")
#define ROW_BEGIN(disowned)                                              \
	"id, history, last_seq, edits, removed, created_at, touched_at," \
	" mark, inherited, purged, coalesce(retain_retired, -1),"        \
	" coalesce(ttl_seconds, 0), appended_at, " disowned ", epoch"
/* The sum, and what it is of besides: seal.c compares it. */
#define ROW_SEALED(disowned, more)                      \
	ROW_BEGIN(disowned)                             \
	", session.checksum" more ", owner, generation" \
	", tenant, name"
/* A row by its sum, as enum sound says it. */
#define ROW_IS(checksum, sum) "coalesce((" checksum " = " sum ")::int, 2)"
#define ROW_OF_HISTORY_IS(of) ROW_IS(of ".seal", "history_sum(" of ".*)")
#define ROW_ABOVE_IS	      ROW_OF_HISTORY_IS("above")
#define ROW_BELOW_IS	      ROW_OF_HISTORY_IS("below")
#define ROW_FORK_IS	      ROW_OF_HISTORY_IS("fork")
#define ROW_SHOWN_IS	      ROW_OF_HISTORY_IS("shown")
#define ROW_TEXTS           \
	"memory, metadata," \
	" " ROW_IS("profile_checksum", "profile_sum(session.*)")
#define ROW_PROFILE                        \
	"owner, coalesce(ttl_seconds, 0)," \
	" coalesce(retain_retired, -1), " ROW_TEXTS
#define ROW_LISTED                                  \
	ROW_COLUMNS ", name, owner, " ROW_TEXTS "," \
		    " greatest(touched_at, appended_at)"
#define ROW_IS_ALIVE(now)                                                   \
	"NOT " DISOWNED " AND (ttl_seconds IS NULL OR greatest(touched_at," \
	" appended_at) + ttl_seconds * 1000 > " now ")"
/*
 * By the database's clock, for what reads: the one that they reckon with from
 * what it said last is behind by a round trip.  A session that ended long
 * ago has ended by any clock.
 */
#define ROW_HAS_ENDED                                              \
	"(ttl_seconds IS NOT NULL AND (extract(epoch FROM"         \
	" clock_timestamp()) * 1000)::bigint - ttl_seconds * 1000" \
	" - greatest(touched_at, appended_at) BETWEEN 0 AND 3600000)"
#define ROW_OF_TYPE(types) "AND (" types "::bigint >> type) & 1 <> 0 "
#define ROW_OF_MESSAGE                                            \
	"history, seq, born, form, type, created_at, updated_at," \
	" type_sent, client_id, client_created_at, body, checksum, answer"

/*
 * Of the history ?1, between two seqs: as a range of the primary key, or the
 * planner may take all of a long history and sort it for the sake of some.
 */
#define ROW_OF_RANGE(history, after, before)                              \
	"SELECT " MESSAGE_COLUMNS " FROM message WHERE"                   \
	" (history, seq) > (" history ", " after ") AND (history, seq) <" \
	" (" history ", " before ") "
#define ROW_IN_ORDER ROW_OF_RANGE("?1", "?2", "?3")
#define ROW_UP	     "ORDER BY history, seq"
#define ROW_DOWN     "ORDER BY history DESC, seq DESC"

/* Some messages, by the ids of clients, which are bytes, or by seqs. */
#define ROW_ASKED(columns_of_row, asked)                            \
	columns_of_row "AND seq > ?2 AND seq < ?3 AND client_id IN" \
		       " (SELECT convert_to(value, 'UTF8') FROM"    \
		       " json_array_elements_text(" asked "::json)) "
#define ROW_ASKED_SEQ(columns_of_row, asked)                             \
	columns_of_row "AND seq > ?2 AND seq < ?3 AND client_id IS NULL" \
		       " AND seq IN (SELECT value::bigint FROM"          \
		       " json_array_elements_text(" asked "::json)) "

#define COUNT_OF_OWNER                                                  \
	"SELECT count(*), coalesce(sum(last_seq - removed), 0)::bigint" \
	" FROM session WHERE tenant = ?1 AND owner = ?2"                \
	" AND " ROW_IS_ALIVE("?3")

#define NAMED OF_NAMED("", "")
#define APPENDED                                                              \
	"(SELECT unnest(?1::bigint[]) AS whose, unnest(?2::bigint[]) AS seq," \
	" unnest(?3::bigint[]) AS at" IN_ALL("?1::bigint[]") ") AS appended"
#define BY_NAME " FROM session WHERE tenant = ?1 AND name = ?2"

const char *const postgresql_sql[SQL_COUNT] = {
	[SQL_SESSION_FIND] =
		"SELECT " ROW_SEALED(DISOWNED " OR " ROW_HAS_ENDED, "") BY_NAME,
	[SQL_SESSION_TAKE] = "SELECT " ROW_SEALED(DISOWNED, "") BY_NAME,
	[SQL_SESSION_SHUN] = "SELECT " ROW_SEALED(DISOWNED, "") BY_NAME,
	[SQL_SESSION_SETTLE] =
		"UPDATE session SET last_seq = greatest(last_seq, seq),"
		" appended_at = greatest(appended_at, at) FROM " APPENDED
		" WHERE id = whose"
		" AND (last_seq < seq OR appended_at < at)",
	[SQL_CHECK_SESSIONS] =
		"SELECT " ROW_COLUMNS ", name, tenant, " ROW_TEXTS
		" FROM session WHERE id > ?1 ORDER BY id LIMIT ?2",
	[SQL_EXPECT_SESSIONS] = "SELECT " ROW_SEALED(
		ROW_HAS_ENDED, ", place - 1") NAMED " ORDER BY place",
	/* Hardly ever is any owner being erased. */
	[SQL_EXPECT_DISOWNED] =
		"SELECT place - 1" NAMED
		" WHERE EXISTS (SELECT FROM owner_erasure) AND " DISOWNED,
	[SQL_CHECK_HISTORIES] =
		"SELECT shown.id, " ROW_SHOWN_IS ", session.tenant,"
		" coalesce(name, '?') FROM history AS shown LEFT JOIN session"
		" ON session.id = shown.session"
		" WHERE shown.id > ?1 ORDER BY shown.id LIMIT ?2",
	[SQL_SESSION_PROFILE] =
		"SELECT " ROW_PROFILE " FROM session WHERE id = ?1",
	[SQL_EXPECT_PROFILE] = "SELECT " ROW_PROFILE BY_NAME,
	[SQL_EXPECT_MESSAGES] = ROW_OF_RANGE("(SELECT history" BY_NAME ")", "0",
		"9223372036854775807") ROW_DOWN,
	[SQL_EXPECT_IDS] =
		"SELECT client_id FROM session JOIN message"
		" ON message.history = session.history AND client_id IN"
		" (SELECT convert_to(value, 'UTF8') FROM"
		" json_array_elements_text(?3::json))"
		" WHERE session.tenant = ?1 AND session.name = ?2",
	[SQL_SESSION_FORK] =
		"INSERT INTO session (tenant, name, mark, history, last_seq,"
		" edits, removed, inherited, purged, created_at, touched_at,"
		" ttl_seconds, retain_retired, owner, generation, memory,"
		" metadata, profile_checksum, epoch) SELECT ?2, ?3, ?4, 0, ?5,"
		" ?6, ?7, ?8,"
		" ?5::bigint + ?6::bigint, ?9, ?9, ttl_seconds,"
		" retain_retired, owner, generation, memory, metadata,"
		" profile_checksum, nullif(?10, 0)"
		" FROM session WHERE id = ?1",
	[SQL_SESSION_EDIT] =
		"UPDATE session SET history = ?2, last_seq = ?3, edits = ?4,"
		" removed = ?5, inherited = ?6, purged = greatest(purged, ?7),"
		" touched_at = ?8, epoch = CASE WHEN history = ?2 THEN epoch"
		" ELSE nullif(?9, 0) END WHERE id = ?1",
	[SQL_SESSIONS_BY_NAME] =
		"SELECT " ROW_LISTED " FROM session WHERE tenant = ?1"
		" AND name >= greatest(?2::text, ?3::text) COLLATE \"C\""
		" AND name > ?3::text ORDER BY name",
	[SQL_SESSIONS_NEXT_NAME] =
		"SELECT name, id, touched_at FROM session WHERE tenant = ?1"
		" AND name >= greatest(?2::text, ?3::text) COLLATE \"C\""
		" AND name > ?3::text ORDER BY name LIMIT 1",
	[SQL_SESSIONS_BY_TOUCH] =
		"SELECT " ROW_LISTED " FROM session WHERE tenant = ?1"
		" AND (touched_at, id) < (?2, ?3)"
		" ORDER BY touched_at DESC, id DESC",
	[SQL_SESSIONS_OLDEST_TOUCH] =
		"SELECT " ROW_LISTED " FROM session WHERE tenant = ?1"
		" AND (touched_at, id) > (?2, ?3)"
		" ORDER BY touched_at, id",
	[SQL_SESSIONS_BY_OWNER] =
		"SELECT " ROW_LISTED " FROM session WHERE tenant = ?1"
		" AND (touched_at, id) < (?2, ?3) AND owner = ?4"
		" ORDER BY touched_at DESC, id DESC",
	[SQL_SESSIONS_BY_TAG] =
		"SELECT " ROW_LISTED " FROM (SELECT session AS tagged,"
		" born_at FROM tag WHERE tenant = ?1 AND key = ?4"
		" AND value = ?5 AND (born_at, session) < (?2, ?3)) AS tags"
		" JOIN session ON id = tagged AND tenant = ?1"
		" ORDER BY born_at DESC, tagged DESC",
	[SQL_OWNER_COUNT] = COUNT_OF_OWNER,
	[SQL_OWNER_COUNT_ROWS] = COUNT_OF_OWNER,

	/* Nothing refers to a row's id, so the row itself may change. */
	[SQL_MESSAGE_REPLACE] =
		"UPDATE message SET born = ?3, form = ?4, type = ?5,"
		" updated_at = ?6, type_sent = ?7, client_created_at = ?8,"
		" body = ?9, checksum = ?10 WHERE history = ?1 AND seq = ?2",
	/* A trigger seals it. */
	[SQL_MESSAGES_RETIRE] =
		"INSERT INTO retired (retired, retired_at, archived,"
		" " ROW_OF_MESSAGE ") SELECT ?4, ?5, ?7, " ROW_OF_MESSAGE
		" FROM message"
		" WHERE history = ?1 AND seq BETWEEN ?2 AND ?3"
		" AND (?6::bigint = 1 OR " SEEN_BY_A_FORK("message", "") ")",
	[SQL_MESSAGES_COPY] =
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, updated_at, type_sent, client_id,"
		" client_created_at, body, checksum, answer) SELECT ?5, seq, ?6,"
		" form, type,"
		" created_at, updated_at, type_sent, coalesce(client_id,"
		" convert_to(?7::text || '-' || seq, 'UTF8')),"
		" client_created_at, body, checksum, answer FROM (" AS_OF_TO_COPY(
			IN_RANGE) ") AS page ORDER BY seq",
	[SQL_MESSAGES_UP] = ROW_IN_ORDER ROW_UP,
	[SQL_MESSAGES_DOWN] = ROW_IN_ORDER ROW_DOWN,
	[SQL_MESSAGES_UP_OF] = ROW_IN_ORDER ROW_OF_TYPE("?4") ROW_UP,
	[SQL_MESSAGES_DOWN_OF] = ROW_IN_ORDER ROW_OF_TYPE("?4") ROW_DOWN,
	[SQL_MESSAGES_BY_IDS] =
		ROW_ASKED(COLUMNS_OF("message"), "?4") "ORDER BY seq",
	[SQL_MESSAGES_BY_SEQS] =
		ROW_ASKED_SEQ(COLUMNS_OF("message"), "?4") "ORDER BY seq",
	[SQL_AS_OF_BY_IDS] = ROW_ASKED(COLUMNS_OF("message"), "?5") LIVE_THEN
	"UNION ALL " ROW_ASKED(COLUMNS_OF_RETIRED, "?5") RETIRED_THEN_OR_DAMAGED
	"ORDER BY seq",
	[SQL_AS_OF_BY_SEQS] = ROW_ASKED_SEQ(COLUMNS_OF("message"), "?5")
		LIVE_THEN "UNION ALL " ROW_ASKED_SEQ(COLUMNS_OF_RETIRED, "?5")
			RETIRED_THEN_OR_DAMAGED "ORDER BY seq",
	[SQL_AS_OF_UP] = AS_OF(IN_RANGE ROW_OF_TYPE("?5")) "ORDER BY seq",
	[SQL_AS_OF_DOWN] =
		AS_OF(IN_RANGE ROW_OF_TYPE("?5")) "ORDER BY seq DESC",

	/* Every row had its checksum from the start. */
	[SQL_CHECKSUM_ROWS] = "SELECT " MESSAGE_COLUMNS ", seq, 0 FROM message"
			      " WHERE seq > ?1 AND false LIMIT ?2",
	[SQL_CHECKSUM_LIVE] = "UPDATE message SET checksum = ?2"
			      " WHERE seq = ?1 AND false",

	/* Servers of before read these, too. */
	[SQL_SEAL_NEXT_MESSAGES] = "SELECT 0 WHERE ?1::bigint = ?2::bigint",
	[SQL_SEAL_NEXT_RETIRED] = "SELECT 0 WHERE ?1::bigint = ?2::bigint",
	[SQL_SEAL_MESSAGES] = "UPDATE message SET checksum = checksum"
			      " WHERE seq > ?1 AND seq <= ?2 AND false",
	[SQL_SEAL_RETIRED] = "UPDATE retired SET checksum = checksum"
			     " WHERE seq > ?1 AND seq <= ?2 AND false",
	[SQL_SEAL_SESSIONS] =
		"UPDATE session SET checksum = session_sum(session),"
		" profile_checksum = profile_sum(session)"
		" WHERE id > ?1 AND id <= ?2 AND checksum IS NULL",
	[SQL_SEAL_HISTORIES] = "UPDATE history SET seal = history_sum(history)"
			       " WHERE id > ?1 AND id <= ?2 AND seal IS NULL",
	[SQL_HISTORY_BELOW] =
		"SELECT below.id, above.base_version,"
		" coalesce(below.base_upto, 0), above.base_upto, below.mark,"
		" below.session, above.base_after, " ROW_ABOVE_IS ","
		" " ROW_BELOW_IS " FROM history AS above"
		" JOIN history AS below ON below.id = above.base"
		" WHERE above.id = ?1",
	[SQL_HISTORY_AT] =
		"SELECT id, coalesce(base_upto, 0), mark, " ROW_SHOWN_IS
		" FROM history AS shown"
		" WHERE session = ?1 AND from_version <= ?2"
		" ORDER BY from_version DESC LIMIT 1",
	[SQL_ARCHIVED] = "SELECT " RETIRED_COLUMNS
			 ", retired, mark, sound, whose FROM (SELECT"
			 " id AS whose, mark, " ROW_SHOWN_IS " AS sound"
			 " FROM history AS shown WHERE session = ?1) AS kept"
			 " JOIN retired ON retired.history = whose"
			 " WHERE (archived = 1 OR NOT " RETIRED_IS_SOUND
			 ") " IN_RANGE "AND retired <= ?4 ORDER BY seq",
	/* No restore writes it here. */
	[SQL_EPOCHS] = "SELECT id, mark, 1 FROM epoch ORDER BY id",
	[SQL_GC_REMAINS] =
		"SELECT session.id, purged, " RETAINED_FOR ","
		" until_version, ended_at, base, base_upto, base_version,"
		" base_after, " ROW_SHOWN_IS " FROM history AS shown"
		" LEFT JOIN session ON session.id = shown.session"
		" WHERE shown.id = ?1",

	/* By their time: here ids do not follow it. */
	[SQL_IDEMPOTENCY_BY_KEY] =
		"SELECT " IDEMPOTENCY_COLUMNS " FROM idempotency_record"
		" AS record WHERE tenant = ?1 AND key = ?2 AND kept_at > ?3"
		" AND (session IS NULL OR EXISTS (SELECT 1 FROM session"
		" WHERE session.id = record.session AND " ROW_IS_ALIVE(
			"?4") "))",
	/* Another process's record of this key ends the batch, at the insert.
	 */
	[SQL_IDEMPOTENCY_THERE] =
		"SELECT coalesce((SELECT sum(count)::bigint FROM"
		" idempotency_count WHERE tenant = ?1), 0), coalesce((SELECT"
		" kept_at FROM idempotency_record WHERE tenant = ?1 AND"
		" key = ?2), 0), (SELECT count(*) FROM idempotency_record"
		" AS record WHERE tenant = ?1 AND key = ?2 AND kept_at > ?3"
		" AND (session IS NULL OR EXISTS (SELECT 1 FROM session"
		" WHERE session.id = record.session AND " ROW_IS_ALIVE(
			"?4") ")))",
	[SQL_IDEMPOTENCY_COUNT] =
		"INSERT INTO idempotency_count AS kept (tenant, count)"
		" VALUES (?1, ?2) ON CONFLICT (tenant, slice) DO UPDATE"
		" SET count = kept.count + ?2",
	[SQL_USAGE_RECOUNT] =
		"INSERT INTO tenant_usage (tenant, sessions, bytes)"
		" SELECT tenant, sum(is_session), sum(bytes) FROM (SELECT"
		" tenant, 1 AS is_session, 100 + octet_length(memory)"
		" + octet_length(metadata) AS bytes FROM session"
		" UNION ALL SELECT tenant, 0, 100 + octet_length(body) FROM"
		" message JOIN history ON history.id = message.history"
		" UNION ALL SELECT tenant, 0, 100 + octet_length(body) FROM"
		" retired JOIN history ON history.id = retired.history"
		" UNION ALL SELECT tenant, 0, 100 + octet_length(input)"
		" + octet_length(body) FROM response"
		") AS kept GROUP BY tenant",
	[SQL_USAGE_READ] = "SELECT coalesce(sum(sessions), 0)::bigint,"
			   " coalesce(sum(bytes), 0)::bigint FROM tenant_usage"
			   " WHERE tenant = ?1",
	[SQL_USAGE_ADD] = "INSERT INTO tenant_usage AS kept (tenant, sessions,"
			  " bytes) VALUES (?1, 0, ?2) ON CONFLICT (tenant,"
			  " slice) DO UPDATE SET bytes = kept.bytes + ?2",
	[SQL_USAGE_COPIED] =
		"SELECT count(*), coalesce(sum(octet_length(body)), 0)::bigint"
		" FROM message WHERE history = ?1 AND seq > ?2 AND seq <= ?3",
	[SQL_IDEMPOTENCY_OLDEST] =
		"(SELECT kept_at, true FROM idempotency_record"
		" WHERE kept_at > ?1 ORDER BY kept_at DESC LIMIT 1) UNION ALL"
		" (SELECT kept_at, false FROM idempotency_record"
		" ORDER BY kept_at LIMIT 1) LIMIT 1",
	[SQL_IDEMPOTENCY_OLDEST_NOW] =
		"UPDATE idempotency_record SET kept_at = ?1 WHERE id ="
		" (SELECT id FROM idempotency_record ORDER BY kept_at DESC"
		" LIMIT 1)",
	[SQL_IDEMPOTENCY_PURGE] =
		"DELETE FROM idempotency_record WHERE id IN (SELECT id FROM"
		" idempotency_record WHERE kept_at <= ?1 ORDER BY kept_at"
		" LIMIT ?2 FOR UPDATE SKIP LOCKED)"
		" RETURNING tenant, key IS NOT NULL",

	[SQL_MAINTENANCE_DUE] =
		"SELECT least((SELECT CASE WHEN EXISTS (SELECT 1 FROM"
		" maintenance WHERE stage < 4 AND due_at < " NEVER
		") THEN 0 ELSE (SELECT min(due_at)"
		" FROM maintenance WHERE stage = 4) END),"
		" (SELECT " EXPIRES_AT " FROM session WHERE ttl_seconds"
		" IS NOT NULL ORDER BY " EXPIRES_AT " LIMIT 1),"
		" (SELECT CASE WHEN max(kept_at) > ?2 THEN 0"
		" ELSE min(kept_at) + ?1 END FROM idempotency_record),"
		" (SELECT min(expires_at) FROM response), " NEVER ")",
	/* Whoever looks next takes another one. */
	[SQL_MAINTENANCE_FIRST] =
		"SELECT id, session, again, coalesce(top, " NEVER "), history,"
		" phase, at, at_id, stage FROM maintenance WHERE id = coalesce("
		"(SELECT id FROM maintenance WHERE stage < 4 AND due_at < " NEVER
		" ORDER BY stage, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED),"
		" (SELECT id FROM maintenance WHERE stage = 4 AND due_at <= ?1"
		" ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED))",
	[SQL_FEED_HISTORY] =
		"SELECT id, until_version, mark, coalesce(cut_first,"
		" CASE WHEN base IS NULL THEN (SELECT min(seq) FROM message"
		" WHERE history = above.id) ELSE base_after + 1 END),"
		" coalesce(cut_last, (SELECT max(seq) FROM message"
		" WHERE history = above.id), base_upto), " ROW_ABOVE_IS
		" FROM history AS above WHERE session = ?1"
		" AND from_version <= ?2 ORDER BY from_version DESC LIMIT 1",
	[SQL_SEARCH_SESSIONS] =
		"WITH RECURSIVE seen (history) AS (SELECT ?1::bigint"
		" WHERE ?4::bigint = 0"
		" UNION ALL SELECT id FROM history AS fork WHERE base = ?1"
		" AND base_upto >= ?2 AND base_after < ?2"
		" AND base_version >= ?3 AND (?4 = 0 OR base_version < ?4)"
		" AND " ROW_FORK_IS " <> 0"
		" UNION ALL SELECT fork.id FROM seen JOIN history AS fork"
		" ON fork.base = seen.history AND fork.base_after < ?2"
		" AND " ROW_FORK_IS " <> 0 WHERE seen.history <> ?1)"
		" SELECT " ROW_COLUMNS ", name FROM session WHERE id IN"
		" (SELECT shown.session FROM seen JOIN history AS shown"
		" ON shown.id = seen.history WHERE until_version IS NULL"
		" AND " ROW_SHOWN_IS " <> 0)"
		" AND tenant = ?5 AND (?6::bigint = 0 OR id = ?6)"
		" AND id > ?7 ORDER BY id",
};
