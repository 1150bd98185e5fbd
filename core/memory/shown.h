/* SPDX-License-Identifier: MIT */
/*
 * shown.h - the messages of a memory variable, in the form that is asked for.
 */
#ifndef CORE_MEMORY_SHOWN_H
#define CORE_MEMORY_SHOWN_H

#include "schema/text.h"

struct form_ops;
struct history_page;
struct message;
struct message_row;
struct session;

struct shown {
	/* NULL: as they came.  Its shape is no line. */
	const struct form_ops *form;
	struct text *marks; /* of core/history/joined.h */
};

/* Appends the messages that one is to a chat; `context` is a struct shown. */
void shown_write(struct text *out, const struct session *session,
	const struct message_row *row, const void *context);

/* Appends a message that is not the session's. */
void shown_write_made(struct text *out, const struct message *message,
	const struct shown *shown);

/* All of a list, from `begun` on, are written: the rows of a page. */
void shown_finish(struct text *out, size_t begun, const struct shown *shown,
	const struct history_page *page);

#endif
