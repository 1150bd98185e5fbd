/* SPDX-License-Identifier: MIT */
/* wire.h - a number of eight bytes, the highest first, as PostgreSQL has it. */
#ifndef CORE_STORE_POSTGRESQL_WIRE_H
#define CORE_STORE_POSTGRESQL_WIRE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void wire_put_number(char *out, int64_t number)
{
	const uint64_t ordered = htobe64((uint64_t)number);

	memcpy(out, &ordered, sizeof(ordered));
}

static inline int64_t wire_get_number(const void *bytes)
{
	uint64_t ordered;

	memcpy(&ordered, bytes, sizeof(ordered));
	return (int64_t)be64toh(ordered);
}

#endif
