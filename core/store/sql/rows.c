/* SPDX-License-Identifier: MIT */
/*
 * rows.c - sessions and messages, read from the rows of any statement.
 */
#include "core/store/sql/sql.h"

#include <string.h>

int64_t store_retained_for(int64_t retain_retired)
{
	return retain_retired < 0 ? STORE_RETAIN : retain_retired;
}

void store_read_session(const struct query *query, struct session *out)
{
	struct slice mark = query_get_text(query, 7);

	*out = (struct session){
		.id = query_get_number(query, 0),
		.history = query_get_number(query, 1),
		.last_seq = query_get_number(query, 2),
		.edits = query_get_number(query, 3),
		.removed = query_get_number(query, 4),
		.created_at = query_get_number(query, 5),
		.touched_at = query_get_number(query, 6),
		.inherited = query_get_number(query, 8),
		.purged = query_get_number(query, 9),
		.retain_retired =
			store_retained_for(query_get_number(query, 10)),
		.ttl_seconds = query_get_number(query, 11),
		.appended_at = query_get_number(query, 12),
		.disowned = query_get_number(query, 13),
	};
	if (mark.length == MARK_LENGTH)
		memcpy(out->mark, mark.data, MARK_LENGTH);
}

enum message_type store_message_type(const struct query *query)
{
	return (enum message_type)query_get_number(query, 2);
}

void store_message_read(const struct query *query, struct message_row *row)
{
	row->seq = query_get_number(query, 0);
	row->message.form = (enum message_form)query_get_number(query, 1);
	row->message.type = store_message_type(query);
	row->created_at = query_get_number(query, 3);
	row->updated_at = query_get_number(query, 4);
	row->message.type_sent = query_get_text(query, 5);
	row->message.id = query_get_text(query, 6);
	row->message.client_created_at = query_get_text(query, 7);
	row->message.body = query_get_text(query, 8);
	row->born = query_get_number(query, 9);
}
