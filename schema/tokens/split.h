/* SPDX-License-Identifier: MIT */
/*
 * split.h - a text in pieces, before its tokens are found in each of them.
 *
 * Words keep the space in front of them, numbers are cut, signs and white
 * space stand by themselves: a pattern says how, one for each family of
 * encodings.
 */
#ifndef SCHEMA_TOKENS_SPLIT_H
#define SCHEMA_TOKENS_SPLIT_H

#include "schema/text.h"

struct error;
struct split;

/*
 * Compiles the pattern of an encoding: o200k_base and o200k_harmony,
 * cl100k_base, p50k_base, p50k_edit, r50k_base and gpt2 have their own, any
 * other has that of cl100k_base.  A split may be used by several threads at
 * once.  `*out` is the caller's to free.
 */
int split_new(struct split **out, struct slice encoding, struct error *error);
void split_free(struct split *split);

/*
 * Gives each piece of a text (valid UTF-8) in order; together they are the
 * text.  `visit` returns 0 to go on, and split_each() what it returned last,
 * or -1 when memory runs out.
 */
int split_each(const struct split *split, struct slice utf8,
	int (*visit)(void *context, struct slice piece), void *context);

#endif
