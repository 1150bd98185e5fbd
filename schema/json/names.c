/* SPDX-License-Identifier: MIT */
/*
 * names.c - finds duplicate member names in linear time.
 */
#include "schema/json/names.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "schema/json/scan.h"
#include "schema/json/value.h"

#define SMALLEST 128 /* names; 2.5 KiB */

/* --- SipHash-1-3, fed in pieces (Aumasson and Bernstein, 2012) --------- */

struct names_sip {
	uint64_t v[4];
	uint64_t tail; /* the last length % 8 bytes */
	size_t length;
};

static uint64_t names_rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static void names_sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = names_rotate(v[1], 13) ^ v[0];
	v[3] = names_rotate(v[3], 16) ^ v[2];
	v[0] = names_rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = names_rotate(v[3], 21) ^ v[0];
	v[1] = names_rotate(v[1], 17) ^ v[2];
	v[2] = names_rotate(v[2], 32);
}

static void names_sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	names_sip_round(v);
	v[0] ^= word;
}

static struct names_sip names_sip_begin(const uint64_t seed[2])
{
	return (struct names_sip){ .v = { seed[0] ^ 0x736f6d6570736575,
					   seed[1] ^ 0x646f72616e646f6d,
					   seed[0] ^ 0x6c7967656e657261,
					   seed[1] ^ 0x7465646279746573 } };
}

static void names_sip_add(struct names_sip *sip, struct slice bytes)
{
	const char *at = bytes.data;
	const char *end = at + bytes.length;

	while (at < end) {
		uint64_t word;

		if (sip->length % 8 == 0 && end - at >= 8) {
			memcpy(&word, at, 8);
			names_sip_word(sip->v, le64toh(word));
			sip->length += 8;
			at += 8;
			continue;
		}
		word = (unsigned char)*at++;
		sip->tail |= word << (8 * (sip->length++ % 8));
		if (sip->length % 8 == 0) {
			names_sip_word(sip->v, sip->tail);
			sip->tail = 0;
		}
	}
}

static uint64_t names_sip_end(struct names_sip *sip)
{
	uint64_t *v = sip->v;

	names_sip_word(v, sip->tail | (uint64_t)sip->length << 56);
	v[2] ^= 0xff;
	names_sip_round(v);
	names_sip_round(v);
	names_sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint32_t names_hash_name(const uint64_t seed[2], struct slice name)
{
	struct names_sip sip = names_sip_begin(seed);
	struct slice rest = json_inner(name);
	struct slice piece;
	char buf[4];

	while (json_next_piece(&rest, buf, &piece))
		names_sip_add(&sip, piece);
	return (uint32_t)names_sip_end(&sip);
}

/* --- the stack and its buckets ----------------------------------------- */

static void names_link_newest(struct json_scratch *scratch, uint32_t index)
{
	struct json_name *name = &scratch->names[index];
	uint32_t *bucket =
		&scratch->buckets[name->hash & (scratch->capacity - 1)];

	name->next = *bucket;
	*bucket = index + 1;
}

/* Doubles the table; the seed is drawn when there was no table. */
static int names_grow(struct json_scratch *scratch)
{
	uint32_t capacity =
		scratch->capacity ? 2 * scratch->capacity : SMALLEST;

	if (capacity == 0 ||
		(scratch->capacity == 0 &&
			getrandom(scratch->seed, sizeof(scratch->seed), 0) !=
				sizeof(scratch->seed)))
		return -1;
	uint32_t *buckets = calloc(capacity, sizeof(*buckets));
	if (!buckets)
		return -1;
	struct json_name *names =
		realloc(scratch->names, capacity * sizeof(*names));
	if (!names) {
		free(buckets);
		return -1;
	}
	free(scratch->buckets);
	scratch->buckets = buckets;
	scratch->names = names;
	scratch->capacity = capacity;
	for (uint32_t i = 0; i < scratch->count; i++)
		names_link_newest(scratch, i);
	return 0;
}

static bool names_has_name(const struct json_scratch *scratch,
	struct slice name, uint32_t hash, uint32_t first)
{
	uint32_t at = scratch->buckets[hash & (scratch->capacity - 1)];

	for (; at > first; at = scratch->names[at - 1].next) {
		const struct json_name *other = &scratch->names[at - 1];
		const char *quote = other->quote;

		if (other->hash != hash)
			continue;
		size_t length = (size_t)(json_skip_string(quote) - quote);
		if (json_string_compare(
			    name, (struct slice){ quote, length }) == 0)
			return true;
	}
	return false;
}

int json_names_add(
	struct json_scratch *scratch, struct slice name, uint32_t first)
{
	if (scratch->count == scratch->capacity && names_grow(scratch) != 0)
		return -1;
	uint32_t hash = names_hash_name(scratch->seed, name);
	if (names_has_name(scratch, name, hash, first))
		return 1;
	scratch->names[scratch->count] =
		(struct json_name){ .quote = name.data, .hash = hash };
	names_link_newest(scratch, scratch->count++);
	return 0;
}

void json_names_drop(struct json_scratch *scratch, uint32_t first)
{
	while (scratch->count > first) {
		const struct json_name *name =
			&scratch->names[--scratch->count];

		scratch->buckets[name->hash & (scratch->capacity - 1)] =
			name->next;
	}
}

void json_scratch_clear(struct json_scratch *scratch)
{
	free(scratch->names);
	free(scratch->buckets);
	*scratch = (struct json_scratch){ 0 };
}
