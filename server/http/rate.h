/* SPDX-License-Identifier: MIT */
/*
 * rate.h - how often somebody may do something.
 *
 * Each has a bucket of tokens that fills up again by so many a second.  The
 * table is bounded: where it is full, the bucket that was used least recently
 * of a few is given to another, as a full one.
 */
#ifndef SERVER_HTTP_RATE_H
#define SERVER_HTTP_RATE_H

#include <pthread.h>
#include <stdint.h>

#include "schema/text.h"

#define RATE_WAYS 8
#define RATE_SETS 1024

struct rate_bucket {
	uint64_t id; /* 0: free */
	int64_t at;  /* when it was as full as this; monotonic milliseconds */
	double tokens;
};

struct rate {
	pthread_mutex_t lock;
	double per_second;
	double burst; /* tokens of a full bucket, at least 1 */
	struct rate_bucket buckets[RATE_SETS][RATE_WAYS];
};

void rate_init(struct rate *rate, double per_second, double burst);
void rate_clear(struct rate *rate);

/* The id of whoever has this name. */
uint64_t rate_id(struct slice name);

/* Takes a token: 0, or the seconds until there is one. */
int rate_take(struct rate *rate, uint64_t id, int64_t now);

#endif
