/* SPDX-License-Identifier: MIT */
/* array.c - arrays that grow. */
#include "schema/array.h"

#include <stdlib.h>

#define FIRST 16 /* elements */

void *array_room(void *array, size_t *capacity, size_t count, size_t size)
{
	const size_t more = *capacity > 0 ? 2 * *capacity : FIRST;
	void *grown;

	if (count < *capacity)
		return array;
	grown = reallocarray(array, more, size);
	if (grown != NULL)
		*capacity = more;
	return grown;
}
