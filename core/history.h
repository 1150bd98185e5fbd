/* SPDX-License-Identifier: MIT */
/*
 * history.h - ChatMessageHistory: what is done with a session's messages.
 *
 * Verbs over store.h; the caller has begun the batch or the read.
 */
#ifndef CORE_HISTORY_H
#define CORE_HISTORY_H

#include "store.h"

/* Where an appended message is: its seq and whether it was there before. */
struct appended {
	int64_t seq;
	bool repeated;
};

/*
 * Appends all messages of the list to the session `name`, which is made if
 * there is none and the list is not empty.  A message whose id is already
 * there with the same type and data is not stored again; with others the
 * whole call is ERROR_KEY_REUSED.  appended[i] belongs to list->items[i].
 */
int history_append(struct store *store, struct slice tenant, struct slice name,
	const struct message_list *list, int64_t now, struct session *session,
	struct appended *appended, struct error *error);

/*
 * The server's id of a message without one: the mark, "-", the seq.
 */
void history_message_id(struct text *out, const struct session *session,
	const struct message_row *row);

/*
 * Visits the newest `count` messages, oldest first, as far as `max_bytes` of
 * bodies allow; *omitted becomes true if that cut some.
 */
int history_last(struct store *store, const struct session *session,
	int64_t count, size_t max_bytes,
	int (*visit)(void *context, const struct message_row *row),
	void *context, bool *omitted, struct error *error);

#endif
