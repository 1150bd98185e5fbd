/* SPDX-License-Identifier: MIT */
/*
 * bpe.h - byte pair encoding: how many tokens a piece of a text has.
 */
#ifndef SCHEMA_TOKENS_BPE_H
#define SCHEMA_TOKENS_BPE_H

#include "schema/text.h"

struct ranks;

/*
 * The tokens of a piece, a word for instance.  A piece of n bytes takes n log
 * n steps, whatever is in it.  Returns -1 when memory runs out.
 */
int64_t bpe_count(const struct ranks *ranks, struct slice piece);

#endif
