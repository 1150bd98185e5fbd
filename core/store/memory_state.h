/* SPDX-License-Identifier: MIT */
/*
 * memory_state.h - what memory classes keep of a session.
 *
 * A state is true of the session as it is: where a message at or below its
 * seq is changed or removed it goes in the same transaction, with its items,
 * and a fork has it only if that begins with all these messages.  A state
 * without bytes is no more than its items: it goes back to the last one before
 * that message.
 */
#ifndef CORE_STORE_MEMORY_STATE_H
#define CORE_STORE_MEMORY_STATE_H

#include "core/store/store.h"

/* Of which session it is, of which class, and under which memory key. */
struct state_key {
	const struct session *session;
	struct slice class;
	struct slice memory_key;
};

struct session_state {
	int64_t seq; /* made of the messages up to this one; 0: there is none */
	int64_t edits; /* the session's then */
	struct slice bytes;
};

/*
 * Reads it; the bytes are appended to `buf`, which the caller clears, and
 * borrowed until it changes.
 */
int store_memory_state_find(struct store *store, const struct state_key *key,
	struct text *buf, struct session_state *out, struct error *error);

/* Writes it in place of the one before; `edits` is the session's. */
int store_memory_state_keep(struct store *store, const struct state_key *key,
	const struct session_state *state, struct error *error);

/* Removes what is made of messages from seq `first` on; 0: all of it. */
int store_memory_state_forget(struct store *store,
	const struct session *session, int64_t first, struct error *error);

/* An item belongs to one message, or to those that end with it. */
int store_memory_item_keep(struct store *store, const struct state_key *key,
	int64_t seq, struct slice bytes, struct error *error);

/* Is called for each item; returns 0 to go on and 1 to stop. */
struct item_visitor {
	int (*visit)(void *context, int64_t seq, struct slice bytes);
	void *context;
};

/* In the order of the seqs. */
int store_memory_item_list(struct store *store, const struct state_key *key,
	struct item_visitor visitor, struct error *error);

#endif
