/* SPDX-License-Identifier: MIT */
/*
 * nearest.h - the name that a mistyped word was meant to be.
 *
 *	struct nearest nearest = { .word = word };
 *	for each name: nearest_try(&nearest, name);
 *	nearest.name, or NULL
 */
#ifndef SCHEMA_NEAREST_H
#define SCHEMA_NEAREST_H

#include "schema/text.h"

struct nearest {
	struct slice word; /* borrowed */
	const char *name;  /* the best so far, borrowed; NULL: none is near */
	size_t distance;   /* of `name`: edits */
};

/*
 * Keeps the name if it is near the word and nearer than the best so far:
 * a third of the word's bytes, of two one, may be wrong, missing, too many or
 * swapped, or the word is a part of the name, as `model` is of `llm-model`.
 */
void nearest_try(struct nearest *nearest, const char *name);

#endif
