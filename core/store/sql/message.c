/* SPDX-License-Identifier: MIT */
/*
 * message.c - messages: appended, and read from their rows.
 */
#include "core/store/checksum.h"
#include "core/store/pieces.h"
#include "core/store/sql/session_cache.h"

/* The parameters of the statements. */
enum {
	APPEND_HISTORY = 1,
	APPEND_SEQ,
	APPEND_BORN,
	APPEND_FORM,
	APPEND_TYPE,
	APPEND_NOW,
	APPEND_TYPE_SENT,
	APPEND_ID,
	APPEND_CLIENT_CREATED_AT,
	APPEND_BODY,
	APPEND_CHECKSUM,
	APPEND_ANSWER
};

const char *const message_sql[SQL_COUNT] = {
	[SQL_MESSAGE_APPEND] =
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, type_sent, client_id, client_created_at, body,"
		" checksum, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
		" ?10, ?11, ?12)",
};

/* Servers of before, which may share the tables, know that of contents only. */
int64_t store_checksum(const struct store *store, const struct message *message,
	const struct checksum_place *place)
{
	const int64_t contents = checksum_of_message(message);

	return store->ops->shared ? contents : checksum_of_row(contents, place);
}

static void message_remember(struct store *store, const struct session *session,
	const struct message *message, const struct checksum_place *place)
{
	struct message_row row = {
		.message = *message,
		.seq = place->seq,
		.created_at = place->created_at,
		.born = place->born,
		.mark = { session->id_mark, MARK_LENGTH },
	};

	row.message.id = place->id;
	store_writing_appended(store, session, &row);
}

static int message_insert(struct store *store, const struct session *session,
	const struct message *message, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_MESSAGE_APPEND);
	char made[STORE_ID_BYTES];
	const struct checksum_place place = {
		.history = session->history,
		.seq = session->last_seq + 1,
		.born = session_version(session) + 1,
		.created_at = now,
		.answer = message->answer,
		.id = store_id_to_keep(
			session, message, session->last_seq + 1, made),
	};

	query_number(&query, APPEND_HISTORY, place.history);
	query_number(&query, APPEND_SEQ, place.seq);
	query_number(&query, APPEND_BORN, place.born);
	query_number(&query, APPEND_FORM, message->form);
	query_number(&query, APPEND_TYPE, message->type);
	query_number(&query, APPEND_NOW, now);
	query_optional(&query, APPEND_TYPE_SENT, message->type_sent);
	query_optional(&query, APPEND_ID, place.id);
	query_optional(
		&query, APPEND_CLIENT_CREATED_AT, message->client_created_at);
	query_text(&query, APPEND_BODY, message->body);
	query_number(&query, APPEND_CHECKSUM,
		store_checksum(store, message, &place));
	query_number(&query, APPEND_ANSWER, message->answer);
	message_remember(store, session, message, &place);
	return query_run(&query, error);
}

int store_message_append(struct store *store, struct session *session,
	const struct message *message, int64_t now, struct error *error)
{
	const int64_t at = session_write_time(session, now);

	if (message_insert(store, session, message, at, error) ||
		store_usage_message(store, session, message->body, error))
		return -1;
	session->last_seq++;
	session->appended_at = at;
	store_index_due(store, now);
	store_cache_changed(store, session);
	if (message->id.length)
		store_expect_appended(store, session->id, message->id);
	if (store_settle_note(store, session, error))
		return -1;
	return at - session->touched_at < STORE_TOUCH_AFTER
		       ? 0
		       : store_session_touch(store, session, at, error);
}
