/* SPDX-License-Identifier: MIT */
/*
 * chat_request.h - a request for a response, as chat completions take it.
 */
#ifndef CORE_CHAIN_CHAT_REQUEST_H
#define CORE_CHAIN_CHAT_REQUEST_H

#include "schema/text.h"

struct error;

/*
 * Appends the body for /chat/completions that asks what `body` asks at
 * /responses.  ERROR_INVALID names the member that has no counterpart there.
 */
int chat_request_write(
	struct text *out, struct slice body, struct error *error);

#endif
