/* SPDX-License-Identifier: MIT */
/* restore.c - sessions as they were elsewhere. */
#include "core/store/restore.h"
#include "core/store/sql/chain.h"

#include <string.h>

static int restore_insert_session(struct store *store, struct slice tenant,
	struct slice name, const struct session_profile *profile,
	struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_RESTORE);

	query_text(&query, 1, tenant);
	query_text(&query, 2, name);
	query_text(&query, 3, slice_of(session->mark));
	query_number(&query, 4, session->edits);
	query_number(&query, 5, session->created_at);
	query_number(&query, 6, session->touched_at);
	query_optional(&query, 7, profile->owner);
	query_text(&query, 8, profile->memory);
	query_text(&query, 9, profile->metadata);
	query_number(&query, 10, profile->ttl_seconds);
	query_number(&query, 11, profile->retain_retired);
	return query_insert(&query, &session->id, error);
}

int store_session_restore(struct store *store, struct slice tenant,
	struct slice name, const struct session *as,
	const struct session_profile *profile, struct session *out,
	struct error *error)
{
	*out = (struct session){
		.edits = as->edits,
		.purged = as->edits,
		.created_at = as->created_at,
		.touched_at = as->touched_at,
		.ttl_seconds = profile->ttl_seconds,
		.retain_retired = profile->retain_retired < 0
					  ? STORE_RETAIN
					  : profile->retain_retired,
	};
	memcpy(out->mark, as->mark, sizeof(out->mark));
	if (restore_insert_session(store, tenant, name, profile, out, error) ||
		store_history_make(store, out, 0, NULL, error) ||
		store_session_show(store, out, error) ||
		store_tags_write(store, out, profile->metadata, error))
		return -1;
	store_cache_put(store, tenant, name, out);
	store_cache_changed(store, out);
	store_expiry_due(store, out);
	return 0;
}

int store_message_restore(struct store *store, struct session *session,
	const struct message_row *row, int64_t now, struct error *error)
{
	const struct message *message = &row->message;
	struct query query = query_start(store, SQL_MESSAGE_RESTORE);

	query_number(&query, 1, session->history);
	query_number(&query, 2, row->seq);
	query_number(&query, 3, row->seq + session->edits);
	query_number(&query, 4, message->form);
	query_number(&query, 5, message->type);
	query_number(&query, 6, row->created_at);
	query_optional(&query, 7, message->type_sent);
	query_optional(&query, 8, message->id);
	query_optional(&query, 9, message->client_created_at);
	query_text(&query, 10, message->body);
	query_number(&query, 11, row->updated_at);
	if (query_run(&query, error))
		return -1;
	session->removed += row->seq - session->last_seq - 1;
	session->last_seq = row->seq;
	session->appended_at = row->created_at;
	store_index_due(store, now);
	store_cache_changed(store, session);
	return 0;
}

/* Versions below this one were never the session's, or not all of them. */
int store_session_settle(struct store *store, struct session *session,
	int64_t last_seq, struct error *error)
{
	struct session settled = *session;

	settled.removed += last_seq - session->last_seq;
	settled.last_seq = last_seq;
	settled.purged = session_version(&settled);
	if (store_session_write(store, &settled, error))
		return -1;
	*session = settled;
	store_cache_changed(store, session);
	return 0;
}
