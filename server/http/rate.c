/* SPDX-License-Identifier: MIT */
/* rate.c - how often somebody may do something. */
#include "server/http/rate.h"

#include <math.h>

void rate_init(struct rate *rate, double per_second, double burst)
{
	pthread_mutex_init(&rate->lock, NULL);
	rate->per_second = per_second;
	rate->burst = burst;
}

void rate_clear(struct rate *rate)
{
	pthread_mutex_destroy(&rate->lock);
}

/* FNV-1a, never 0. */
uint64_t rate_id(struct slice name)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < name.length; i++)
		hash = (hash ^ (unsigned char)name.data[i]) * 1099511628211u;
	return hash | 1;
}

/* Its own, or the one that was used least recently. */
static struct rate_bucket *rate_find(
	struct rate *rate, uint64_t id, int64_t now)
{
	struct rate_bucket *const set = rate->buckets[(id >> 8) % RATE_SETS];
	struct rate_bucket *oldest = set;

	for (int i = 0; i < RATE_WAYS; i++) {
		if (set[i].id == id)
			return &set[i];
		if (set[i].at < oldest->at)
			oldest = &set[i];
	}
	*oldest = (struct rate_bucket){ id, now, rate->burst };
	return oldest;
}

int rate_take(struct rate *rate, uint64_t id, int64_t now)
{
	struct rate_bucket *bucket;
	double wait = 0;

	pthread_mutex_lock(&rate->lock);
	bucket = rate_find(rate, id, now);
	bucket->tokens += (double)(now - bucket->at) / 1000 * rate->per_second;
	if (bucket->tokens > rate->burst)
		bucket->tokens = rate->burst;
	bucket->at = now;
	if (bucket->tokens >= 1)
		bucket->tokens--;
	else
		wait = (1 - bucket->tokens) / rate->per_second;
	pthread_mutex_unlock(&rate->lock);
	return (int)ceil(wait);
}
