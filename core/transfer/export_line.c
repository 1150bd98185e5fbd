/* SPDX-License-Identifier: MIT */
/* export_line.c - the lines of an export. */
#include "core/transfer/export_line.h"

#include "core/history/history.h"
#include "schema/forms/form.h"
#include "schema/json/write.h"

void export_line_session(struct text *out, const struct session_row *row)
{
	const struct session *session = &row->session;

	json_begin_object(out);
	json_member_string(out, "session", row->name);
	json_member_string(out, "mark", slice_of(session->mark));
	json_member_number(out, "version", session_version(session));
	json_member_number(out, "last_seq", session->last_seq);
	json_member_number(
		out, "message_count", session_message_count(session));
	json_member_time(out, "created_at", session->created_at);
	json_member_time(out, "updated_at", row->updated_at);
	if (row->owner.length > 0)
		json_member_string(out, "owner", row->owner);
	else
		json_member_null(out, "owner");
	if (session->ttl_seconds > 0)
		json_member_number(out, "ttl_seconds", session->ttl_seconds);
	else
		json_member_null(out, "ttl_seconds");
	json_member_number(out, "retain_retired", session->retain_retired);
	json_member(out, "memory", row->memory);
	json_member(out, "metadata", row->metadata);
	json_end_object(out);
	text_append(out, "\n", 1);
}

void export_line_message(struct text *out, const struct session *session,
	const struct message_row *row)
{
	json_begin_object(out);
	json_member_number(out, "seq", row->seq);
	json_name(out, "id");
	history_message_id(out, session, row);
	json_member_time(out, "created_at", row->created_at);
	if (row->updated_at != 0)
		json_member_time(out, "updated_at", row->updated_at);
	if (row->message.client_created_at.length > 0)
		json_member(out, "client_created_at",
			row->message.client_created_at);
	if (row->message.answer)
		json_member_bool(out, "answer", true);
	if (row->archived > 0)
		json_member_number(out, "archived", row->archived);
	json_name(out, "message");
	format_sent(out, &row->message);
	json_end_object(out);
	text_append(out, "\n", 1);
}

void export_line_dropped(struct text *out, const struct exporter *exporter)
{
	json_begin_object(out);
	json_member_string(out, "session", text_view(&exporter->name));
	json_member_string(out, "mark", slice_of(exporter->mark));
	json_member_bool(out, "dropped", true);
	json_end_object(out);
	text_append(out, "\n", 1);
}

void export_line_lost(struct text *out, const struct exporter *exporter)
{
	json_begin_object(out);
	json_member_string(out, "session", text_view(&exporter->name));
	json_member_string(out, "mark", slice_of(exporter->mark));
	json_member_number(out, "lost", exporter->lost);
	json_end_object(out);
	text_append(out, "\n", 1);
}

void export_line_damages(struct text *out, const struct exporter *exporter)
{
	json_begin_object(out);
	json_name(out, "damaged");
	json_begin_array(out);
	text_slice(out, text_view(&exporter->damages));
	json_end_array(out);
	json_end_object(out);
	text_append(out, "\n", 1);
}
