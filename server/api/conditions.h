/* SPDX-License-Identifier: MIT */
/*
 * conditions.h - requests that hold at one version only, or once only.
 *
 * If-Match and If-None-Match speak of the session that the path names; where it
 * names none they see version 0.  An Idempotency-Key makes a repeated write
 * answer as it did the first time.  All of this is done around the handler, in
 * the transaction of its write; no handler knows of it.  A request of LANE_LOCK
 * is also checked when it holds its lock, so that a request which will be
 * refused or was answered before makes no call.
 */
#ifndef SERVER_API_CONDITIONS_H
#define SERVER_API_CONDITIONS_H

#include "server/api/handlers.h"

/* Checks the form of the header fields and fills request->conditions. */
int conditions_read(struct request *request, struct error *error);

/* Does it change nothing, by its method? */
bool conditions_reads(const struct request *request);

/* May it be answered again for a client that did not get the reply? */
bool conditions_may_replay(const struct request *request);

/*
 * Does what api_handle() does with a conditional request: answers as before,
 * refuses, or runs the handler and keeps its reply.  The order is the key,
 * If-Match, If-None-Match.
 */
int conditions_handle(struct store *store, const struct request *request,
	api_handler *handle, struct reply *reply, struct error *error);

#endif
