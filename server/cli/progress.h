/* SPDX-License-Identifier: MIT */
/*
 * progress.h - how far a command is, for the person who waits for it.
 *
 * Nothing is written where standard error is no terminal, and before a second
 * has passed.
 */
#ifndef SERVER_CLI_PROGRESS_H
#define SERVER_CLI_PROGRESS_H

#include <stdint.h>

/* Starts as {0}. */
struct progress {
	int64_t begun_at; /* milliseconds; 0: not yet */
	int64_t shown_at; /* 0: never */
};

/* Replaces the line by `N NOUN`, a few times a second. */
void progress_show(struct progress *progress, int64_t count, const char *noun);

/* The same, as a store tells it; the context is a struct progress. */
void progress_tell(void *context, int64_t count, const char *noun);

/* Takes the line away, if there is one. */
void progress_clear(const struct progress *progress);

/* The last line, `N NOUN`, which stays. */
void progress_end(int64_t count, const char *noun);

#endif
