/* SPDX-License-Identifier: MIT */
/*
 * session_lock.h - locks by key, given in the order of asking.  Nothing blocks:
 * whoever waits is told when it holds the lock.  The caller holds the mutex
 * that protects them.
 */
#ifndef SERVER_WORK_SESSION_LOCK_H
#define SERVER_WORK_SESSION_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#define SESSION_LOCK_LINES 1024

/* The owner embeds it.  Two of one key are for the same lock. */
struct session_lock {
	struct session_lock *next; /* the table's */
	uint64_t key;
};

/* Starts as {0}. */
struct session_locks {
	struct session_lock *lines[SESSION_LOCK_LINES]; /* by key; each in the
							   order of asking */
};

/* Asks for the lock; true: it is held at once. */
bool session_lock_join(
	struct session_locks *locks, struct session_lock *waiter);

/*
 * Gives the lock back, or stops waiting for it.  Returns the one that holds it
 * now because of that, or NULL.
 */
struct session_lock *session_lock_leave(
	struct session_locks *locks, struct session_lock *waiter);

#endif
