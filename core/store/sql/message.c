/* SPDX-License-Identifier: MIT */
/*
 * message.c - messages: appended, and read from their rows.
 */
#include "core/store/sql/sql.h"

static int message_insert(struct store *store, const struct session *session,
	const struct message *message, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_MESSAGE_APPEND);

	query_number(&query, 1, session->history);
	query_number(&query, 2, session->last_seq + 1);
	query_number(&query, 3, session_version(session) + 1);
	query_number(&query, 4, message->form);
	query_number(&query, 5, message->type);
	query_number(&query, 6, now);
	query_optional(&query, 7, message->type_sent);
	query_optional(&query, 8, message->id);
	query_optional(&query, 9, message->client_created_at);
	query_text(&query, 10, message->body);
	return query_run(&query, error);
}

int store_message_append(struct store *store, struct session *session,
	const struct message *message, int64_t now, struct error *error)
{
	if (message_insert(store, session, message, now, error))
		return -1;
	session->last_seq++;
	session->appended_at = now;
	store_index_due(store, now);
	store_cache_changed(store, session);
	return now - session->touched_at < STORE_TOUCH_AFTER
		       ? 0
		       : store_session_touch(store, session, now, error);
}
