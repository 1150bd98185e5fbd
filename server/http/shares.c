/* SPDX-License-Identifier: MIT */
/* shares.c - what is there for all is shared fairly. */
#include "server/http/shares.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void shares_init(struct shares *shares, const size_t most[SHARE_KINDS])
{
	pthread_mutex_init(&shares->lock, NULL);
	memcpy(shares->most, most, sizeof(shares->most));
}

void shares_clear(struct shares *shares)
{
	pthread_mutex_destroy(&shares->lock);
}

/* --- holders ----------------------------------------------------------- */

/* FNV-1a; who makes names meet gains nothing: there are few of them. */
static struct share **shares_bucket(struct shares *shares, struct slice name)
{
	uint32_t hash = 2166136261;

	for (size_t i = 0; i < name.length; i++)
		hash = (hash ^ (unsigned char)name.data[i]) * 16777619;
	return &shares->buckets[hash % SHARE_BUCKETS];
}

/* Where the holder hangs, or where it would. */
static struct share **shares_find(struct shares *shares, struct slice name)
{
	struct share **at = shares_bucket(shares, name);

	while (*at && !slice_equal((struct slice){ (*at)->name, (*at)->length },
			      name))
		at = &(*at)->next;
	return at;
}

static struct share *shares_new(struct slice name)
{
	struct share *share = calloc(1, sizeof(*share) + name.length);

	if (!share)
		return NULL;
	share->length = name.length;
	if (name.length)
		memcpy(share->name, name.data, name.length);
	return share;
}

struct share *share_join(struct shares *shares, struct slice name)
{
	struct share **at;

	pthread_mutex_lock(&shares->lock);
	at = shares_find(shares, name);
	if (!*at)
		*at = shares_new(name);
	if (*at)
		(*at)->users++;
	pthread_mutex_unlock(&shares->lock);
	return *at;
}

void share_leave(struct shares *shares, struct share *share)
{
	struct share **at;

	if (!share)
		return;
	pthread_mutex_lock(&shares->lock);
	if (--share->users == 0) {
		at = shares_find(
			shares, (struct slice){ share->name, share->length });
		*at = share->next;
		free(share);
	}
	pthread_mutex_unlock(&shares->lock);
}

/* --- what they hold ---------------------------------------------------- */

bool shares_are_scarce(const struct shares *shares, enum share_kind kind)
{
	const size_t most = shares->most[kind];

	return atomic_load(&shares->totals[kind]) > most / 2;
}

/* Under the lock. */
static enum share_answer shares_judge(const struct shares *shares,
	const struct share *share, enum share_kind kind, size_t amount)
{
	const size_t most = shares->most[kind];
	const size_t total = atomic_load(&shares->totals[kind]) + amount;

	if (total > most - most / 4 && share->held[kind] + amount > most / 4)
		return SHARE_OVER;
	return total > most ? SHARE_FULL : SHARE_TAKEN;
}

enum share_answer share_take(struct shares *shares, struct share *share,
	enum share_kind kind, size_t amount)
{
	enum share_answer answer;

	pthread_mutex_lock(&shares->lock);
	answer = shares_judge(shares, share, kind, amount);
	if (answer == SHARE_TAKEN) {
		share->held[kind] += amount;
		atomic_fetch_add(&shares->totals[kind], amount);
	}
	pthread_mutex_unlock(&shares->lock);
	return answer;
}

void share_take_anyway(struct shares *shares, struct share *share,
	enum share_kind kind, size_t amount)
{
	pthread_mutex_lock(&shares->lock);
	share->held[kind] += amount;
	atomic_fetch_add(&shares->totals[kind], amount);
	pthread_mutex_unlock(&shares->lock);
}

void share_give(struct shares *shares, struct share *share,
	enum share_kind kind, size_t amount)
{
	if (!amount)
		return;
	pthread_mutex_lock(&shares->lock);
	assert(share->held[kind] >= amount); /* it was taken */
	share->held[kind] -= amount;
	atomic_fetch_sub(&shares->totals[kind], amount);
	pthread_mutex_unlock(&shares->lock);
}

size_t share_held(
	struct shares *shares, const struct share *share, enum share_kind kind)
{
	size_t held;

	pthread_mutex_lock(&shares->lock);
	held = share->held[kind];
	pthread_mutex_unlock(&shares->lock);
	return held;
}
