/* SPDX-License-Identifier: MIT */
/*
 * conversation.h - sessions as OpenAI's conversations, and their items.
 *
 * Names that begin with "conv_" are made by POST /v1/conversations only; any
 * other conversation is made by its first items, and until then is empty.
 */
#ifndef SERVER_API_CONVERSATION_H
#define SERVER_API_CONVERSATION_H

#include "schema/forms/items_shown.h"
#include "server/api/handlers.h"

#define CONVERSATION_PREFIX "conv_"

/* Finds it; id 0: it is still to be made.  ERROR_NOT_FOUND: it cannot be. */
int conversation_find(struct store *store, const struct request *request,
	struct session *session, struct error *error);

/* Appends {"id":…,"object":"conversation",…}. */
void conversation_write(struct text *out, struct slice name, int64_t created_at,
	struct slice metadata);
/* Replies 200 with the conversation as it is. */
int reply_conversation(struct store *store, const struct session *session,
	struct slice name, struct reply *reply, struct error *error);

/* --- items -------------------------------------------------------------- */

/* The items of a message while they are written; starts with {0}. */
struct item_writer {
	const struct session *session;
	struct items_shown shown;
	struct text id; /* of the message, a JSON string */
};
void item_writer_clear(struct item_writer *writer);
/* Finds the items that the row is; -1: out of memory. */
int item_writer_read(struct item_writer *writer, const struct message_row *row);
/* Appends one of them, counted from 1. */
void item_write(const struct item_writer *writer, struct text *out,
	const struct message_row *row, size_t part);

/* A place among the items of a conversation. */
struct item_place {
	int64_t seq; /* 0: there is no such item */
	size_t part; /* its number among the items of the message, from 1 */
};
/*
 * The later items of a message have its id, a dot and their number.  Cuts that
 * off and gives the number; 0: there is none.
 */
size_t item_split(struct slice *id);
/* Finds the item of this id.  The message may be damaged, and is not read. */
int item_find(struct store *store, const struct session *session,
	struct slice id, struct item_place *place, struct error *error);
/* Appends the item, or nothing if it is not there. */
int item_read(struct store *store, const struct session *session,
	const struct item_place *place, struct text *out, struct error *error);
/* The same of the item with this id in whatever session of the tenant. */
int item_seek(struct store *store, const struct request *request,
	struct slice id, struct text *out, struct error *error);

#endif
