/* SPDX-License-Identifier: MIT */
/*
 * recent.h - the newest messages of sessions that were read lately.
 *
 * The handles of a process share one cache: reads fill it, and the commit of a
 * batch appends to it, so that a read behind a write asks no table.  Its rule:
 * no read shows a version below one that was shown or acknowledged before.
 *
 * - Before a commit the sessions of the batch are marked as changing: they are
 *   not found, and nothing is put for them.  After it, before any reply, they
 *   are appended to or dropped.
 * - A read asks for the number of commits before it begins, and what it puts is
 *   refused if its session has changed since, also if it was dropped meanwhile.
 * - A session that is not there is not kept, and one that is gone by its time
 *   is for the caller to see.
 *
 * It is for an engine that no other process writes to.  Any thread may call
 * these.  A tenant's oldest go first, of the tenant that has most.
 */
#ifndef CORE_STORE_RECENT_H
#define CORE_STORE_RECENT_H

#include "core/store/recent_view.h"

struct store_changes;
struct store_recent;

/* `most` bytes; 0: *out is NULL.  -1: out of memory. */
int store_recent_new(struct store_recent **out, size_t most);
/* Accepts NULL. */
void store_recent_free(struct store_recent *recent);

/* The number of commits so far. */
uint64_t store_recent_number(struct store_recent *recent);
/* Fills a view but for its bodies, to be cleared; false: it is not there, or is
 * changing. */
bool store_recent_find(struct store_recent *recent, struct session_ref ref,
	struct recent_view *out);
/* The answer that is kept with the session as it is; NULL: there is none. */
struct recent_body *store_recent_body(struct store_recent *recent,
	struct session_ref ref, int64_t now,
	const struct recent_question *question);
/*
 * Keeps the view, beside what is known of the same version.  Takes its
 * references over.
 */
void store_recent_put(struct store_recent *recent, uint64_t number,
	struct session_ref ref, struct recent_view *view);
/* Is the session there? */
bool store_recent_has(struct store_recent *recent, uint64_t key);
void store_recent_drop(struct store_recent *recent, struct session_ref ref);

/* Before a commit. */
void store_recent_begin(
	struct store_recent *recent, const struct store_changes *changes);
/*
 * After it.  Sessions that were only appended to are shown with that; `count`
 * is 0 if the commit failed.
 */
void store_recent_end(struct store_recent *recent,
	const struct store_changes *changes, const struct recent_change *all,
	size_t count);

/* This read of a handle asks the tables: it is one of several. */
void store_pass_recent(struct store *store);
/*
 * Keeps an answer of this read with the session that it found first: it depends
 * on that session as it is and on the question.  Takes it; NULL: there is none.
 */
void store_recent_answer(struct store *store, struct recent_body *body);

struct recent_figures {
	uint64_t hits, misses;
	size_t bytes, sessions;
};
struct recent_figures store_recent_figures(struct store_recent *recent);

#endif
