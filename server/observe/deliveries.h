/* SPDX-License-Identifier: MIT */
/*
 * deliveries.h - replies that their clients may not have got whole.
 *
 * A client whose reply got lost sends its request again, often without saying
 * so.  The reply is kept with its session; whether it arrived is known here
 * only, so a reply of before the start counts as lost.
 *
 * Every function but the first may be called from any thread and accepts NULL.
 */
#ifndef SERVER_OBSERVE_DELIVERIES_H
#define SERVER_OBSERVE_DELIVERIES_H

#include <stdbool.h>
#include <stdint.h>

struct deliveries;
struct error;

/* A reply is found again for so long; milliseconds. */
#define DELIVERY_KEPT INT64_C(600000)

/* The times are milliseconds since 1970. */
int deliveries_new(struct deliveries **out, int64_t now, struct error *error);
void deliveries_free(struct deliveries *deliveries);

enum delivery {
	DELIVERY_BEGUN, /* its client waits for it */
	DELIVERY_LOST,	/* its client has gone */
	DELIVERY_WHOLE,
};

/* Notes what became of the newest reply of a session, with this ETag. */
void deliveries_note(struct deliveries *deliveries, int64_t session,
	const char *etag, enum delivery delivery);

/* Has the session's reply, which was kept at `kept_at`, been lost? */
bool deliveries_lost(struct deliveries *deliveries, int64_t session,
	const char *etag, int64_t kept_at);

#endif
