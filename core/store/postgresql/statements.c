/* SPDX-License-Identifier: MIT */
/*
 * statements.c - the SQL that only this engine has, as data.
 */
#include "core/store/pieces.h"
#include "core/store/postgresql/postgresql.h"

/* The row of what is due, live or retired; none if it is no more. */
#define DUE_ROW(row)                                                      \
	"SELECT " MESSAGE_COLUMNS " FROM " row " WHERE " row ".history"   \
	" = due.history AND " row ".seq = due.seq AND " row ".born = due" \
	".born"
/* Takes the words of these rows, and counts them off. */
#define FORGET(row, rows)                                                   \
	"WITH going AS (SELECT history, seq, born FROM " row " WHERE " rows \
	"), late AS (DELETE FROM word_due USING going WHERE word_due"       \
	".history = going.history AND word_due.seq = going.seq AND"         \
	" word_due.born = going.born), gone AS (DELETE FROM word USING"     \
	" going WHERE word.history = going.history AND word.seq ="          \
	" going.seq AND word.born = going.born RETURNING size)"             \
	" UPDATE word_total SET rows = rows - (SELECT count(*) FROM gone)," \
	" words = words - (SELECT coalesce(sum(size), 0) FROM gone)"        \
	" WHERE EXISTS (SELECT FROM gone)"

/* How many messages of each session are wanted. */
#define WITH_MOST OF_NAMED(", ?3::bigint[]", ", most")

#define NOW "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

const char *const postgresql_own[PG_OWN_COUNT] = {
	/* SQL_MESSAGE_APPEND for many rows: merge.c. */
	[PG_APPEND_ALL] =
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, type_sent, client_id, client_created_at, body,"
		" checksum, answer)"
		" SELECT unnest(?1::bigint[]), unnest(?2::bigint[]),"
		" unnest(?3::bigint[]), unnest(?4::bigint[]),"
		" unnest(?5::bigint[]), unnest(?6::bigint[]),"
		" unnest(?7::bytea[]), unnest(?8::bytea[]),"
		" unnest(?9::text[]), unnest(?10::text[]),"
		" unnest(?11::bigint[]), unnest(?12::bigint[])",
	/*
	 * The range is of the primary key, or the planner may take all of a
	 * long history and sort it for the sake of some.  Large bodies of many
	 * reads would take much memory at once: they are asked for alone.
	 * To order all rows again would cost a quarter of it.
	 */
	[PG_NEWEST] = "SELECT seq, form, type, newest.created_at, updated_at,"
		      " type_sent, client_id, client_created_at, CASE WHEN"
		      " octet_length(body) > 32768 THEN '' ELSE body END, born,"
		      " newest.checksum, answer, place - 1" WITH_MOST
		      " CROSS JOIN LATERAL (SELECT * FROM message WHERE"
		      " (message.history, seq) > (session.history, 0)"
		      " AND (message.history, seq) <"
		      " (session.history, 9223372036854775807)"
		      " ORDER BY message.history DESC, seq DESC"
		      " LIMIT most) AS newest",
	/* Whoever else fills the index takes other ones. */
	[PG_WORDS_DUE] =
		"WITH due AS (SELECT history, seq, born FROM word_due"
		" ORDER BY history, seq, born LIMIT ?1"
		" FOR UPDATE SKIP LOCKED)"
		" SELECT row.*, due.history, due.seq, due.born, tenant"
		" FROM due LEFT JOIN LATERAL (" DUE_ROW("message") " UNION ALL " DUE_ROW(
			"retired") " LIMIT 1) AS row ON true"
				   " LEFT JOIN history ON history.id = due.history",
	[PG_WORDS_DONE] = "DELETE FROM word_due WHERE history = ?1"
			  " AND seq = ?2 AND born = ?3",
	[PG_WORDS_ADD] =
		"INSERT INTO word (history, seq, born, tenant, created_at,"
		" size, words) VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
		" ?7::text::tsvector) ON CONFLICT DO NOTHING",
	[PG_WORDS_COUNT] = "UPDATE word_total SET rows = rows + ?1,"
			   " words = words + ?2",
	[PG_FORGET_LIVE] = FORGET("message", ROWS_TO_DELETE_LIVE),
	[PG_FORGET_RETIRED] = FORGET("retired", ROWS_TO_DELETE_RETIRED),
	/* With the places of the words that are asked for, or begin so. */
	[PG_WORDS_FIND] =
		"SELECT history, seq, born, size, (SELECT rows FROM"
		" word_total), (SELECT words FROM word_total), (SELECT"
		" string_agg(at.lexeme || ':' || array_to_string("
		"at.positions, ','), ' ') FROM unnest(words) AS at WHERE"
		" at.lexeme = ANY(string_to_array(?3::text, ' ')) OR EXISTS"
		" (SELECT FROM unnest(string_to_array(?4::text, ' ')) AS"
		" prefix WHERE starts_with(at.lexeme, prefix)))"
		" FROM word WHERE tenant = ?1 AND words @@ ?2::text::tsquery"
		" AND (?5::text = '' OR history = ANY(string_to_array("
		"?5::text, ' ')::bigint[]))"
		" ORDER BY created_at DESC, history DESC, seq DESC, born DESC"
		" LIMIT ?6",

	[PG_VERSIONS] =
		"SELECT coalesce(id, 0), coalesce(last_seq + edits, 0) FROM"
		" json_array_elements(?1::text::json) WITH ORDINALITY AS asked"
		" (names, place) LEFT JOIN session ON tenant = names->>0"
		" AND name = names->>1 ORDER BY place",

	/*
	 * A line that nobody is in serves whoever comes.  A new one numbers
	 * from the time on: one that was there before has had no such number.
	 */
	[PG_TURN_JOIN] =
		"INSERT INTO session_lock AS line (key, fence, beat_at,"
		" next_number) SELECT ?1, at, at, at + 1 FROM (SELECT " NOW
		" AS at OFFSET 0) AS clock ON CONFLICT (key)"
		" DO UPDATE SET next_number = line.next_number + 1, beat_at ="
		" CASE WHEN line.fence = line.next_number THEN " NOW
		" ELSE line.beat_at END RETURNING next_number - 1,"
		" (fence = next_number - 1)::int",
	[PG_TURN_LOOK] = "SELECT fence, next_number, (beat_at < " NOW
			 " - ?3)::int, ?2::bigint FROM session_lock"
			 " WHERE key = ?1",
	[PG_TURN_LIVE] = "UPDATE session_lock SET beat_at = " NOW
			 " WHERE key = ?1 AND fence = ?2",
	[PG_TURN_PASS] =
		"UPDATE session_lock SET fence = fence + 1, beat_at = " NOW
		" WHERE key IN (SELECT key FROM session_lock WHERE key = ?1"
		" AND fence < ?2 AND beat_at < " NOW " - ?3"
		" FOR UPDATE SKIP LOCKED)",
	[PG_TURN_LEAVE] = "UPDATE session_lock SET fence = fence + 1,"
			  " beat_at = " NOW " WHERE key = ?1 AND fence = ?2",
	[PG_TURN_END] = "DELETE FROM session_lock WHERE key = ?1"
			" AND fence = next_number AND fence > ?2",
	[PG_TURN_CHECK] = "SELECT FROM session_lock WHERE key = ?1"
			  " AND fence = ?2 FOR KEY SHARE",
};
