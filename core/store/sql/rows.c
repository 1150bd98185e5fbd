/* SPDX-License-Identifier: MIT */
/*
 * rows.c - sessions and messages, read from the rows of any statement.
 */
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

#include <string.h>

int64_t store_retained_for(int64_t retain_retired)
{
	return retain_retired < 0 ? STORE_RETAIN : retain_retired;
}

void store_read_session(const struct query *query, struct session *out)
{
	struct slice mark = query_get_text(query, SESSION_MARK);

	*out = (struct session){
		.id = query_get_number(query, SESSION_ID),
		.history = query_get_number(query, SESSION_HISTORY),
		.last_seq = query_get_number(query, SESSION_LAST_SEQ),
		.edits = query_get_number(query, SESSION_EDITS),
		.removed = query_get_number(query, SESSION_REMOVED),
		.created_at = query_get_number(query, SESSION_CREATED_AT),
		.touched_at = query_get_number(query, SESSION_TOUCHED_AT),
		.inherited = query_get_number(query, SESSION_INHERITED),
		.purged = query_get_number(query, SESSION_PURGED),
		.retain_retired = store_retained_for(
			query_get_number(query, SESSION_RETAIN)),
		.ttl_seconds = query_get_number(query, SESSION_TTL),
		.appended_at = query_get_number(query, SESSION_APPENDED_AT),
		.disowned = query_get_number(query, SESSION_DISOWNED),
	};
	if (mark.length == MARK_LENGTH)
		memcpy(out->mark, mark.data, MARK_LENGTH);
}

enum message_type store_message_type(const struct query *query)
{
	return (enum message_type)query_get_number(query, MESSAGE_TYPE);
}

void store_message_read(const struct query *query, struct message_row *row)
{
	row->seq = query_get_number(query, MESSAGE_SEQ);
	row->message.form =
		(enum message_form)query_get_number(query, MESSAGE_FORM);
	row->message.type = store_message_type(query);
	row->created_at = query_get_number(query, MESSAGE_CREATED_AT);
	row->updated_at = query_get_number(query, MESSAGE_UPDATED_AT);
	row->message.type_sent = query_get_text(query, MESSAGE_TYPE_SENT);
	row->message.id = query_get_text(query, MESSAGE_ID);
	row->message.client_created_at =
		query_get_text(query, MESSAGE_CLIENT_CREATED_AT);
	row->message.body = query_get_text(query, MESSAGE_BODY);
	row->born = query_get_number(query, MESSAGE_BORN);
}
