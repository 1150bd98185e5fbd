/* SPDX-License-Identifier: MIT */
/*
 * recent.h - a handle's part in the cache of newest messages: see
 * core/store/recent.h.
 *
 * A read that finds its session there asks no table until it needs more than
 * is kept.  Then it looks whether the tables still have the session as it was
 * found; where they do not the read fails, store_retries() is true, and the
 * next one passes the cache by.
 */
#ifndef CORE_STORE_SQL_RECENT_H
#define CORE_STORE_SQL_RECENT_H

#include "core/store/engine.h"
#include "core/store/recent.h"

struct message_walk;
struct recent_reading;
struct recent_writing;

/* --- reads: recent_read.c ---------------------------------------------------
 */

/* All of these accept a handle without a cache. */
int store_reading_open(struct store *store, struct error *error);
void store_reading_close(struct store *store);
void store_reading_begin(struct store *store);
/* Puts what was read. */
void store_reading_end(struct store *store);
/* The first session of the read, if it is there. */
bool store_reading_find(
	struct store *store, struct session_ref ref, struct session *out);
/* It was found in the tables, alive. */
void store_reading_found(struct store *store, struct session_ref ref,
	const struct session *session);
/* NULL: it is not known. */
const struct session_profile *store_reading_profile(
	const struct store *store, int64_t session);
void store_reading_learn_profile(struct store *store,
	const struct session *session, const struct session_profile *profile);
/*
 * Visits what is kept of a list.  False: `what` is the rest of it, which is to
 * be read from the tables, and noted.
 */
bool store_reading_list(struct store *store, const struct session *session,
	struct message_query *what, struct message_visitor visitor);
/* A row of that; `whole`: the list went to the end of the history. */
void store_reading_note(struct store *store, const struct message_row *row);
void store_reading_forget(struct store *store);
void store_reading_noted(struct store *store, bool whole);
/* Before each statement.  False: the session has changed since. */
bool store_reading_holds(struct store *store);
/* refused.c: it fails. */
struct query store_refused_query(void);

/* --- batches: recent_write.c ------------------------------------------------
 */

int store_writing_open(struct store *store, struct error *error);
void store_writing_close(struct store *store);
/* Others may have written, or do: nothing is kept until a batch begins. */
void store_writing_doubt(struct store *store);
void store_writing_begin(struct store *store);
/* The session was changed; it is no more; it has a new message. */
void store_writing_changed(struct store *store, const struct session *session);
void store_writing_dropped(struct store *store, const struct session *session);
void store_writing_appended(struct store *store, const struct session *session,
	const struct message_row *row);
/* A member begins; it is undone. */
void store_writing_enter(struct store *store);
void store_writing_undo(struct store *store);
/* Around a commit. */
void store_writing_commit(struct store *store);
void store_writing_end(struct store *store, bool done);

#endif
