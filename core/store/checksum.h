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

#endif
