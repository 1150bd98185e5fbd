/* SPDX-License-Identifier: MIT */
/*
 * history.h - ChatMessageHistory: what is done with a session's messages.
 *
 * Verbs over store.h; the caller has begun the batch or the read.
 */
#ifndef CORE_HISTORY_HISTORY_H
#define CORE_HISTORY_HISTORY_H

#include "core/store/store.h"

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

/* Is this the id that the message is known by? */
bool history_id_is(const struct message_row *row, struct slice id);

/*
 * Are two messages, each written as JSON by `write`, the same value?  1 or 0;
 * -1: out of memory.
 */
int history_same(const struct message *a, const struct message *b,
	void (*write)(struct text *out, const struct message *message));

/* What replaced a part of a history. */
struct replaced {
	size_t kept;	 /* of the list: they were there already */
	int64_t removed; /* messages */
};

/*
 * Makes the history after the seq `after` what the list says.  What it begins
 * with and has already stays as it is; the rest is removed (one edit), and
 * what is new is appended.  Messages are the same if type and data of their
 * LangChain forms are, as JSON values, and the id that the list gives, if it
 * gives one.  `appended` is of the list's items from `kept` on.
 */
int history_replace(struct store *store, struct slice tenant, struct slice name,
	int64_t after, const struct message_list *list, int64_t now,
	struct session *session, struct replaced *replaced,
	struct appended *appended, struct error *error);

/*
 * Does the history end with these messages, compared so?  *after is the seq
 * before the first of them.
 */
int history_ends_with(struct store *store, const struct session *session,
	const struct message_list *list, int64_t *after, bool *ends,
	struct error *error);

/*
 * How many of the list's messages the history has: all of its own if the list
 * begins with the whole history, else 0.  Compared as JSON values in OpenAI's
 * form, where members that are null or empty do not count: clients leave them
 * out as they like.
 */
int history_overlap(struct store *store, const struct session *session,
	const struct message_list *list, size_t *known, struct error *error);

/* What a window shows, in sum. */
struct history_figures {
	int64_t first_seq; /* 0: it is empty */
	int64_t tokens;	   /* of all, by tokens_approx() */
	int64_t omitted;   /* messages of the session that are not in it */
};

/*
 * Messages written one after the other, with `separator` between them: what a
 * page, a buffer string and a list of memory have in common.
 */
struct history_page {
	struct message_query query;
	/* Write in the opposite order: the newest N, oldest first. */
	bool reverse;
	/* Ends before it grows beyond this, but not before one message. */
	size_t max_bytes;
	struct slice separator;
	void (*write)(struct text *out, const struct session *session,
		const struct message_row *row, const void *context);
	const void *context;
	/* Gets first_seq and tokens added up; NULL: not asked. */
	struct history_figures *figures;
	/* Results: how many were written, and whether there were more. */
	int64_t count;
	bool more;
};

/* Appends the page to `out`. */
int history_write(struct store *store, const struct session *session,
	struct history_page *page, struct text *out, struct error *error);

/* Counts one message that is written; -1: out of memory. */
int history_count(
	const struct history_page *page, const struct message_row *row);

#endif
