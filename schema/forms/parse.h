/* SPDX-License-Identifier: MIT */
/*
 * parse.h - messages as they come in, in any form.
 *
 * schema/forms/form.c has the first function, item_list.c the second and
 * envelope.c the third.  The list borrows from the JSON, which is valid and
 * compact and outlives it.  ERROR_INVALID says where the fault is, as in
 * `messages[2].data.content is missing`.
 */
#ifndef SCHEMA_FORMS_PARSE_H
#define SCHEMA_FORMS_PARSE_H

#include "schema/message/message.h"

/* Reads one message and adds it to the list; `path` names it in the errors. */
int message_parse(struct message_list *list, struct slice value,
	const char *path, struct error *error);

/*
 * Reads an array of OpenAI's items, and nothing else; `name` is the member that
 * it is.  An item's own id is that of the message; it may be null or empty.
 */
int message_items_parse(struct message_list *list, struct slice value,
	const char *name, struct error *error);

/*
 * Reads a request's body: one message, an array of them, or the envelope
 * {"messages":[…],"metadata":{…}}.  The path of a single one is `message`.
 */
int message_list_parse(
	struct message_list *list, struct slice body, struct error *error);

#endif
