/* SPDX-License-Identifier: MIT */
/*
 * source.h - the body of a reply that is made bit by bit, while it is sent.
 *
 * A source knows where it is, never what is to come: a slow reader costs no
 * memory.  It may keep pointers into the request, but not into its body.
 */
#ifndef SERVER_API_SOURCE_H
#define SERVER_API_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/observe/deliveries.h"

struct error;
struct store;
struct text;

enum source_state {
	SOURCE_FAILED = -1,
	SOURCE_MORE, /* ask again when what it has appended, if any, is sent */
	SOURCE_WAIT, /* nothing more before something happens */
	SOURCE_END,
};

#define SOURCE_BYTES ((size_t)64 << 10)

struct source {
	/*
	 * Appends about SOURCE_BYTES at most.  Runs where the requests do that
	 * read, inside a read that has been begun, at `now`.
	 */
	enum source_state (*next)(struct source *source, struct store *store,
		int64_t now, struct text *out, struct error *error);
	void (*free)(struct source *source);
	/* Told of the end of it, and what becomes of that; NULL: no need. */
	void (*delivered)(struct source *source, enum delivery delivery);
	/* store_session_key() of the session whose changes end a WAIT. */
	uint64_t key;
	bool storeless; /* it can do with a store of NULL */
	bool bytes;	/* no events: no comment may stand among them */
	/*
	 * It comes to an end: a stop waits for that, and a reader must see
	 * when not all of it came.
	 */
	bool whole;
};

#endif
