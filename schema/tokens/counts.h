/* SPDX-License-Identifier: MIT */
/*
 * counts.h - the tokens of messages that were counted before.
 *
 * A message is known by what it says, so nothing must be told when it is
 * edited, forked or erased: 128 bits of a hash that begins with a secret.  The
 * table has a fixed size and forgets what was put in long ago.  Any number
 * of threads may use it at once.
 */
#ifndef SCHEMA_TOKENS_COUNTS_H
#define SCHEMA_TOKENS_COUNTS_H

#include "schema/text.h"

struct counts;

/*
 * Room for four times 1 << `bits` numbers, 16 bytes each; memory is taken as it
 * is filled.  NULL: out of memory, or there are no random numbers.
 */
struct counts *counts_new(unsigned bits);
void counts_free(struct counts *counts);

struct counts_key {
	uint64_t place;
	uint64_t check;
};

/* The key of what is said in `bytes`, in a form of this number. */
struct counts_key counts_key_of(
	const struct counts *counts, struct slice bytes, unsigned form);

/* The number that was kept with the key, or -1. */
int64_t counts_find(const struct counts *counts, const struct counts_key *key);

/* Keeps a number of tokens; does nothing if it is negative. */
void counts_keep(
	struct counts *counts, const struct counts_key *key, int64_t tokens);

#endif
