/* SPDX-License-Identifier: MIT */
/*
 * checksum.h - what the bytes of a message were when it was stored.
 *
 * XXH64, a published hash of 64 bits: in portable C it takes half an
 * instruction a byte, where CRC-64 takes two and CRC-32C needs one for each
 * processor.
 */
#ifndef CORE_STORE_CHECKSUM_H
#define CORE_STORE_CHECKSUM_H

#include "schema/message/message.h"

uint64_t checksum_of(struct slice bytes, uint64_t seed);
/* Of one number, by a round of the same; no two with a seed have the same. */
uint64_t checksum_of_number(int64_t number, uint64_t seed);

/* As a table keeps it: never 0, which says that a row has none. */
int64_t checksum_kept(uint64_t sum);

/*
 * Over form, type, sent type, client's time and body: what no copy of a row
 * changes.  Never 0, which says that a row has none.
 */
int64_t checksum_of_message(const struct message *message);

/* Whose a message is, and when it came: what its contents do not say. */
struct checksum_place {
	int64_t history;
	int64_t seq;
	int64_t born;
	int64_t created_at;
	int64_t updated_at; /* 0: never */
	int64_t answer;
	struct slice id; /* the client's; empty: none */
};
/* The sum of both; `contents` is that of the message. */
int64_t checksum_of_row(int64_t contents, const struct checksum_place *place);

#endif
