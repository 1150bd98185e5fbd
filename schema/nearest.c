/* SPDX-License-Identifier: MIT */
/* nearest.c - the name that a mistyped word was meant to be. */
#include "schema/nearest.h"

#include <string.h>

#define LONGEST	   40 /* bytes; longer ones are near nothing */
#define PART_LEAST 3

static size_t nearest_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool nearest_swapped(struct slice a, struct slice b, size_t i, size_t j)
{
	return i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
	       a.data[i - 2] == b.data[j - 1];
}

/*
 * How many bytes are to be changed, added, removed or swapped with the next:
 * the optimal string alignment distance, a row of its table at a time.
 */
static size_t nearest_distance(struct slice a, struct slice b)
{
	size_t rows[3][LONGEST + 1];

	for (size_t j = 0; j <= b.length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.length; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b.length; j++) {
			row[j] =
				above[j - 1] + (a.data[i - 1] != b.data[j - 1]);
			row[j] = nearest_least(row[j],
				1 + nearest_least(above[j], row[j - 1]));
			if (nearest_swapped(a, b, i, j))
				row[j] = nearest_least(
					row[j], 1 + rows[(i + 1) % 3][j - 2]);
		}
	}
	return rows[a.length % 3][b.length];
}

void nearest_try(struct nearest *nearest, const char *name)
{
	const struct slice word = nearest->word, other = slice_of(name);
	const size_t most = word.length < 3 ? word.length / 2 : word.length / 3;
	size_t distance;

	if (word.length == 0 || word.length > LONGEST || other.length > LONGEST)
		return;
	distance = nearest_distance(word, other);
	if (distance > most && word.length >= PART_LEAST &&
		memmem(name, other.length, word.data, word.length) != NULL)
		distance = most;
	if (distance > most ||
		(nearest->name != NULL && distance >= nearest->distance))
		return;
	nearest->name = name;
	nearest->distance = distance;
}
