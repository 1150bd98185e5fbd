/* SPDX-License-Identifier: MIT */
/* words.c - a hash table with a secret seed, so that no client can fill it. */
#include "core/history/words.h"

#include <stdlib.h>
#include <sys/random.h>

#include "core/store/checksum.h"

#define WORDS_SLOTS 64 /* at first; a power of two */

struct word {
	uint64_t hash;
	size_t at; /* in `bytes` */
	size_t length;
};

/* The slot that has the text's number, or the free one that is for it. */
static size_t words_slot(
	const struct words *words, struct slice text, uint64_t hash)
{
	size_t slot = hash & (words->slot_count - 1);

	while (words->slots[slot] != 0) {
		const struct word *word = &words->items[words->slots[slot] - 1];
		const struct slice bytes = { words->bytes.data + word->at,
			word->length };

		if (word->hash == hash && slice_equal(bytes, text))
			break;
		slot = (slot + 1) & (words->slot_count - 1);
	}
	return slot;
}

/* Doubles the table; the seed is drawn when there was no table. */
static int words_grow(struct words *words)
{
	const size_t count =
		words->slot_count ? 2 * words->slot_count : WORDS_SLOTS;
	struct word *items =
		reallocarray(words->items, count / 2, sizeof(*items));
	uint32_t *slots;

	if (items == NULL)
		return -1;
	words->items = items;
	if (words->slot_count == 0 &&
		getrandom(&words->seed, sizeof(words->seed), 0) !=
			sizeof(words->seed))
		return -1;
	slots = calloc(count, sizeof(*slots));
	if (slots == NULL)
		return -1;
	free(words->slots);
	words->slots = slots;
	words->slot_count = count;
	for (uint32_t i = 0; i < words->count; i++) {
		size_t slot = items[i].hash & (count - 1);

		while (slots[slot] != 0)
			slot = (slot + 1) & (count - 1);
		slots[slot] = i + 1;
	}
	return 0;
}

uint32_t words_add(struct words *words, struct slice text)
{
	uint64_t hash;
	size_t slot;

	if (2 * words->count >= words->slot_count && words_grow(words))
		return 0;
	hash = checksum_of(text, words->seed);
	slot = words_slot(words, text, hash);
	if (words->slots[slot] != 0)
		return words->slots[slot];
	words->items[words->count] = (struct word){
		.hash = hash, .at = words->bytes.length, .length = text.length
	};
	text_slice(&words->bytes, text);
	if (words->bytes.failed)
		return 0;
	return words->slots[slot] = (uint32_t)++words->count;
}

uint32_t words_find(const struct words *words, struct slice text)
{
	if (words->slot_count == 0)
		return 0;
	return words->slots[words_slot(
		words, text, checksum_of(text, words->seed))];
}

void words_clear(struct words *words)
{
	text_clear(&words->bytes);
	free(words->items);
	free(words->slots);
	*words = (struct words){ 0 };
}
