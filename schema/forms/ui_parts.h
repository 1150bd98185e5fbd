/* SPDX-License-Identifier: MIT */
/*
 * ui_parts.h - the messages of a chat that a UIMessage is.
 *
 * An assistant's parts are steps, between step-start parts: each is a message
 * with the text and the calls of the step, then a message for each result.  A
 * call without a result is none, for what answers it comes with an edit.  Of
 * several that have one id in a step all but the first get another.
 */
#ifndef SCHEMA_FORMS_UI_PARTS_H
#define SCHEMA_FORMS_UI_PARTS_H

#include "schema/message/message.h"

/*
 * Visits the messages, each in stored form and borrowed until the visit ends;
 * at least one.  `visit` returns 0 to go on.  -1: out of memory, else what the
 * last visit returned.
 */
int ui_parts_visit(const struct message *message,
	int (*visit)(void *context, const struct message *part), void *context);

/* Appends the data of a message of a step's parts, but for the results. */
void ui_parts_put_data(
	struct text *out, struct slice step, enum message_type type);

/* A call or result of a tool, the name as the inside of a JSON string. */
struct ui_tool {
	struct slice name;
	struct slice id; /* a JSON string */
	struct slice state;
};
bool ui_parts_is_tool(struct slice part, struct ui_tool *tool);

/* Is it one whose result has come? */
bool ui_parts_has_result(struct slice part, struct ui_tool *tool);

#endif
