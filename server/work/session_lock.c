/* SPDX-License-Identifier: MIT */
/* session_lock.c - locks by key, given in the order of asking. */
#include "server/work/session_lock.h"

#include <assert.h>
#include <stddef.h>

static struct session_lock **session_lock_line_of(
	struct session_locks *locks, uint64_t key)
{
	return &locks->lines[key % SESSION_LOCK_LINES];
}

/* The first in line of this key, which holds its lock. */
static struct session_lock *session_lock_first(
	struct session_lock *line, uint64_t key)
{
	while (line && line->key != key)
		line = line->next;
	return line;
}

bool session_lock_join(struct session_locks *locks, struct session_lock *waiter)
{
	struct session_lock **end = session_lock_line_of(locks, waiter->key);
	const bool now = !session_lock_first(*end, waiter->key);

	while (*end) {
		assert(*end != waiter); /* once only */
		end = &(*end)->next;
	}
	waiter->next = NULL;
	*end = waiter;
	return now;
}

struct session_lock *session_lock_leave(
	struct session_locks *locks, struct session_lock *waiter)
{
	struct session_lock **line = session_lock_line_of(locks, waiter->key);
	const bool was_first = session_lock_first(*line, waiter->key) == waiter;

	while (*line != waiter) {
		assert(*line != NULL); /* it has asked for the lock */
		line = &(*line)->next;
	}
	*line = waiter->next;
	return was_first ? session_lock_first(*line, waiter->key) : NULL;
}
