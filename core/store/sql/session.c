/* SPDX-License-Identifier: MIT */
/*
 * session.c - sessions: made, shown, changed.
 */
#include "core/store/mark.h"
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"
#include "core/store/sql/session_cache.h"

#include <string.h>

/* The parameters of the statements. */
enum {
	CREATE_TENANT = 1,
	CREATE_NAME,
	CREATE_MARK,
	CREATE_NOW,
	CREATE_ID,
	CREATE_EPOCH
};
enum { SHOW_ID = 1, SHOW_HISTORY };
enum { PROFILE_ID = 1 };
enum {
	CONFIGURE_ID = 1,
	CONFIGURE_LAST_SEQ,
	CONFIGURE_EDITS,
	CONFIGURE_NOW,
	CONFIGURE_OWNER,
	CONFIGURE_MEMORY,
	CONFIGURE_METADATA,
	CONFIGURE_TTL,
	CONFIGURE_RETAIN
};
enum { TOUCH_ID = 1, TOUCH_AT };
enum {
	EDIT_ID = 1,
	EDIT_HISTORY,
	EDIT_LAST_SEQ,
	EDIT_EDITS,
	EDIT_REMOVED,
	EDIT_INHERITED,
	EDIT_PURGED,
	EDIT_TOUCHED_AT,
	EDIT_EPOCH
};
enum { UPDATED_HISTORY = 1 };
enum { CLASH_SESSION = 1, CLASH_OWNER };
enum {
	MAKE_SESSION = 1,
	MAKE_FROM_VERSION,
	MAKE_MARK,
	MAKE_BASE,
	MAKE_BASE_UPTO,
	MAKE_BASE_VERSION,
	MAKE_BASE_AFTER,
	MAKE_ID
};

/* And the columns of their rows. */
enum { IS_UPDATED_AT };

const char *const session_sql[SQL_COUNT] = {
	[SQL_SESSION_CREATE] =
		"INSERT INTO session (id, tenant, name, mark, history,"
		" last_seq, edits, removed, inherited, purged, created_at,"
		" touched_at, memory, metadata, epoch) VALUES (?5, ?1, ?2, ?3,"
		" 0, 0, 0, 0, 0, 0, ?4, ?4, '{}', '{}', nullif(?6, 0))",
	[SQL_SESSION_HISTORY] = "UPDATE session SET history = ?2"
				" WHERE id = ?1",
	[SQL_SESSION_PROFILE] =
		"SELECT " PROFILE_COLUMNS " FROM session WHERE id = ?1",
	[SQL_SESSION_CONFIGURE] =
		"UPDATE session SET last_seq = ?2, edits = ?3,"
		" touched_at = ?4, owner = ?5, memory = ?6, metadata = ?7,"
		" ttl_seconds = nullif(?8, 0), retain_retired = nullif(?9, -1),"
		" generation = " GENERATION(
			"session.tenant", "?5") " WHERE id = ?1",
	[SQL_SESSION_TOUCH] = "UPDATE session SET touched_at = ?2"
			      " WHERE id = ?1",
	[SQL_SESSION_EDIT] =
		"UPDATE session SET history = ?2, last_seq = ?3, edits = ?4,"
		" removed = ?5, inherited = ?6, purged = max(purged, ?7),"
		" touched_at = ?8, epoch = CASE WHEN history = ?2 THEN epoch"
		" ELSE nullif(?9, 0) END WHERE id = ?1",
	[SQL_SESSION_UPDATED] = "SELECT created_at FROM message"
				" WHERE history = ?1"
				" ORDER BY seq DESC LIMIT 1",
	[SQL_OWNER_CLASH] =
		"SELECT 1 FROM session JOIN owner_erasure AS erasure"
		" ON erasure.tenant = session.tenant"
		" AND erasure.owner = ?2"
		" AND erasure.erased_at > session.created_at"
		" WHERE session.id = ?1 LIMIT 1",
	[SQL_HISTORY_CREATE] =
		"INSERT INTO history (id, session, from_version, mark, base,"
		" base_upto, base_version, base_after, tenant)"
		" SELECT ?8, id, ?2, ?3, ?4, ?5, ?6, ?7, tenant FROM session"
		" WHERE id = ?1",
};

/* The id of the row is at `at`: the engine's, or NULL for the database's. */
static int session_insert_row(
	struct query *query, int at, int64_t *id, struct error *error)
{
	if (!query->ops->draw)
		return query_insert(query, id, error);
	*id = query->ops->draw(query->engine);
	query_number(query, at, *id);
	return query_run(query, error);
}

int store_history_make(struct store *store, struct session *session,
	int64_t from_version, const struct segment *base, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_CREATE);

	query_number(&query, MAKE_SESSION, session->id);
	query_number(&query, MAKE_FROM_VERSION, from_version);
	query_text(&query, MAKE_MARK, slice_of(session->mark));
	if (base) {
		query_number(&query, MAKE_BASE, base->history);
		query_number(&query, MAKE_BASE_UPTO, base->upto);
		query_number(&query, MAKE_BASE_VERSION, base->version);
	}
	query_number(&query, MAKE_BASE_AFTER, base ? base->after : 0);
	if (session_insert_row(&query, MAKE_ID, &session->history, error))
		return -1;
	session->inherited = base ? base->upto : 0;
	memcpy(session->id_mark, session->mark, sizeof(session->id_mark));
	return 0;
}

static int session_insert(struct store *store, struct session_ref ref,
	struct session *session, struct error *error)
{
	const struct epoch_mark kept = store_epoch_keep(store, session);
	struct query query = query_start(store, SQL_SESSION_CREATE);

	query_text(&query, CREATE_TENANT, ref.tenant);
	query_text(&query, CREATE_NAME, ref.name);
	query_text(&query, CREATE_MARK, slice_of(kept.letters));
	query_number(&query, CREATE_NOW, session->created_at);
	query_number(&query, CREATE_EPOCH, store->epochs.count);
	return session_insert_row(&query, CREATE_ID, &session->id, error);
}

/* The session shows the history that was made for it. */
int store_session_show(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_HISTORY);

	query_number(&query, SHOW_ID, session->id);
	query_number(&query, SHOW_HISTORY, session->history);
	return query_run(&query, error);
}

int store_session_create(struct store *store, struct session_ref ref,
	int64_t now, struct session *out, struct error *error)
{
	*out = (struct session){ .created_at = now,
		.touched_at = now,
		.retain_retired = STORE_RETAIN };
	if (store_usage_of(store, ref.tenant, error) ||
		mark_make(out->mark, error) ||
		session_insert(store, ref, out, error) ||
		store_usage_check_session(store, error) ||
		store_history_make(store, out, 0, NULL, error) ||
		store_session_show(store, out, error))
		return -1;
	store_cache_put(store, ref, out);
	store_cache_changed(store, out);
	store_expect_made(store, ref, out, true);
	return 0;
}

int store_session_profile(struct store *store, const struct session *session,
	struct text *buf, struct session_profile *out, struct error *error)
{
	const struct session_profile *known =
		store_expect_profile(store, session->id);
	struct session_profile row;
	struct query query;
	int found;

	*out = (struct session_profile){ .retain_retired = -1 };
	if (!known)
		known = store_reading_profile(store, session->id);
	if (!known)
		known = store_cache_profile(store, session);
	if (known)
		return store_profile_copy(known, buf, out, error);
	query = query_start(store, SQL_SESSION_PROFILE);
	query_number(&query, PROFILE_ID, session->id);
	found = query_step(&query, error);
	if (found == 0)
		found = error_set(error, ERROR_INTERNAL, "a session is lost");
	if (found > 0) {
		if (store_profile_read(&query, &row, error))
			found = store_damaged_session(store, session, error);
		else if (store_profile_copy(&row, buf, out, error))
			found = -1;
	}
	query_end(&query);
	if (found > 0) {
		store_reading_learn_profile(store, session, out);
		store_cache_learn_profile(store, session, out);
	}
	return found < 0 ? -1 : 0;
}

/* A session that this member made is younger than any erasure. */
static int session_check_owner(struct store *store,
	const struct session *session, struct slice owner, struct error *error)
{
	struct query query;
	int found;

	if (owner.length == 0 || session_version(session) == 0)
		return 0;
	query = query_start(store, SQL_OWNER_CLASH);
	query_number(&query, CLASH_SESSION, session->id);
	query_text(&query, CLASH_OWNER, owner);
	found = query_step(&query, error);
	query_end(&query);
	if (found > 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"the sessions of \"%.*s\" are being erased",
			SLICE_SHORT(owner));
	return found;
}

int store_session_configure(struct store *store, struct session *session,
	const struct session_profile *profile, int64_t now, struct error *error)
{
	const int64_t keep = store_retained_for(profile->retain_retired);
	const struct engine_owner owner = { .session = session->id,
		.owner = profile->owner };
	const int64_t at = session_write_time(session, now);
	struct query query;
	int64_t before;

	store_lock_owner(store, &owner, LOCK_SHARED);
	if (session_check_owner(store, session, profile->owner, error) ||
		store_usage_bytes(store, &before, error))
		return -1;
	query = query_start(store, SQL_SESSION_CONFIGURE);
	query_number(&query, CONFIGURE_ID, session->id);
	query_number(&query, CONFIGURE_LAST_SEQ, session->last_seq);
	query_number(&query, CONFIGURE_EDITS, session->edits + 1);
	query_number(&query, CONFIGURE_NOW, at);
	query_optional(&query, CONFIGURE_OWNER, profile->owner);
	query_text(&query, CONFIGURE_MEMORY, profile->memory);
	query_text(&query, CONFIGURE_METADATA, profile->metadata);
	query_number(&query, CONFIGURE_TTL, profile->ttl_seconds);
	query_number(&query, CONFIGURE_RETAIN, profile->retain_retired);
	if (query_run(&query, error) ||
		store_usage_check_bytes(store, before, error) ||
		store_tags_write(store, session, profile->metadata, error) ||
		(keep < session->retain_retired &&
			store_gc_schedule(
				store, session->id, now, true, error)))
		return -1;
	session->edits++;
	session->touched_at = at;
	session->ttl_seconds = profile->ttl_seconds;
	session->retain_retired = keep;
	store_cache_configured(store, session);
	store_expect_configured(store, session->id, profile);
	store_expiry_due(store, session);
	return 0;
}

int store_session_updated(struct store *store, const struct session *session,
	int64_t *updated_at, struct error *error)
{
	struct query query;
	int found;

	*updated_at = session->touched_at;
	if (session->last_seq == 0) /* it never had a message */
		return 0;
	query = query_start(store, SQL_SESSION_UPDATED);
	query_number(&query, UPDATED_HISTORY, session->history);
	found = query_step(&query, error);
	if (found > 0 && query_get_number(&query, IS_UPDATED_AT) > *updated_at)
		*updated_at = query_get_number(&query, IS_UPDATED_AT);
	query_end(&query);
	return found < 0 ? -1 : 0;
}

int store_session_touch(struct store *store, struct session *session,
	int64_t at, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_TOUCH);

	query_number(&query, TOUCH_ID, session->id);
	query_number(&query, TOUCH_AT, at);
	if (query_run(&query, error))
		return -1;
	session->touched_at = at;
	store_cache_changed(store, session);
	return 0;
}

int store_session_write(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_EDIT);

	query_number(&query, EDIT_ID, session->id);
	query_number(&query, EDIT_HISTORY, session->history);
	query_number(&query, EDIT_LAST_SEQ, session->last_seq);
	query_number(&query, EDIT_EDITS, session->edits);
	query_number(&query, EDIT_REMOVED, session->removed);
	query_number(&query, EDIT_INHERITED, session->inherited);
	query_number(&query, EDIT_PURGED, session->purged);
	query_number(&query, EDIT_TOUCHED_AT, session->touched_at);
	query_number(&query, EDIT_EPOCH, store->epochs.count);
	return query_run(&query, error);
}
