/* SPDX-License-Identifier: MIT */
/*
 * history.h - ChatMessageHistory: what is done with a session's messages.
 *
 * One file each: append.c, replace.c, tail.c, overlap_read.c; page.h and
 * window.h are for what is read.  Verbs over store.h: the caller has begun the
 * batch or the read.  After a failure the batch is to be rolled back to where
 * the call began; the error is described.
 */
#ifndef CORE_HISTORY_HISTORY_H
#define CORE_HISTORY_HISTORY_H

#include "core/history/overlap.h"
#include "core/store/message_ids.h"
#include "core/store/store.h"

/* Where an appended message is. */
struct history_appended {
	int64_t seq;
	bool repeated; /* it was there before, and is not stored again */
};

/* A change of one history: whose, when, and what became of it. */
struct history_edit {
	struct session_ref ref;
	int64_t now; /* milliseconds since 1970 */
	/* The caller's array, of as many as the list has messages. */
	struct history_appended *appended;
	/*
	 * A replacement keeps those it removes until the session is erased, and
	 * removes none of the last where the list can be a window that goes on.
	 */
	bool archives;

	/* Results. */
	struct session session; /* as it is then; id 0: there is none */
	size_t kept;	 /* of a replacing list: they were there already */
	int64_t removed; /* messages, by a replacement */
};

/*
 * Appends all messages of the list to the session, which is made if there is
 * none and the list is not empty.  A message whose id is already there with
 * the same type and data is not stored again; with others it is edited, if its
 * form grows, or the whole call is ERROR_KEY_REUSED.  appended[i] is that of
 * list->items[i].
 */
int history_append(struct store *store, struct history_edit *edit,
	const struct message_list *list, struct error *error);

/* Edits the message of this seq in place: one edit. */
int history_edit_message(struct store *store, struct history_edit *edit,
	int64_t seq, const struct message *message, struct error *error);

/*
 * Makes the history after the seq `after` what the list says.  The messages
 * that both begin with stay as they are, and so do the last of the history that
 * the rest of the list begins with: a client's own window has dropped what is
 * between.  The rest of the history is removed (one edit), and the rest of the
 * list is appended.  Messages are the same if
 * type and data of their LangChain forms are, as JSON values, and the id that
 * the list gives, if it gives one; one whose form grows is edited where its id
 * is the same.  appended[i] is that of list->items[kept +
 * i].
 */
int history_replace(struct store *store, struct history_edit *edit,
	int64_t after, const struct message_list *list, struct error *error);

/* A list that rows are compared with, and the ids that it gives. */
struct history_items {
	const struct message_list *list;
	struct message_ids ids;
};
/* Borrows the list; the ids are to be cleared, also after a failure: -1. */
int history_items_make(struct history_items *out,
	const struct message_list *list, struct error *error);

/*
 * Is the row the list's item, compared so?  An item without an id is no row
 * that another item names.  1 or 0; -1: out of memory.
 */
int history_row_is(const struct message_row *row,
	const struct history_items *items, size_t at);

/* The last messages of a history, which a list begins with. */
struct history_tail {
	const struct message_list *list;
	int64_t after; /* what is looked at begins behind this seq */
	/* Results. */
	size_t count;	   /* of the list's messages; 0: there are none */
	int64_t first_seq; /* that of the first of them in the history */
};

/* Finds the longest such tail. */
int history_find_tail(struct store *store, const struct session *session,
	struct history_tail *tail, struct error *error);

/*
 * Does the history end with these messages, compared so?  1, with *after the
 * seq before the first of them, or 0; -1: it failed.
 */
int history_ends_with(struct store *store, const struct session *session,
	const struct message_list *list, int64_t *after, struct error *error);

/* The messages of a request, and what is known of it. */
struct history_request {
	const struct message_list *list;
	enum overlap_send send;
	int64_t arrived; /* the session's last seq when it arrived */
};

/* Tells which of them are new; numbers of messages in the list. */
struct history_overlap {
	/* The system messages that it begins with: those before this one. */
	size_t leading;
	size_t known; /* at least `leading`; those from here on are new */
	/* These between are the client's own, and not in the history. */
	size_t own_first, own_end;
	struct seq_range archived; /* to be archived; last 0: none */
	bool shortens;		   /* the first new one is an answer */
};

/*
 * Compares the request with the history by the rule of overlap.h; messages are
 * equal as message_key.h says.
 */
int history_find_overlap(struct store *store, const struct session *session,
	const struct history_request *request, struct history_overlap *out,
	struct error *error);

/* Appends the message's id: its own, or the mark, "-" and the seq. */
void history_message_id(struct text *out, const struct session *session,
	const struct message_row *row);

/* Is this the message's id, its own or the server's? */
bool history_id_is(const struct message_row *row, struct slice id);

/* Have two messages the same LangChain form?  1 or 0; -1: out of memory. */
int history_same(const struct message *a, const struct message *b);

#endif
