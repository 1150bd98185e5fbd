/* SPDX-License-Identifier: MIT */
/*
 * usage.h - the tokens that an answer says it cost.
 *
 * This header is private to its folder.
 */
#ifndef SERVER_UPSTREAM_USAGE_H
#define SERVER_UPSTREAM_USAGE_H

#include "schema/text.h"

struct usage_tokens {
	int64_t input;
	int64_t output;
};

#define USAGE_TAIL 4096 /* bytes of a stream's end that have it */

/*
 * The figures that stand last in the bytes, of JSON or of events, by the names
 * of chat completions or of responses; 0 of what is not there.
 */
struct usage_tokens usage_read(struct slice bytes);

#endif
