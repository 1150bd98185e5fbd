/* SPDX-License-Identifier: MIT */
/*
 * retry.h - when a call to the upstream is tried again.
 *
 * This header is private to its folder.
 */
#ifndef SERVER_UPSTREAM_RETRY_H
#define SERVER_UPSTREAM_RETRY_H

#include "server/upstream/transfer.h"

/* True where nothing of the request can have reached the upstream. */
bool retry_is_unsent(const struct upstream_call *call, CURLcode code);

/* Seconds that it asks to be left alone for, at most a day; 0: not said. */
int retry_after_seconds(const struct upstream_call *call);

/*
 * Makes a failed call ready for another attempt at `start_at`; false: there
 * is to be none.
 */
bool retry_again(struct upstream_call *call, CURLcode code);

#endif
