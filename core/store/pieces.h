/* SPDX-License-Identifier: MIT */
/*
 * pieces.h - columns and conditions that SQL statements share.
 */
#ifndef CORE_STORE_PIECES_H
#define CORE_STORE_PIECES_H

/*
 * A session's row lags behind its messages: the last seq and the last write are
 * the greater of both.  A seq beyond all counts is a damaged message's.
 */
#define LAST_SEQ                                                       \
	"coalesce((SELECT max(seq) FROM message WHERE message.history" \
	" = session.history AND seq <= 2305843009213693951), 0)"
/* Of an owner's erasure; a row that has no sum is believed. */
#define ERASURE_SUM(of) \
	"sealed(0, " of "id, " of "tenant, " of "owner, " of "erased_at)"
#define ERASURE_IS_SOUND \
	"coalesce(erasure.seal = " ERASURE_SUM("erasure.") ", true)"
/* Is its owner being erased, since it was given to it? */
#define DISOWNED                                                           \
	"(owner IS NOT NULL AND EXISTS (SELECT 1 FROM owner_erasure AS"    \
	" erasure WHERE erasure.tenant = session.tenant AND erasure.owner" \
	" = session.owner AND erasure.id > session.generation"             \
	" AND " ERASURE_IS_SOUND "))"
/* The owner's last erasure: a session that is given to it now is younger. */
#define GENERATION(tenant, owner)                                      \
	"coalesce((SELECT max(erasure.id) FROM owner_erasure AS"       \
	" erasure WHERE erasure.tenant = " tenant " AND erasure.owner" \
	" = " owner "), 0)"
/* A session keeps what was retired for so many seconds: 30 days by default. */
#define STORE_RETAIN	2592000
#define AS_TEXT(number) #number
#define AS_SQL(number)	AS_TEXT(number)
#define RETAINED_FOR	"coalesce(retain_retired, " AS_SQL(STORE_RETAIN) ")"
/*
 * Is a row what was stored, by the sum of its columns?  The sums of the engine
 * SQLite, whose function sealed() adds values to one, or takes them away again.
 */
enum sound { SOUND_NOT, SOUND, SOUND_UNKNOWN };
#define SOUNDNESS(checksum, sealed) "coalesce(" checksum " = " sealed ", 2)"
#define SESSION_SEALED(sum, of)                                               \
	"sealed(" sum ", " of "id, " of "tenant, " of "name, " of "mark, " of \
	"history, " of "last_seq, " of "edits, " of "removed, " of            \
	"inherited, " of "purged, " of "created_at, " of "touched_at, " of    \
	"ttl_seconds, " of "retain_retired, " of "owner, " of                 \
	"generation, " of "epoch)"
/* A fork takes it over of its parent, with the sum. */
#define PROFILE_SEALED(sum, of)                                          \
	"sealed(" sum ", " of "owner, " of "memory, " of "metadata, " of \
	"ttl_seconds, " of "retain_retired)"
#define HISTORY_SEALED(sum, of)                                                \
	"sealed(" sum ", " of "id, " of "session, " of "from_version, " of     \
	"until_version, " of "ended_at, " of "base, " of "base_upto, " of      \
	"base_version, " of "base_after, " of "cut_first, " of "cut_last, " of \
	"mark, " of "tenant)"
#define EPOCH_SUM	  "sealed(0, id, mark)"
#define SESSION_SUM	  SESSION_SEALED("0", "session.")
#define PROFILE_SUM	  PROFILE_SEALED("0", "session.")
#define HISTORY_SUM	  HISTORY_SEALED("0", "history.")
#define SESSION_SOUNDNESS SOUNDNESS("session.checksum", SESSION_SUM)
#define PROFILE_SOUNDNESS SOUNDNESS("profile_checksum", PROFILE_SUM)
/* Of a history, by the name that it has in the statement. */
#define HISTORY_SOUNDNESS(of) SOUNDNESS(of ".seal", HISTORY_SEALED("0", of "."))
#define ABOVE_SOUNDNESS	      HISTORY_SOUNDNESS("above")
#define BELOW_SOUNDNESS	      HISTORY_SOUNDNESS("below")
#define FORK_SOUNDNESS	      HISTORY_SOUNDNESS("fork")
#define SHOWN_SOUNDNESS	      HISTORY_SOUNDNESS("shown")
/* The columns that begin every statement which finds sessions. */
enum session_column {
	SESSION_ID,
	SESSION_HISTORY,
	SESSION_LAST_SEQ,
	SESSION_EDITS,
	SESSION_REMOVED,
	SESSION_CREATED_AT,
	SESSION_TOUCHED_AT,
	SESSION_MARK,
	SESSION_INHERITED,
	SESSION_PURGED,
	SESSION_RETAIN,
	SESSION_TTL,
	SESSION_APPENDED_AT,
	SESSION_DISOWNED,
	SESSION_EPOCH,
	SESSION_SOUND, /* enum sound */
	SESSION_REST   /* the first of what else it selects */
};
#define SESSION_COLUMNS SESSION_COLUMNS_WITH(APPENDED_IF_IT_EXPIRES)
#define SESSION_COLUMNS_WITH(appended_at)                           \
	"id, history, max(last_seq, " LAST_SEQ "), edits, removed," \
	" created_at, touched_at, mark, inherited, purged,"         \
	" coalesce(retain_retired, -1), coalesce(ttl_seconds, 0),"  \
	" " appended_at ", " DISOWNED ", epoch, " SESSION_SOUNDNESS
/*
 * After the columns, and then its place: those of ?1, their tenants, and ?2,
 * their names.
 */
#define SESSIONS_NAMED                                                    \
	", place FROM (SELECT tenants.key AS place, tenants.value AS"     \
	" whose, names.value AS named FROM json_each(?1) AS tenants JOIN" \
	" json_each(?2) AS names ON names.key = tenants.key) CROSS JOIN"  \
	" session WHERE tenant = whose AND name = named ORDER BY place"
#define APPENDED_IF_IT_EXPIRES \
	"CASE WHEN ttl_seconds IS NULL THEN 0 ELSE " APPENDED_AT " END"
#define APPENDED_AT                                                      \
	"coalesce((SELECT created_at FROM message WHERE message.history" \
	" = session.history ORDER BY seq DESC LIMIT 1), 0)"
/* Is its owner not being erased, and has it not expired by now? */
#define SESSION_LIVES(now)                                  \
	"NOT " DISOWNED " AND (ttl_seconds IS NULL OR " now \
	" - ttl_seconds * 1000 < touched_at OR " now        \
	" - ttl_seconds * 1000 < " APPENDED_AT ")"
/* Texts that a client sets of a session, which may be long. */
enum texts_column { TEXTS_MEMORY, TEXTS_METADATA, TEXTS_SOUND, TEXTS_REST };
#define TEXTS_COLUMNS "memory, metadata, " PROFILE_SOUNDNESS
#define PROFILE_COLUMNS                    \
	"owner, coalesce(ttl_seconds, 0)," \
	" coalesce(retain_retired, -1), " TEXTS_COLUMNS
#define LIST_COLUMNS                                         \
	SESSION_COLUMNS ", name, owner, " TEXTS_COLUMNS ", " \
			"max(touched_at, " APPENDED_AT ")"
/* And those of messages. */
enum message_column {
	MESSAGE_SEQ,
	MESSAGE_FORM,
	MESSAGE_TYPE,
	MESSAGE_CREATED_AT,
	MESSAGE_UPDATED_AT,
	MESSAGE_TYPE_SENT,
	MESSAGE_ID,
	MESSAGE_CLIENT_CREATED_AT,
	MESSAGE_BODY,
	MESSAGE_BORN,
	MESSAGE_CHECKSUM,
	MESSAGE_ANSWER,
	MESSAGE_REST
};
#define MESSAGE_COLUMNS MESSAGE_COLUMNS_WITH("checksum")
#define MESSAGE_COLUMNS_WITH(checksum)                        \
	"seq, form, type, created_at, updated_at, type_sent," \
	" client_id, client_created_at, body, born, " checksum ", answer"
/*
 * The seal of a retired row is its checksum with what only such a row has, and
 * gives it back as long as that is what it was.
 */
#define RETIRED_SEAL(checksum, retired, retired_at, archived) \
	"sealed(" checksum ", " retired ", " retired_at ", " archived ")"
#define RETIRED_CHECKSUM \
	RETIRED_SEAL("seal", "retired", "retired_at", "archived")
#define RETIRED_IS_SOUND "coalesce(" RETIRED_CHECKSUM " = checksum, true)"
#define RETIRED_COLUMNS       \
	MESSAGE_COLUMNS_WITH( \
		"coalesce(" RETIRED_CHECKSUM ", checksum) AS checksum")
/*
 * The engine SQLite has a function for the sum of a row, or without a history
 * of its contents alone.
 */
#define CONTENTS "form, type, type_sent, client_created_at, body"
#define ROW_SUM(history, born, created_at, updated_at, id, contents)      \
	"row_sum(" history ", seq, " born ", " created_at ", " updated_at \
	", answer, " id ", " contents ")"
#define ROW_SUM_AS_IT_IS(history)                                         \
	ROW_SUM(history, "born", "created_at", "updated_at", "client_id", \
		CONTENTS)
#define COLUMNS_OF(name) \
	"SELECT " MESSAGE_COLUMNS " FROM " name " WHERE history = ?1 "
#define COLUMNS_OF_RETIRED \
	"SELECT " RETIRED_COLUMNS " FROM retired WHERE history = ?1 "
/*
 * Rows of the history ?1 with seqs after ?2 and before ?3, as they are, or as
 * they were at version ?4: of the live rows, and of the retired ones.  A
 * damaged one may be of any version: it is read, to be told of, and not copied.
 */
#define LIVE_THEN    "AND born <= ?4 "
#define RETIRED_THEN "AND born <= ?4 AND retired > ?4 "
#define RETIRED_THEN_OR_DAMAGED \
	"AND born <= ?4 AND (retired > ?4 OR NOT " RETIRED_IS_SOUND ") "
#define IN_RANGE "AND seq > ?2 AND seq < ?3 "
#define AS_OF_ROWS(then, where) \
	COLUMNS_OF("message")   \
	LIVE_THEN where "UNION ALL " COLUMNS_OF_RETIRED then where
#define AS_OF(where)	     AS_OF_ROWS(RETIRED_THEN_OR_DAMAGED, where)
#define AS_OF_TO_COPY(where) AS_OF_ROWS(RETIRED_THEN, where)
#define ALL_COLUMNS                                                   \
	"id, history, seq, born, form, type, created_at, updated_at," \
	" type_sent, client_id, client_created_at, body, checksum,"   \
	" answer"
/* Does a history begin with this row of the history ?1? */
#define SEEN_BY_A_FORK(row, and)                                     \
	"EXISTS (SELECT 1 FROM history AS fork WHERE fork.base = ?1" \
	" AND fork.base_upto >= " row ".seq"                         \
	" AND fork.base_after < " row ".seq"                         \
	" AND fork.base_version >= " row ".born" and                 \
		")"
/* As its row says, which may be late, but not by more than a minute. */
#define EXPIRES_AT "touched_at + ttl_seconds * 1000"
#define NEVER	   "9223372036854775807"
#define STATES	   "FROM memory_state WHERE session = ?1 "
#define ITEMS	   "FROM memory_item WHERE session = ?1 "
#define OF_KEY	   "AND class = ?2 AND key = ?3 "
#define IDEMPOTENCY_COLUMNS                                       \
	"session, digest, status, etag, location, body, kept_at," \
	" coalesce(checksum, 0)"

#define SEARCHED(row, columns, retired)                                  \
	"SELECT " columns ", " retired ","                               \
	" (SELECT mark FROM history WHERE history.id = " row ".history)" \
	" FROM " row " WHERE history = ?1 AND seq = ?2 AND born = ?3"
#define ROWS_TO_DELETE_LIVE                                                \
	"history = ?1 AND seq > ?2 AND seq <= ?3 AND NOT " SEEN_BY_A_FORK( \
		"message", "")
#define ROWS_TO_DELETE_RETIRED                                      \
	"history = ?1 AND (retired_at, id) > (?2, ?4)"              \
	" AND (retired_at, id) <= (?3, ?5) AND (archived = 0 AND"   \
	" " RETIRED_IS_SOUND " OR ?6 = 1) AND NOT " SEEN_BY_A_FORK( \
		"retired", " AND fork.base_version < retired.retired")

#endif
