/* SPDX-License-Identifier: MIT */
/*
 * blot.h - the key to the upstream is in nothing that the upstream says.
 *
 * Some servers echo the key that they were sent.  All bytes of an answer pass
 * here before anybody else sees them.
 */
#ifndef SERVER_UPSTREAM_BLOT_H
#define SERVER_UPSTREAM_BLOT_H

#include "schema/text.h"

/*
 * A shorter key is a word ("ollama", "none") and no secret: to blot it out of
 * an answer would damage a transcript.
 */
#define BLOT_SECRET_MIN 8

/*
 * Puts stars over the secret wherever it stands from `from` on, also where
 * JSON spells it with escapes.  Returns where the bytes end in what may be the
 * beginning of it, to be looked at again with what follows; `length` if they
 * do not.
 */
size_t blot(char *data, size_t length, size_t from, struct slice secret);

/* Nothing follows: more than half of a secret is not shown either. */
void blot_end(char *data, size_t length, size_t from, struct slice secret);

#endif
