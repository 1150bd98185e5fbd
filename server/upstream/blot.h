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

/* As it is, and in base64 behind 0, 1 or 2 bytes, by both alphabets. */
#define BLOT_FORMS_MAX 7

/* A secret in its forms, itself first.  Starts as {0}: there is none. */
struct blot_secret {
	struct text forms[BLOT_FORMS_MAX];
	int count;
};

/* `key` NULL: none.  -1: out of memory. */
int blot_secret_init(struct blot_secret *secret, const char *key);
/* The secret itself; empty: there is none. */
struct slice blot_secret_itself(const struct blot_secret *secret);
/* Overwrites it first. */
void blot_secret_clear(struct blot_secret *secret);

/*
 * Puts stars over the secret wherever it stands from `from` on, also where
 * JSON spells it with escapes (in a text within a text too) or a URL does.
 * Returns where the bytes end in what may be the beginning of it, to be looked
 * at again with what follows; `length` if they do not.
 */
size_t blot(char *data, size_t length, size_t from,
	const struct blot_secret *secret);

/* Nothing follows: more than half of a secret is not shown either. */
void blot_end(char *data, size_t length, size_t from,
	const struct blot_secret *secret);

#endif
