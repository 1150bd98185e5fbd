/* SPDX-License-Identifier: MIT */
/*
 * log_names.h - names of sessions, which may be those of people, kept out of
 * the log.
 */
#ifndef SERVER_OBSERVE_LOG_NAMES_H
#define SERVER_OBSERVE_LOG_NAMES_H

#include "schema/text.h"

/* Of a value with a hash in it; what is longer is cut. */
#define LOG_NAMES_MAX 2048

/*
 * From now on names are hashed: with this key, so that a name has the same hash
 * in every log, or with one of this process.  Before threads start.
 */
void log_names_hash(const char *key);

/*
 * The value as it may be shown: where a path or a sentence of ours names a
 * session, `buf` with 16 digits behind a `~` in its place.
 */
struct slice log_names_hide(struct slice value, char buf[static LOG_NAMES_MAX]);

#endif
