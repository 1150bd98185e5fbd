/* SPDX-License-Identifier: MIT */
/* digest.h - SHA-256, also of what consists of several parts. */
#ifndef CORE_DIGEST_DIGEST_H
#define CORE_DIGEST_DIGEST_H

#include "schema/text.h"

#define DIGEST_LENGTH 32

struct error;

/*
 * Digests the parts with the length of each before it, so that bytes cannot
 * move from one to the next unnoticed.
 */
int digest_parts(const struct slice *parts, size_t count,
	unsigned char digest[DIGEST_LENGTH], struct error *error);
/* As sha256sum does it. */
int digest_bytes(struct slice bytes, unsigned char digest[DIGEST_LENGTH],
	struct error *error);

#endif
