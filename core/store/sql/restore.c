/* SPDX-License-Identifier: MIT */
/* restore.c - sessions as they were elsewhere. */
#include "core/store/restore.h"
#include "core/store/checksum.h"
#include "core/store/pieces.h"
#include "core/store/sql/chain.h"
#include "core/store/sql/session_cache.h"

#include <string.h>

/* The parameters of the statements. */
enum {
	RESTORE_TENANT = 1,
	RESTORE_NAME,
	RESTORE_MARK,
	RESTORE_EDITS,
	RESTORE_CREATED_AT,
	RESTORE_TOUCHED_AT,
	RESTORE_OWNER,
	RESTORE_MEMORY,
	RESTORE_METADATA,
	RESTORE_TTL,
	RESTORE_RETAIN,
	RESTORE_EPOCH
};
enum {
	ADD_HISTORY = 1,
	ADD_SEQ,
	ADD_BORN,
	ADD_FORM,
	ADD_TYPE,
	ADD_CREATED_AT,
	ADD_TYPE_SENT,
	ADD_ID,
	ADD_CLIENT_CREATED_AT,
	ADD_BODY,
	ADD_UPDATED_AT,
	ADD_CHECKSUM,
	ADD_ANSWER
};

const char *const restore_sql[SQL_COUNT] = {
	[SQL_SESSION_RESTORE] =
		"INSERT INTO session (tenant, name, mark, history, last_seq,"
		" edits, removed, inherited, purged, created_at, touched_at,"
		" owner, memory, metadata, ttl_seconds, retain_retired,"
		" generation, epoch)"
		" VALUES (?1, ?2, ?3, 0, 0, ?4, 0, 0, ?4, ?5, ?6, ?7, ?8, ?9,"
		" nullif(?10, 0), nullif(?11, -1), " GENERATION(
			"?1", "?7") ","
				    " nullif(?12, 0))",
	[SQL_MESSAGE_RESTORE] =
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, type_sent, client_id, client_created_at, body,"
		" updated_at, checksum, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
		" ?7, ?8, ?9, ?10, nullif(?11, 0), ?12, ?13)",
};

static int restore_insert_session(struct store *store, struct session_ref ref,
	const struct session_profile *profile, struct session *session,
	struct error *error)
{
	const struct engine_owner owner = { .tenant = ref.tenant,
		.owner = profile->owner };
	const struct epoch_mark kept = store_epoch_keep(store, session);
	struct query query;

	store_lock_owner(store, &owner, LOCK_SHARED);
	query = query_start(store, SQL_SESSION_RESTORE);

	query_text(&query, RESTORE_TENANT, ref.tenant);
	query_text(&query, RESTORE_NAME, ref.name);
	query_text(&query, RESTORE_MARK, slice_of(kept.letters));
	query_number(&query, RESTORE_EDITS, session->edits);
	query_number(&query, RESTORE_CREATED_AT, session->created_at);
	query_number(&query, RESTORE_TOUCHED_AT, session->touched_at);
	query_optional(&query, RESTORE_OWNER, profile->owner);
	query_text(&query, RESTORE_MEMORY, profile->memory);
	query_text(&query, RESTORE_METADATA, profile->metadata);
	query_number(&query, RESTORE_TTL, profile->ttl_seconds);
	query_number(&query, RESTORE_RETAIN, profile->retain_retired);
	query_number(&query, RESTORE_EPOCH, store->epochs.count);
	return query_insert(&query, &session->id, error);
}

int store_session_restore(struct store *store, struct session_ref ref,
	const struct session_image *image, struct session *out,
	struct error *error)
{
	const struct session_profile *profile = image->profile;
	const struct session *as = image->session;

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
	if (store_usage_of(store, ref.tenant, error) ||
		restore_insert_session(store, ref, profile, out, error) ||
		store_erased_forget(store, out, error) ||
		store_usage_check_session(store, error) ||
		store_history_make(store, out, 0, NULL, error) ||
		store_session_show(store, out, error) ||
		store_tags_write(store, out, profile->metadata, error))
		return -1;
	store_cache_put(store, ref, out);
	store_expect_made(store, ref, out, false);
	store_cache_changed(store, out);
	store_expiry_due(store, out);
	return 0;
}

int store_message_restore(struct store *store, struct session *session,
	const struct message_row *row, int64_t now, struct error *error)
{
	const struct message *message = &row->message;
	char made[STORE_ID_BYTES];
	struct query query = query_start(store, SQL_MESSAGE_RESTORE);
	const struct checksum_place place = {
		.history = session->history,
		.seq = row->seq,
		.born = row->archived ? row->seq : row->seq + session->edits,
		.created_at = row->created_at,
		.updated_at = row->updated_at,
		.answer = message->answer,
		.id = store_id_to_keep(session, message, row->seq, made),
	};

	query_number(&query, ADD_HISTORY, place.history);
	query_number(&query, ADD_SEQ, place.seq);
	query_number(&query, ADD_BORN, place.born);
	query_number(&query, ADD_FORM, message->form);
	query_number(&query, ADD_TYPE, message->type);
	query_number(&query, ADD_CREATED_AT, row->created_at);
	query_optional(&query, ADD_TYPE_SENT, message->type_sent);
	query_optional(&query, ADD_ID, place.id);
	query_optional(
		&query, ADD_CLIENT_CREATED_AT, message->client_created_at);
	query_text(&query, ADD_BODY, message->body);
	query_number(&query, ADD_UPDATED_AT, row->updated_at);
	query_number(
		&query, ADD_CHECKSUM, store_checksum(store, message, &place));
	query_number(&query, ADD_ANSWER, message->answer);
	if (query_run(&query, error) ||
		store_usage_message(store, session, message->body, error))
		return -1;
	session->removed += row->seq - session->last_seq - 1;
	session->last_seq = row->seq;
	session->appended_at = row->created_at;
	store_index_due(store, now);
	store_cache_changed(store, session);
	return store_settle_note(store, session, error);
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
