/* SPDX-License-Identifier: MIT */
/*
 * progress.h - how far a command is, for the person who waits for it.
 *
 * Nothing is written where standard error is no terminal: a script sees what
 * it saw before.
 */
#ifndef SERVER_CLI_PROGRESS_H
#define SERVER_CLI_PROGRESS_H

#include <stdint.h>

/* Starts as {0}. */
struct progress {
	int64_t shown_at; /* milliseconds; 0: never */
};

/* Replaces the line by `N NOUN`, a few times a second. */
void progress_show(struct progress *progress, int64_t count, const char *noun);

/* The last line, `N NOUN`, which stays. */
void progress_end(int64_t count, const char *noun);

#endif
