/* SPDX-License-Identifier: MIT */
/*
 * session_lock.h - who is next: lines of those that want the same, first come
 * first served.  The caller holds the lock.
 */
#ifndef SERVER_WORK_SESSION_LOCK_H
#define SERVER_WORK_SESSION_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#define TURN_LINES 1024

/* Embedded in what waits; two things of one key are one thing to turns. */
struct turn {
	struct turn *next; /* the table's */
	uint64_t key;
};

/* Starts as {0}. */
struct turns {
	struct turn *lines[TURN_LINES]; /* by key; each in order of asking */
};

/* Stands in line; true: it is its turn at once. */
bool turns_join(struct turns *turns, struct turn *turn);

/* Leaves, be it one's turn or not; gives whose turn it is now, or NULL. */
struct turn *turns_leave(struct turns *turns, struct turn *turn);

#endif
