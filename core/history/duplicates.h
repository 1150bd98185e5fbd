/* SPDX-License-Identifier: MIT */
/*
 * duplicates.h - messages of a request whose ids the history has already.
 */
#ifndef CORE_HISTORY_DUPLICATES_H
#define CORE_HISTORY_DUPLICATES_H

#include "core/history/history.h"
#include "core/store/message_ids.h"

/* The message with the id of one that came. */
struct duplicate {
	int64_t seq; /* where it is; 0: nowhere */
	bool same;   /* in type and data, whichever form each came in */
};

/* Starts as { 0 }; duplicates_clear() frees it. */
struct duplicates {
	struct store *store; /* this and the next two are borrowed */
	const struct history_edit *edit;
	const struct message_list *list;
	int64_t last_seq; /* the session's, before the first of the list */
	struct message_ids ids;
	struct duplicate *found; /* of each message; NULL: none has an id */
};

/*
 * Looks all ids of the list up at once, in edit->session, before the first of
 * its messages is appended.
 */
int duplicates_find(struct duplicates *duplicates, struct store *store,
	const struct history_edit *edit, const struct message_list *list,
	struct error *error);

/* Tells of message i, which has an id; those before it are appended. */
int duplicates_get(const struct duplicates *duplicates, size_t i,
	struct duplicate *out, struct error *error);

void duplicates_clear(struct duplicates *duplicates);

#endif
