/* SPDX-License-Identifier: MIT */
/*
 * recent_body.h - what was answered of a session, for whoever asks it again.
 */
#ifndef CORE_STORE_RECENT_BODY_H
#define CORE_STORE_RECENT_BODY_H

#include "schema/text.h"

#include <stdatomic.h>

#define RECENT_BODIES 2 /* of a session */

/* It is another's if the address or the bytes are others. */
struct recent_question {
	const void *what;
	struct slice words;
};

/* Several threads read it; it never changes. */
struct recent_body {
	atomic_uint references;
	struct recent_question question;
	struct slice beside; /* what the caller needs besides; no alignment */
	struct slice body;
	char bytes[];
};

/* Copies all of them.  With one reference; NULL: out of memory. */
struct recent_body *recent_body_new(const struct recent_question *question,
	struct slice beside, struct slice body);
struct recent_body *recent_body_keep(struct recent_body *body);
/* Overwrites what goes with the last reference.  Accepts NULL. */
void recent_body_free(struct recent_body *body);

/* All of a session, the newest first; NULL: no more. */
struct recent_bodies {
	struct recent_body *all[RECENT_BODIES];
};

/* Borrows; NULL: it has none to this question. */
struct recent_body *recent_bodies_find(const struct recent_bodies *bodies,
	const struct recent_question *question);
/* Adds those of another list in place of the oldest; they stay that one's. */
void recent_bodies_join(
	struct recent_bodies *bodies, const struct recent_bodies *more);
void recent_bodies_clear(struct recent_bodies *bodies);
/* All bytes that they take. */
size_t recent_bodies_bytes(const struct recent_bodies *bodies);

#endif
