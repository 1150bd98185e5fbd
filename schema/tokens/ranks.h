/* SPDX-License-Identifier: MIT */
/*
 * ranks.h - the tokens of a byte pair encoding, and their ranks.
 *
 * A rank file is tiktoken's: a line for each token, its bytes in base64, a
 * space, its rank.  Two neighbours whose bytes together are a token may be
 * merged, and those of the lowest rank are merged first.
 */
#ifndef SCHEMA_TOKENS_RANKS_H
#define SCHEMA_TOKENS_RANKS_H

#include "schema/text.h"

struct error;
struct ranks;

/* No token has these bytes. */
#define RANKS_NONE UINT32_MAX

/*
 * Reads a rank file's bytes, which may go afterwards.  `*out` is the caller's
 * to free.  ERROR_INVALID says what is wrong, with `name` and the line in
 * front: `NAME:3: …`.
 */
int ranks_read(struct ranks **out, struct slice file, const char *name,
	struct error *error);
void ranks_free(struct ranks *ranks);

/* The rank of the token that has exactly these bytes, or RANKS_NONE. */
uint32_t ranks_find(
	const struct ranks *ranks, const char *bytes, size_t length);

#endif
