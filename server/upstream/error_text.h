/* SPDX-License-Identifier: MIT */
/*
 * error_text.h - what an upstream that refuses has to say, safe to show.
 */
#ifndef SERVER_UPSTREAM_ERROR_TEXT_H
#define SERVER_UPSTREAM_ERROR_TEXT_H

#include "schema/text.h"

struct blot_secret;
struct error;

/*
 * ERROR_UPSTREAM "the upstream answered 500: WORDS", or ERROR_RATE for a 429,
 * the words being the message inside a JSON body or else the start of a text.
 * `secret` is not among them even if the upstream quotes it.  A refusal is
 * final that it would repeat.
 */
void upstream_refused(struct error *error, int status, struct slice body,
	const struct blot_secret *secret);

#endif
