/* SPDX-License-Identifier: MIT */
/*
 * session_lock.h - who is next: lines of those that want the same, first come
 * first served.  The caller holds the lock.
 */
#ifndef SERVER_WORK_SESSION_LOCK_H
#define SERVER_WORK_SESSION_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#define SESSION_LOCK_LINES 1024

/* Embedded in what waits; two things of one key are one thing to turns. */
struct session_lock {
	struct session_lock *next; /* the table's */
	uint64_t key;
};

/* Starts as {0}. */
struct session_locks {
	struct session_lock *
		lines[SESSION_LOCK_LINES]; /* by key; each in order of asking */
};

/* Stands in line; true: it is its turn at once. */
bool session_lock_join(
	struct session_locks *locks, struct session_lock *waiter);

/* Leaves, be it one's turn or not; gives whose turn it is now, or NULL. */
struct session_lock *session_lock_leave(
	struct session_locks *locks, struct session_lock *waiter);

#endif
