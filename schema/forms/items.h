/* SPDX-License-Identifier: MIT */
/*
 * items.h - the items of OpenAI's Responses API, of which several are a turn.
 */
#ifndef SCHEMA_FORMS_ITEMS_H
#define SCHEMA_FORMS_ITEMS_H

#include "schema/message/message.h"

/* The part that an item has in its answer. */
enum item_kind {
	ITEM_NONE = '.',    /* no item of an assistant */
	ITEM_THOUGHT = 't', /* means nothing without what follows it */
	ITEM_TEXT = 'm',
	ITEM_CALL = 'c', /* and all others */
};
char items_kind(const struct message *message);

/*
 * Do two that follow each other belong to one answer?  Behind a text another
 * thought or text begins another answer.
 */
bool items_kinds_continue(char first, char next);

/* Appends LangChain's data of an item. */
void items_put_data(struct text *out, const struct message *message);

/* Appends the items that a message of another form, a plain one, is. */
void items_write(struct text *out, const struct message *message);

/*
 * Is the body an item as it is?  A message of a chat is, if it has a text, or
 * no part at all, and nothing that items have not.
 */
bool items_is_item(const struct message *message);

/*
 * The item's type, as a JSON string, "message" where parts of such tell it;
 * and whose an item of this type is.
 */
struct slice items_type(struct slice item);
enum message_type items_type_of(struct slice item);
/* Is it the type of a call, or of what came of one? */
bool items_is_call(struct slice type);
bool items_is_output(struct slice type);

/*
 * The id of a server like this one that an item's id was made of: MARK-17 of
 * msg_MARK-17.  Of any other it is the id.
 */
struct slice items_id_bare(struct slice id);
/* Is it such a one, without a word? */
bool items_id_is_made(struct slice id);

#endif
