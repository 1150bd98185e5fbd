/* SPDX-License-Identifier: MIT */
/*
 * words.h - numbers for texts: equal texts have the same.
 */
#ifndef CORE_HISTORY_WORDS_H
#define CORE_HISTORY_WORDS_H

#include "schema/text.h"

/* Starts as {0}; words_clear() frees it. */
struct words {
	struct text bytes; /* of all of them, one behind the other */
	struct word *items;
	size_t count;
	uint32_t *slots; /* a hash table: numbers, 0 where it is free */
	size_t slot_count;
	uint64_t seed;
};

/* The number of the text, from 1 on, which may be new; 0: out of memory. */
uint32_t words_add(struct words *words, struct slice text);

/* The number that the text has; 0: none. */
uint32_t words_find(const struct words *words, struct slice text);

void words_clear(struct words *words);

#endif
