/* SPDX-License-Identifier: MIT */
/*
 * gc.c - rows that nothing can show any more, in small steps.
 *
 * A row is needed by its own session, as long as it is live or was retired
 * lately, and by every history that begins with it, whose session may be
 * another one.  A pass goes through the histories of one session; where the
 * last need for one is gone, it goes on with the history that this one began
 * with.  How far it came is in its row, so it may end after any step.
 */
#include "core/store/sql/gc.h"
#include "core/store/change_feed.h"
#include "core/store/pieces.h"

#include "core/store/sql/chain.h"
#include "core/store/sql/session_cache.h"

/* The parameters of the statements; ids are of retired rows only. */
enum { LOOK_HISTORY = 1, LOOK_AFTER, LOOK_MOST, LOOK_AFTER_ID, LOOK_CUTOFF };
enum {
	ROWS_HISTORY = 1,
	ROWS_AFTER,
	ROWS_UPTO,
	ROWS_AFTER_ID,
	ROWS_UPTO_ID,
	ROWS_ARCHIVED
};
enum { PURGED_SESSION = 1, PURGED_VERSION };
enum { NARROW_HISTORY = 1 };
enum { NEXT_SESSION = 1, NEXT_BELOW };
enum { REMAINS_HISTORY = 1 };

/* And the columns of their rows. */
enum { IS_LOOKED_AT, IS_LOOKED_ID, IS_LOOKED_RETIRED };
enum { IS_PURGED_TENANT, IS_PURGED_NAME };
enum { IS_NEXT_ID, IS_NEXT_FROM_VERSION };
enum {
	IS_SESSION,
	IS_PURGED,
	IS_KEEP,
	IS_UNTIL_VERSION,
	IS_ENDED_AT,
	IS_BASE,
	IS_BASE_UPTO,
	IS_BASE_VERSION,
	IS_BASE_AFTER,
	IS_REMAINS_SOUND
};

const char *const gc_sql[SQL_COUNT] = {
	[SQL_SESSION_PURGED] = "UPDATE session SET purged = ?2 WHERE id = ?1"
			       " RETURNING tenant, name",
	[SQL_HISTORY_NARROW] =
		"UPDATE history SET base_after = seen FROM (SELECT"
		" min(base_after) AS seen FROM history WHERE base = ?1) AS need"
		" WHERE id = ?1 AND base IS NOT NULL AND base_after < seen",
	[SQL_GC_NEXT_HISTORY] =
		"SELECT id, from_version FROM history WHERE session = ?1"
		" AND from_version < ?2 ORDER BY from_version DESC LIMIT 1",
	[SQL_GC_REMAINS] =
		"SELECT session.id, purged, " RETAINED_FOR ","
		" until_version, ended_at, base, base_upto, base_version,"
		" base_after, " SHOWN_SOUNDNESS " FROM history AS shown"
		" LEFT JOIN session ON session.id = shown.session"
		" WHERE shown.id = ?1",
	[SQL_GC_LIVE_ROWS] = "SELECT seq, 0, 0 FROM message WHERE history = ?1"
			     " AND seq > ?2 ORDER BY seq LIMIT ?3",
	[SQL_GC_RETIRED_ROWS] =
		"SELECT retired_at, id, CASE WHEN archived = 0"
		" AND " RETIRED_IS_SOUND " THEN retired ELSE 0 END FROM retired"
		" WHERE history = ?1 AND (retired_at, id) > (?2, ?4)"
		" AND retired_at <= ?5 ORDER BY retired_at, id LIMIT ?3",
	[SQL_GC_DELETE_LIVE] = "DELETE FROM message WHERE " ROWS_TO_DELETE_LIVE,
	[SQL_GC_DELETE_RETIRED] =
		"DELETE FROM retired WHERE " ROWS_TO_DELETE_RETIRED,
};

/* The history at hand, and what is to go of it. */
struct gc_remains {
	int64_t id;
	int64_t session; /* 0: it is no more */
	int64_t purged;
	int64_t until_version; /* 0: it is shown */
	int64_t ended_at;
	struct segment base;
	int64_t cutoff; /* retired up to this time: may go */
	bool dead;	/* live rows may go too */
	bool sound;	/* the history's own row */
};

/* --- rows that are seen by nobody ------------------------------------- */

/*
 * Looks at the next rows of the phase.  Returns how many there were, and
 * where the last of them is; *retired is the newest version that no longer
 * showed one.
 */
static int64_t gc_look(struct gc_step *step, const struct gc_remains *remains,
	struct maintenance_row *last, int64_t *retired, struct error *error)
{
	bool live = step->row.phase == GC_LIVE;
	struct query query = query_start(
		step->store, live ? SQL_GC_LIVE_ROWS : SQL_GC_RETIRED_ROWS);
	int64_t count = 0;
	int more;

	query_number(&query, LOOK_HISTORY, remains->id);
	query_number(&query, LOOK_AFTER, step->row.at);
	query_number(&query, LOOK_MOST, step->left);
	if (!live) {
		query_number(&query, LOOK_AFTER_ID, step->row.at_id);
		query_number(&query, LOOK_CUTOFF, remains->cutoff);
	}
	while ((more = query_step(&query, error)) > 0) {
		count++;
		last->at = query_get_number(&query, IS_LOOKED_AT);
		last->at_id = query_get_number(&query, IS_LOOKED_ID);
		if (query_get_number(&query, IS_LOOKED_RETIRED) > *retired)
			*retired = query_get_number(&query, IS_LOOKED_RETIRED);
	}
	query_end(&query);
	return more < 0 ? -1 : count;
}

/* The index is told first: it needs their text. */
static int gc_delete_rows(struct gc_step *step,
	const struct gc_remains *remains, const struct maintenance_row *last,
	struct error *error)
{
	const struct engine_rows rows = {
		.retired = step->row.phase == GC_RETIRED,
		.history = remains->id,
		.after = step->row.at,
		.after_id = step->row.at_id,
		.upto = last->at,
		.upto_id = last->at_id,
		.archived = remains->session == 0,
	};
	struct query query;

	if (store_index_forget(step->store, &rows, step->now, error))
		return -1;
	query = query_start(step->store,
		rows.retired ? SQL_GC_DELETE_RETIRED : SQL_GC_DELETE_LIVE);
	query_number(&query, ROWS_HISTORY, rows.history);
	query_number(&query, ROWS_AFTER, rows.after);
	query_number(&query, ROWS_UPTO, rows.upto);
	if (rows.retired) {
		query_number(&query, ROWS_AFTER_ID, rows.after_id);
		query_number(&query, ROWS_UPTO_ID, rows.upto_id);
		query_number(&query, ROWS_ARCHIVED, rows.archived);
	}
	return query_run(&query, error);
}

/*
 * The session can no longer show the versions before this one, which the
 * writer's cache does not know.
 */
static int gc_raise_purged(struct gc_step *step, struct gc_remains *remains,
	int64_t version, struct error *error)
{
	struct session purged = { .id = remains->session };
	struct session_ref ref;
	struct query query;
	int found;

	if (!remains->session || version <= remains->purged)
		return 0;
	remains->purged = version;
	query = query_start(step->store, SQL_SESSION_PURGED);
	query_number(&query, PURGED_SESSION, remains->session);
	query_number(&query, PURGED_VERSION, version);
	found = query_step(&query, error);
	if (found > 0) {
		ref = (struct session_ref){ query_get_text(
						    &query, IS_PURGED_TENANT),
			query_get_text(&query, IS_PURGED_NAME) };
		purged.key = store_session_key(ref);
		store_cache_drop(step->store, &purged);
	}
	if (found < 0) {
		query_end(&query);
		return -1;
	}
	return query_run(&query, error);
}

static int gc_delete_some(
	struct gc_step *step, struct gc_remains *remains, struct error *error)
{
	struct maintenance_row last = step->row;
	int64_t retired = 0;
	int64_t count = gc_look(step, remains, &last, &retired, error);

	if (count < 0)
		return -1;
	if (count == 0) {
		step->row.phase++;
		step->row.at = step->row.at_id = 0;
		return 0;
	}
	if (gc_raise_purged(step, remains, retired, error) ||
		gc_delete_rows(step, remains, &last, error))
		return -1;
	step->row = last;
	step->left -= count;
	return 0;
}

/* --- one history after the other -------------------------------------- */

/* 1: there it is; 0: another pass was faster; -1. */
static int gc_load_remains(
	struct gc_step *step, struct gc_remains *remains, struct error *error)
{
	struct query query;
	int found;

	store_lock_history(step->store, step->row.history, LOCK_OWN);
	query = query_start(step->store, SQL_GC_REMAINS);
	*remains = (struct gc_remains){ .id = step->row.history };
	query_number(&query, REMAINS_HISTORY, remains->id);
	found = query_step(&query, error);
	if (found > 0) {
		remains->session = query_get_number(&query, IS_SESSION);
		remains->purged = query_get_number(&query, IS_PURGED);
		remains->cutoff =
			step->now - query_get_number(&query, IS_KEEP) * 1000;
		remains->until_version =
			query_get_number(&query, IS_UNTIL_VERSION);
		remains->ended_at = query_get_number(&query, IS_ENDED_AT);
		remains->base.history = query_get_number(&query, IS_BASE);
		remains->base.upto = query_get_number(&query, IS_BASE_UPTO);
		remains->base.version =
			query_get_number(&query, IS_BASE_VERSION);
		remains->base.after = query_get_number(&query, IS_BASE_AFTER);
		remains->sound = store_is_sound(&query, IS_REMAINS_SOUND);
	}
	query_end(&query);
	return found;
}

/* Everything may go, or only what was retired long enough ago. */
static int gc_judge(
	struct gc_step *step, struct gc_remains *remains, struct error *error)
{
	const int64_t until = remains->until_version;

	if (until && remains->ended_at <= remains->cutoff &&
		gc_raise_purged(step, remains, until, error))
		return -1;
	remains->dead =
		!remains->session || (until && until <= remains->purged);
	if (remains->dead)
		remains->cutoff = INT64_MAX;
	else if (step->row.phase == GC_LIVE)
		step->row.phase = GC_RETIRED;
	return 0;
}

static void gc_go_on_with_base(
	struct gc_step *step, const struct gc_remains *remains)
{
	step->row.history = remains->base.history;
	step->row.phase = GC_LIVE;
	step->row.at = step->row.at_id = 0;
}

/* It needs no more of its base than what is seen of it. */
static int gc_narrow(struct gc_step *step, const struct gc_remains *remains,
	struct error *error)
{
	struct query query = query_start(step->store, SQL_HISTORY_NARROW);
	int64_t narrowed;

	query_number(&query, NARROW_HISTORY, remains->id);
	if (query_run_counting(&query, &narrowed, error))
		return -1;
	if (narrowed)
		gc_go_on_with_base(step, remains);
	return 0;
}

/* When nothing is left of it, it goes, and its base may be needed no more. */
static int gc_finish_history(struct gc_step *step,
	const struct gc_remains *remains, struct error *error)
{
	const struct segment any = { .history = remains->id,
		.after = INT64_MAX };
	bool seen;
	int deleted;

	step->row.history = 0;
	if (!remains->dead)
		return 0;
	if (store_gc_is_seen(step->store, &any, &seen, error))
		return -1;
	if (seen)
		return gc_narrow(step, remains, error);
	deleted = store_gc_delete_history(step->store, remains->id, error);
	if (deleted == 0 && remains->session) {
		const int archives =
			store_gc_archives(step->store, remains->id, error);

		if (archives != 0)
			return archives < 0 ? -1 : 0;
	}
	if (deleted == 0) {
		step->row.history = remains->id;
		step->row.phase = GC_LIVE;
	}
	if (deleted != 1)
		return deleted;
	if (!remains->base.history)
		return 0;
	if (store_gc_is_seen(step->store, &remains->base, &seen, error))
		return -1;
	if (!seen)
		gc_go_on_with_base(step, remains);
	return 0;
}

/*
 * Nothing goes because of a row that is not what was stored: it may not be this
 * session's, and not have ended.  0: of a session that is erased it does go,
 * unless another one shows it; 1: it is left as it is; -1.
 */
static int gc_is_doubtful(struct gc_step *step,
	const struct gc_remains *remains, struct error *error)
{
	step->left--;
	if (remains->session) {
		step->row.history = 0;
		return 1;
	}
	return store_gc_check_shown(step->store, remains->id, error);
}

static int gc_reap(struct gc_step *step, struct error *error)
{
	struct gc_remains remains;
	int found = gc_load_remains(step, &remains, error);

	if (found == 0)
		step->row.history = 0;
	if (found != 1)
		return found;
	if (!remains.sound && (found = gc_is_doubtful(step, &remains, error)))
		return found < 0 ? -1 : 0;
	if (gc_judge(step, &remains, error))
		return -1;
	while (step->left > 0 && step->row.phase <= GC_RETIRED)
		if (gc_delete_some(step, &remains, error))
			return -1;
	step->left--; /* so that empty ones do not come for free */
	return step->row.phase > GC_RETIRED
		       ? gc_finish_history(step, &remains, error)
		       : 0;
}

/* 1: there is a next one; 0: the pass is at its end; -1. */
static int gc_next_history(struct gc_step *step, struct error *error)
{
	struct query query = query_start(step->store, SQL_GC_NEXT_HISTORY);
	int found;

	query_number(&query, NEXT_SESSION, step->row.session);
	query_number(&query, NEXT_BELOW, step->row.top);
	found = query_step(&query, error);
	if (found > 0) {
		step->row.history = query_get_number(&query, IS_NEXT_ID);
		step->row.top = query_get_number(&query, IS_NEXT_FROM_VERSION);
		step->row.phase = GC_LIVE;
		step->row.at = step->row.at_id = 0;
	}
	query_end(&query);
	return found;
}

/* --- a pass ------------------------------------------------------------ */

int store_gc_step(struct gc_step *step, struct error *error)
{
	while (step->left > 0) {
		int more = 1;

		if (!step->row.history)
			more = gc_next_history(step, error);
		if (more <= 0)
			return more < 0 ? -1 : 1;
		if (gc_reap(step, error))
			return -1;
	}
	return 0;
}
