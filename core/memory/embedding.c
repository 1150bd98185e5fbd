/* SPDX-License-Identifier: MIT */
/* embedding.c - where the meaning of a text points to, and what is near. */
#include "core/memory/embedding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "schema/json/value.h"

void embedding_read(struct text *out, struct slice array)
{
	struct json_walk walk = json_walk(array);
	struct slice number;

	while (json_next_element(&walk, &number)) {
		/* The byte behind the number ends it. */
		const float value = strtof(number.data, NULL);

		text_append(out, (const char *)&value, sizeof(value));
	}
}

double embedding_closeness(struct slice a, struct slice b)
{
	double product = 0, length = 0, other_length = 0;
	float one, other;

	if (a.length != b.length)
		return -2;
	/* The bytes that the store lends may begin anywhere. */
	for (size_t i = 0; i < a.length; i += sizeof(float)) {
		memcpy(&one, a.data + i, sizeof(one));
		memcpy(&other, b.data + i, sizeof(other));
		product += (double)one * (double)other;
		length += (double)one * (double)one;
		other_length += (double)other * (double)other;
	}
	if (length <= 0 || other_length <= 0)
		return -2;
	return product / (sqrt(length) * sqrt(other_length));
}
