/* SPDX-License-Identifier: MIT */
/*
 * message_ids.h - the ids that clients gave to the messages of a list.
 */
#ifndef CORE_STORE_MESSAGE_IDS_H
#define CORE_STORE_MESSAGE_IDS_H

#include "core/store/store.h"

/* An id, and the first message of the list that has it. */
struct message_id {
	struct slice id;
	size_t index;
};

/* In the order of their bytes, each once.  Borrowed from the messages. */
struct message_ids {
	struct message_id *all;
	size_t count;
};

/* Gives those of `count` messages, to be cleared.  -1: out of memory. */
int message_ids_sort(
	struct message_ids *out, const struct message *messages, size_t count);
/* Borrows; NULL: it is none of them. */
struct message_id *message_ids_find(
	const struct message_ids *ids, struct slice id);
/* The same for the row's id, the client's or the server's. */
struct message_id *message_ids_find_row(
	const struct message_ids *ids, const struct message_row *row);
/* Appends them as a JSON array. */
void message_ids_write(struct text *out, const struct message_ids *ids);
/* Accepts {0}. */
void message_ids_clear(struct message_ids *ids);

/*
 * Visits each message that has one of these ids, a client's or the server's;
 * none of them holds U+0000.  Each history that the session sees is asked with
 * one statement, and one more if its server made some of them.  Its own
 * messages come first, and hide those of the same id that it shares.
 */
int store_message_find_ids(struct store *store, const struct session *session,
	const struct message_ids *ids, struct message_visitor visitor,
	struct error *error);

#endif
