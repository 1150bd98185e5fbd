/* SPDX-License-Identifier: MIT */
/* array.c - arrays on the wire, and lists of values that are arrays. */
#include "core/store/postgresql/array.h"

#include <endian.h>

/* So many bytes of a number, the highest first. */
static void array_put(struct text *out, uint64_t number, size_t bytes)
{
	const uint64_t ordered = htobe64(number);

	text_append(
		out, (const char *)&ordered + sizeof(ordered) - bytes, bytes);
}

void pg_array_begin(struct text *out, enum array_of of, size_t count)
{
	array_put(out, 1, 4); /* dimension */
	array_put(out, 1, 4); /* some may be NULL */
	array_put(out, of, 4);
	array_put(out, count, 4);
	array_put(out, 1, 4); /* the first's number */
}

void pg_array_number(struct text *out, int64_t number)
{
	array_put(out, 8, 4);
	array_put(out, (uint64_t)number, 8);
}

void pg_array_bytes(struct text *out, struct slice bytes)
{
	array_put(out, bytes.length, 4);
	text_slice(out, bytes);
}

void pg_array_null(struct text *out)
{
	array_put(out, UINT32_MAX, 4);
}

/* --- lists that are parameters ---------------------------------------------
 */

static void array_begin(struct text *out, enum value_list_of of, size_t count)
{
	pg_array_begin(
		out, of == LIST_OF_NUMBERS ? OF_NUMBERS : OF_TEXTS, count);
}

static void array_end(struct text *out)
{
	(void)out;
}

const struct engine_value_list pg_value_list = {
	.begin = array_begin,
	.number = pg_array_number,
	.text = pg_array_bytes,
	.end = array_end,
};
