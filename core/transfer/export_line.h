/* SPDX-License-Identifier: MIT */
/*
 * export_line.h - the lines of an export, as export.h shows them.  Each is
 * appended with its newline.
 */
#ifndef CORE_TRANSFER_EXPORT_LINE_H
#define CORE_TRANSFER_EXPORT_LINE_H

#include "core/store/session_list.h"
#include "core/transfer/export.h"

void export_line_session(struct text *out, const struct session_row *row);

/* Of a message that the session shows, or has archived. */
void export_line_message(struct text *out, const struct session *session,
	const struct message_row *row);

/* The session at hand is to be forgotten. */
void export_line_dropped(struct text *out, const struct exporter *exporter);

/* So many of its messages are damaged. */
void export_line_lost(struct text *out, const struct exporter *exporter);

/* Tells what is damaged, of all sessions. */
void export_line_damages(struct text *out, const struct exporter *exporter);

#endif
