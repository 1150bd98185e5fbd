/* SPDX-License-Identifier: MIT */
/*
 * approx_costs.h - what letters, signs and scripts cost, fitted to o200k_base.
 *
 * The digits of the strings are tenths of a token: 0 to 9, then A to Z.
 */
#ifndef SCHEMA_TOKENS_APPROX_COSTS_H
#define SCHEMA_TOKENS_APPROX_COSTS_H

#include <stddef.h>
#include <stdint.h>

/* A letter of a word, a to z, after another; digits 0 to 9 only. */
extern const char approx_pairs[26][27];

/*
 * The signs of ASCII, from the space on: at the beginning of a run, and one
 * that stands alone in front of a letter.
 */
extern const char approx_signs[];
extern const char approx_joined[];

/* Code points from U+0080 on, up to where the next range begins. */
struct approx_range {
	uint32_t first;
	uint8_t script; /* ranges of one script have the same number */
	enum approx_kind {
		APPROX_LETTER,
		APPROX_WORD,   /* stands in words beside ASCII letters */
		APPROX_SYMBOL, /* costs little when it is repeated */
	} kind;
	/* Hundredths of a token: for a run of the script, for each of it. */
	uint16_t start;
	uint16_t each;
	const char *letters; /* for each one its own digit; NULL: `each` */
};

/* In order; behind the last stands one that begins at U+110000. */
extern const struct approx_range approx_ranges[];
extern const size_t approx_range_count;

#endif
