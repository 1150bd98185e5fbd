/* SPDX-License-Identifier: MIT */
/*
 * as_of.c - messages counted, and sessions as they were.
 */
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"

/* The parameters of the statements. */
enum { FROM_HISTORY = 1 };
enum { SHOWN_SESSION = 1, SHOWN_VERSION };

/* And the columns of their rows. */
enum { IS_COUNT };
enum { IS_SEQ };
enum { IS_FROM_VERSION };
enum { IS_SHOWN_HISTORY, IS_SHOWN_INHERITED, IS_SHOWN_MARK, IS_SHOWN_SOUND };

const char *const as_of_sql[SQL_COUNT] = {
	[SQL_HISTORY_FROM] = "SELECT from_version FROM history WHERE id = ?1",
	[SQL_HISTORY_AT] =
		"SELECT id, coalesce(base_upto, 0), mark, " SHOWN_SOUNDNESS
		" FROM history AS shown"
		" WHERE session = ?1 AND from_version <= ?2"
		" ORDER BY from_version DESC LIMIT 1",
	[SQL_MESSAGES_COUNT] = "SELECT count(*) FROM message"
			       " WHERE history = ?1 " IN_RANGE,
	[SQL_MESSAGES_NTH] =
		"SELECT seq FROM message WHERE history = ?1 " IN_RANGE
		"ORDER BY seq DESC LIMIT 1 OFFSET ?4",
	[SQL_AS_OF_NTH] =
		"SELECT seq FROM message WHERE history = ?1 " LIVE_THEN IN_RANGE
		"UNION ALL SELECT seq FROM retired"
		" WHERE history = ?1 " RETIRED_THEN IN_RANGE
		"ORDER BY seq DESC LIMIT 1 OFFSET ?5",
	[SQL_AS_OF_COUNT] =
		"SELECT (SELECT count(*) FROM message WHERE history = ?1 " LIVE_THEN
			IN_RANGE ") + (SELECT count(*) FROM retired"
		" WHERE history = ?1 " RETIRED_THEN IN_RANGE ")",
};

/* --- counting --------------------------------------------------------- */

static int as_of_count_segment(struct store *store,
	const struct segment *segment, struct seq_range seqs, int64_t *count,
	struct error *error)
{
	const struct segment_read read = {
		.live = SQL_MESSAGES_COUNT,
		.as_of = SQL_AS_OF_COUNT,
		.after = seqs.first - 1,
		.before = seqs.last + 1,
		.most.rows = 1,
	};
	struct query query = store_segment_query(store, segment, &read);
	int found;

	found = query_step(&query, error);
	if (found > 0)
		*count += query_get_number(&query, IS_COUNT);
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* It shows each seq from 1 to its last, as if there were no tables. */
static bool as_of_is_whole(const struct session *session)
{
	return session->removed == 0 && session->as_of == 0;
}

int store_message_count(struct store *store, const struct session *session,
	struct seq_range seqs, int64_t *count, struct error *error)
{
	const int64_t first = seqs.first, last = seqs.last;
	struct segment segment = store_segment_top(session);

	*count = 0;
	if (first <= 1 && last >= session->last_seq && !session->as_of) {
		*count = session_message_count(session);
		return 0;
	}
	if (as_of_is_whole(session) && first >= 1) {
		*count = last < session->last_seq ? last : session->last_seq;
		*count = *count < first ? 0 : *count + 1 - first;
		return 0;
	}
	for (;;) {
		if (as_of_count_segment(store, &segment, seqs, count, error))
			return -1;
		if (!store_segment_goes_on(&segment, first - 1))
			return 0;
		if (store_segment_below(store, &segment, error))
			return -1;
	}
}

int store_segment_nth(struct store *store, const struct segment *segment,
	int64_t nth, int64_t *seq, struct error *error)
{
	const struct segment_read read = {
		.live = SQL_MESSAGES_NTH,
		.as_of = SQL_AS_OF_NTH,
		.before = INT64_MAX,
		.most.rows = 1,
	};
	struct query query = store_segment_query(store, segment, &read);
	int found;

	query_number(&query, segment_rest(segment), nth - 1);
	found = query_step(&query, error);
	*seq = found > 0 ? query_get_number(&query, IS_SEQ) : 0;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

int store_message_nth(struct store *store, const struct session *session,
	int64_t nth, int64_t *seq, struct error *error)
{
	static const struct seq_range everything = { 1, INT64_MAX - 1 };
	struct segment segment = store_segment_top(session);
	int64_t count = 0;

	*seq = 0;
	if (as_of_is_whole(session)) {
		if (nth <= session->last_seq)
			*seq = session->last_seq + 1 - nth;
		return 0;
	}
	for (;;) {
		if (store_segment_nth(store, &segment, nth, seq, error))
			return -1;
		if (*seq || !store_segment_goes_on(&segment, 0))
			return 0;
		if (as_of_count_segment(
			    store, &segment, everything, &count, error) ||
			store_segment_below(store, &segment, error))
			return -1;
		nth -= count;
		count = 0;
	}
}

/* --- what was --------------------------------------------------------- */

static int as_of_take_seq(void *context, const struct message_row *row)
{
	int64_t *seq = context;

	*seq = row->seq;
	return 1;
}

/* The history that it showed at this version; none before the first. */
static int as_of_find_history(struct store *store, struct session *session,
	int64_t version, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_AT);
	bool sound;
	int found;

	query_number(&query, SHOWN_SESSION, session->id);
	query_number(&query, SHOWN_VERSION, version);
	found = query_step(&query, error);
	session->history = 0;
	session->inherited = 0;
	sound = found == 0
			? version == 0
			: found < 0 || store_is_sound(&query, IS_SHOWN_SOUND);
	if (found > 0 && version) {
		session->history = query_get_number(&query, IS_SHOWN_HISTORY);
		session->inherited =
			query_get_number(&query, IS_SHOWN_INHERITED);
		store_read_mark(&query, IS_SHOWN_MARK, session->id_mark);
	}
	query_end(&query);
	if (!sound)
		return store_damaged_history(store, session->id, error);
	return found < 0 ? -1 : 0;
}

int store_session_as_of(struct store *store, struct session *session,
	int64_t as_of, struct error *error)
{
	static const struct message_query newest = { .limit = 1,
		.descending = true };
	int64_t version = session_version(session);

	if (as_of > version)
		return error_set(error, ERROR_INVALID,
			"as_of=%lld is beyond the version, which is %lld",
			(long long)as_of, (long long)version);
	if (as_of < session->purged)
		return error_set(error, ERROR_GONE,
			"version %lld is no longer kept; the oldest is %lld",
			(long long)as_of, (long long)session->purged);
	if (as_of == version)
		return 0;
	session->as_of = as_of;
	session->last_seq = 0;
	session->removed = 0;
	if (as_of_find_history(store, session, as_of, error) ||
		store_message_list(store, session, &newest,
			(struct message_visitor){
				as_of_take_seq, &session->last_seq },
			error))
		return -1;
	session->edits = as_of - session->last_seq;
	return 0;
}

int store_history_from(struct store *store, int64_t history,
	int64_t *from_version, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_FROM);
	int found;

	query_number(&query, FROM_HISTORY, history);
	found = query_step(&query, error);
	*from_version =
		found > 0 ? query_get_number(&query, IS_FROM_VERSION) : 0;
	query_end(&query);
	return found < 0 ? -1 : 0;
}
