/* SPDX-License-Identifier: MIT */
/*
 * counts.c - a hash table without locks.
 *
 * A number is kept in two words: the number itself, and the check of its key
 * with the number over it.  A reader that meets a writer half way sees two
 * words that do not fit, and counts anew.
 */
#include "schema/tokens/counts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define COUNTS_WAYS 4

struct counts_entry {
	_Atomic uint64_t check;
	_Atomic uint64_t tokens; /* plus one; 0: nothing */
};

struct counts {
	uint64_t secret[4];
	uint64_t buckets; /* less one: a mask */
	struct counts_entry entries[][COUNTS_WAYS];
};

struct counts *counts_new(unsigned bits)
{
	const size_t buckets = (size_t)1 << bits;
	struct counts *counts =
		calloc(1, sizeof(*counts) + buckets * sizeof(*counts->entries));

	if (counts == NULL)
		return NULL;
	counts->buckets = buckets - 1;
	if (getrandom(counts->secret, sizeof(counts->secret), 0) < 0) {
		free(counts);
		return NULL;
	}
	return counts;
}

void counts_free(struct counts *counts)
{
	free(counts);
}

/* The two halves of the product of two numbers, one over the other. */
static uint64_t counts_mix(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	__extension__ const unsigned __int128 product =
		(unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
	const uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
	const uint64_t one = (a >> 32) * (b & UINT32_MAX);
	const uint64_t two =
		(a & UINT32_MAX) * (b >> 32) + (low >> 32) + (one & UINT32_MAX);

	return (a * b) ^ ((a >> 32) * (b >> 32) + (one >> 32) + (two >> 32));
#endif
}

struct counts_key counts_key_of(
	const struct counts *counts, struct slice bytes, unsigned form)
{
	const uint64_t *secret = counts->secret;
	uint64_t place = secret[0] ^ bytes.length, check = secret[1] ^ form;
	uint64_t words[2];

	for (; bytes.length > 16; bytes.data += 16, bytes.length -= 16) {
		memcpy(words, bytes.data, 16);
		place = counts_mix(place ^ words[0], words[1] ^ secret[2]);
		check = counts_mix(check ^ words[1], words[0] ^ secret[3]);
	}
	memset(words, 0, sizeof(words));
	if (bytes.length > 0)
		memcpy(words, bytes.data, bytes.length);
	return (struct counts_key){
		counts_mix(place ^ words[0], words[1] ^ secret[2]),
		counts_mix(check ^ words[1], words[0] ^ secret[3]),
	};
}

static const struct counts_entry *counts_bucket(
	const struct counts *counts, const struct counts_key *key)
{
	return counts->entries[key->place & counts->buckets];
}

/* The bits of `place` that tell no bucket are in the check too. */
static uint64_t counts_check(const struct counts_key *key)
{
	return key->check ^ key->place;
}

int64_t counts_find(const struct counts *counts, const struct counts_key *key)
{
	const struct counts_entry *entry = counts_bucket(counts, key);

	for (int i = 0; i < COUNTS_WAYS; i++, entry++) {
		const uint64_t tokens = atomic_load_explicit(
			&entry->tokens, memory_order_relaxed);
		const uint64_t check = atomic_load_explicit(
			&entry->check, memory_order_relaxed);

		if (tokens != 0 && (check ^ tokens) == counts_check(key))
			return (int64_t)(tokens - 1);
	}
	return -1;
}

void counts_keep(
	struct counts *counts, const struct counts_key *key, int64_t tokens)
{
	struct counts_entry *bucket =
		counts->entries[key->place & counts->buckets];
	const uint64_t value = (uint64_t)tokens + 1;
	size_t way = 0;

	if (tokens < 0)
		return;
	while (way < COUNTS_WAYS && atomic_load_explicit(&bucket[way].tokens,
					    memory_order_relaxed) != 0)
		way++;
	if (way == COUNTS_WAYS) /* full: one goes, whichever */
		way = key->check % COUNTS_WAYS;
	atomic_store_explicit(&bucket[way].check, counts_check(key) ^ value,
		memory_order_relaxed);
	atomic_store_explicit(&bucket[way].tokens, value, memory_order_relaxed);
}
