/* SPDX-License-Identifier: MIT */
/*
 * waiter.h - responses that wait until a session changes; no other folder
 * includes it.
 */
#ifndef SERVER_HTTP_WAITER_H
#define SERVER_HTTP_WAITER_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/store/store.h"

struct notifier;
struct peer;

/*
 * A response that may be suspended.  It belongs to its thread, but for the last
 * members.
 */
struct waiter {
	struct waiter *next; /* under the notifier's lock, as is `link` */
	struct waiter **link;
	struct MHD_Connection *connection;
	struct peer *peer;
	uint64_t key;
	struct session_ref ref; /* of the key; empty if it has no such names */
	int64_t wake_at;	/* milliseconds, monotonic */
	bool whole;		/* a stop waits for what it waits for */
	bool suspended;		/* under the notifier's lock */
	bool signalled;		/* since it began to watch; under the lock */
	bool left; /* its peer seems to have left; set while it is suspended */
};

void notifier_join(struct notifier *notifier, struct waiter *waiter);
void notifier_leave(struct notifier *notifier, struct waiter *waiter);
/*
 * Must be called before looking whether there is anything: nothing that happens
 * from now on is missed.  False: there will be nothing more.
 */
bool notifier_watch(struct notifier *notifier, struct waiter *waiter);
/*
 * Suspends the connection; false: something has happened meanwhile, look again.
 */
bool notifier_wait(
	struct notifier *notifier, struct waiter *waiter, int64_t wake_at);
/* Calls it for each that waits for a session, under the notifier's lock. */
void notifier_visit(struct notifier *notifier,
	void (*visit)(void *context, const struct waiter *waiter),
	void *context);
/* Resumes those whose wake_at has come. */
void notifier_tick(struct notifier *notifier, int64_t now);
/*
 * Resumes all but the whole ones, for good; a reader that does not read is cut
 * soon.
 */
void notifier_stop(struct notifier *notifier);

#endif
