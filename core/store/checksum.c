/* SPDX-License-Identifier: MIT */
/* checksum.c - what the bytes of a message were when it was stored. */
#include "core/store/checksum.h"

#include <endian.h>
#include <string.h>

/* The primes of XXH64, and their names in its specification. */
#define PRIME_1 UINT64_C(0x9E3779B185EBCA87)
#define PRIME_2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define PRIME_3 UINT64_C(0x165667B19E3779F9)
#define PRIME_4 UINT64_C(0x85EBCA77C2B2AE63)
#define PRIME_5 UINT64_C(0x27D4EB2F165667C5)

#define CHECKSUM_STRIPE 32 /* bytes: 8 for each of four sums */

static uint64_t checksum_rotate(uint64_t bits, int by)
{
	return bits << by | bits >> (64 - by);
}

static uint64_t checksum_load_8(const char *at)
{
	uint64_t bits;

	memcpy(&bits, at, sizeof(bits));
	return le64toh(bits);
}

static uint64_t checksum_load_4(const char *at)
{
	uint32_t bits;

	memcpy(&bits, at, sizeof(bits));
	return le32toh(bits);
}

static uint64_t checksum_round(uint64_t lane, uint64_t bits)
{
	return checksum_rotate(lane + bits * PRIME_2, 31) * PRIME_1;
}

static uint64_t checksum_merge(uint64_t sum, uint64_t lane)
{
	return (sum ^ checksum_round(0, lane)) * PRIME_1 + PRIME_4;
}

/* Takes whole stripes off `bytes`.  Four variables stay in registers. */
static uint64_t checksum_stripes(struct slice *bytes, uint64_t seed)
{
	const char *at = bytes->data;
	const char *const end =
		at + bytes->length / CHECKSUM_STRIPE * CHECKSUM_STRIPE;
	uint64_t one = seed + PRIME_1 + PRIME_2, two = seed + PRIME_2;
	uint64_t three = seed, four = seed - PRIME_1;
	uint64_t sum;

	for (; at < end; at += CHECKSUM_STRIPE) {
		one = checksum_round(one, checksum_load_8(at));
		two = checksum_round(two, checksum_load_8(at + 8));
		three = checksum_round(three, checksum_load_8(at + 16));
		four = checksum_round(four, checksum_load_8(at + 24));
	}
	bytes->length -= (size_t)(end - bytes->data);
	bytes->data = end;
	sum = checksum_rotate(one, 1) + checksum_rotate(two, 7) +
	      checksum_rotate(three, 12) + checksum_rotate(four, 18);
	sum = checksum_merge(checksum_merge(sum, one), two);
	return checksum_merge(checksum_merge(sum, three), four);
}

static uint64_t checksum_rest(struct slice bytes, uint64_t sum)
{
	const char *at = bytes.data, *end = at + bytes.length;

	for (; end - at >= 8; at += 8)
		sum = checksum_rotate(
			      sum ^ checksum_round(0, checksum_load_8(at)),
			      27) *
			      PRIME_1 +
		      PRIME_4;
	if (end - at >= 4) {
		sum = checksum_rotate(sum ^ checksum_load_4(at) * PRIME_1, 23) *
			      PRIME_2 +
		      PRIME_3;
		at += 4;
	}
	for (; at < end; at++)
		sum = checksum_rotate(sum ^ (unsigned char)*at * PRIME_5, 11) *
		      PRIME_1;
	return sum;
}

static uint64_t checksum_mix(uint64_t sum)
{
	sum = (sum ^ sum >> 33) * PRIME_2;
	sum = (sum ^ sum >> 29) * PRIME_3;
	return sum ^ sum >> 32;
}

/* Most messages have three texts of no bytes. */
uint64_t checksum_of(struct slice bytes, uint64_t seed)
{
	const uint64_t length = bytes.length;
	uint64_t sum = seed + PRIME_5;

	if (length == 0)
		return checksum_mix(sum);
	if (length >= CHECKSUM_STRIPE)
		sum = checksum_stripes(&bytes, seed);
	return checksum_mix(checksum_rest(bytes, sum + length));
}

uint64_t checksum_of_number(int64_t number, uint64_t seed)
{
	return checksum_merge(seed, (uint64_t)number);
}

int64_t checksum_kept(uint64_t sum)
{
	int64_t kept;

	memcpy(&kept, &sum, sizeof(kept));
	return kept ? kept : 1;
}

/* Each is the seed of the next, and its length is in it. */
int64_t checksum_of_message(const struct message *message)
{
	const uint64_t kind =
		(uint64_t)message->form << 8 | (uint64_t)message->type;
	uint64_t sum = checksum_of(message->type_sent, kind);

	sum = checksum_of(message->client_created_at, sum);
	return checksum_kept(checksum_of(message->body, sum));
}

int64_t checksum_of_row(int64_t contents, const struct checksum_place *place)
{
	uint64_t sum = checksum_of(place->id, (uint64_t)contents);

	sum = checksum_merge(sum, (uint64_t)place->history);
	sum = checksum_merge(sum, (uint64_t)place->seq);
	sum = checksum_merge(sum, (uint64_t)place->born);
	sum = checksum_merge(sum, (uint64_t)place->created_at);
	sum = checksum_merge(sum, (uint64_t)place->updated_at);
	return checksum_kept(checksum_merge(sum, (uint64_t)place->answer));
}
