/* SPDX-License-Identifier: MIT */
/*
 * session.c - sessions: found, made, changed, erased.
 */
#include "core/store/sql/chain.h"

#include <string.h>
#include <sys/random.h>

/* Reads the tables, whether it has expired or not. */
static int session_read_by_name(struct store *store, struct slice tenant,
	struct slice name, struct session *out, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_FIND);
	int found;

	query_text(&query, 1, tenant);
	query_text(&query, 2, name);
	found = query_step(&query, error);
	if (found > 0) {
		store_read_session(&query, out);
		store_cache_put(store, tenant, name, out);
	}
	query_end(&query);
	return found < 0 ? -1 : 0;
}

int store_session_look_up(struct store *store, struct slice tenant,
	struct slice name, struct session *out, struct error *error)
{
	*out = (struct session){ 0 };
	return store_cache_find(store, tenant, name, out)
		       ? 0
		       : session_read_by_name(store, tenant, name, out, error);
}

int store_session_find(struct store *store, struct slice tenant,
	struct slice name, int64_t now, struct session *out,
	struct error *error)
{
	if (store_session_look_up(store, tenant, name, out, error))
		return -1;
	if (session_is_gone(out, now))
		*out = (struct session){ 0 };
	return 0;
}

/* 64 random bits, five to a letter; no i, l, o or u. */
int store_mark_make(char mark[MARK_LENGTH + 1], struct error *error)
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		return error_set(error, ERROR_UNAVAILABLE,
			"the system has no random numbers");
	for (int i = 0; i < MARK_LENGTH; i++, bits >>= 5)
		mark[i] = letters[bits & 31];
	mark[MARK_LENGTH] = '\0';
	return 0;
}

int store_history_make(struct store *store, struct session *session,
	int64_t from_version, const struct segment *base, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_CREATE);

	query_number(&query, 1, session->id);
	query_number(&query, 2, from_version);
	query_text(&query, 3, slice_of(session->mark));
	if (base) {
		query_number(&query, 4, base->history);
		query_number(&query, 5, base->upto);
		query_number(&query, 6, base->version);
	}
	query_number(&query, 7, base ? base->after : 0);
	if (query_insert(&query, &session->history, error))
		return -1;
	session->inherited = base ? base->upto : 0;
	return 0;
}

static int session_insert(struct store *store, struct slice tenant,
	struct slice name, struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_CREATE);

	query_text(&query, 1, tenant);
	query_text(&query, 2, name);
	query_text(&query, 3, slice_of(session->mark));
	query_number(&query, 4, session->created_at);
	return query_insert(&query, &session->id, error);
}

/* The session shows the history that was made for it. */
int store_session_show(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_HISTORY);

	query_number(&query, 1, session->id);
	query_number(&query, 2, session->history);
	return query_run(&query, error);
}

int store_session_create(struct store *store, struct slice tenant,
	struct slice name, int64_t now, struct session *out,
	struct error *error)
{
	*out = (struct session){ .created_at = now,
		.touched_at = now,
		.retain_retired = STORE_RETAIN };
	if (store_mark_make(out->mark, error) ||
		session_insert(store, tenant, name, out, error) ||
		store_history_make(store, out, 0, NULL, error) ||
		store_session_show(store, out, error))
		return -1;
	store_cache_put(store, tenant, name, out);
	store_cache_changed(store, out);
	return 0;
}

/* Appends the text to `buf`; only its length is known yet. */
static struct slice session_keep_text(
	struct text *buf, const struct query *query, int column)
{
	struct slice text = query_get_text(query, column);

	text_slice(buf, text);
	return (struct slice){ NULL, text.length };
}

int store_session_profile(struct store *store, const struct session *session,
	struct text *buf, struct session_profile *out, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_PROFILE);
	int found;

	*out = (struct session_profile){ .retain_retired = -1 };
	buf->length = 0;
	query_number(&query, 1, session->id);
	found = query_step(&query, error);
	if (found > 0) {
		out->owner = session_keep_text(buf, &query, 0);
		out->memory = session_keep_text(buf, &query, 1);
		out->metadata = session_keep_text(buf, &query, 2);
		out->ttl_seconds = query_get_number(&query, 3);
		out->retain_retired = query_get_number(&query, 4);
	}
	query_end(&query);
	if (found == 0)
		return error_set(error, ERROR_INTERNAL, "a session is lost");
	if (buf->failed)
		return error_out_of_memory(error);
	out->owner.data = buf->data;
	out->memory.data = buf->data + out->owner.length;
	out->metadata.data = out->memory.data + out->memory.length;
	return found < 0 ? -1 : 0;
}

static int session_check_owner(struct store *store,
	const struct session *session, struct slice owner, struct error *error)
{
	struct query query = query_start(store, SQL_OWNER_CLASH);
	int found;

	query_number(&query, 1, session->id);
	query_text(&query, 2, owner);
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
	struct query query;

	if (session_check_owner(store, session, profile->owner, error))
		return -1;
	query = query_start(store, SQL_SESSION_CONFIGURE);
	query_number(&query, 1, session->id);
	query_number(&query, 2, session->last_seq);
	query_number(&query, 3, session->edits + 1);
	query_number(&query, 4, now);
	query_optional(&query, 5, profile->owner);
	query_text(&query, 6, profile->memory);
	query_text(&query, 7, profile->metadata);
	query_number(&query, 8, profile->ttl_seconds);
	query_number(&query, 9, profile->retain_retired);
	if (query_run(&query, error) ||
		store_tags_write(store, session, profile->metadata, error) ||
		(keep < session->retain_retired &&
			store_gc_schedule(
				store, session->id, now, true, error)))
		return -1;
	session->edits++;
	session->touched_at = now;
	session->ttl_seconds = profile->ttl_seconds;
	session->retain_retired = keep;
	store_cache_changed(store, session);
	store_expiry_due(store, session);
	return 0;
}

int store_session_updated(struct store *store, const struct session *session,
	int64_t *updated_at, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_UPDATED);
	int found;

	query_number(&query, 1, session->history);
	found = query_step(&query, error);
	*updated_at = session->touched_at;
	if (found > 0 && query_get_number(&query, 0) > *updated_at)
		*updated_at = query_get_number(&query, 0);
	query_end(&query);
	return found < 0 ? -1 : 0;
}

int store_session_touch(struct store *store, struct session *session,
	int64_t at, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_TOUCH);

	query_number(&query, 1, session->id);
	query_number(&query, 2, at);
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

	query_number(&query, 1, session->id);
	query_number(&query, 2, session->history);
	query_number(&query, 3, session->last_seq);
	query_number(&query, 4, session->edits);
	query_number(&query, 5, session->removed);
	query_number(&query, 6, session->inherited);
	query_number(&query, 7, session->purged);
	query_number(&query, 8, session->touched_at);
	return query_run(&query, error);
}
