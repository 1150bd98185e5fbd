/* SPDX-License-Identifier: MIT */
/* array.h - arrays that grow. */
#ifndef SCHEMA_ARRAY_H
#define SCHEMA_ARRAY_H

#include <stddef.h>

/*
 * Gives the array with room for one more behind `count` elements of so many
 * bytes, twice as large where it was full; it may have moved.  NULL: out of
 * memory, and all is as it was.
 */
void *array_room(void *array, size_t *capacity, size_t count, size_t size);

#endif
