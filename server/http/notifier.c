/* SPDX-License-Identifier: MIT */
/*
 * notifier.c - who waits until a session changes.
 *
 * Waiters are found by the key of the session that they wait for, be it
 * there or not.  Two sessions may have one key: to be woken for nothing is
 * normal, not to be woken must never happen.
 */
#include "server/http/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/store/change_feed.h"

#define BUCKETS 4096

/* How often it is looked who has gone. */
#define LOOK_MILLISECONDS 1000

struct bell {
	pthread_mutex_t lock; /* of all that follows */
	struct waiter *buckets[BUCKETS];
	int64_t looked_at; /* the timer's */
	bool stopped;
};

struct bell *bell_new(void)
{
	struct bell *bell = calloc(1, sizeof(*bell));

	if (bell)
		pthread_mutex_init(&bell->lock, NULL);
	return bell;
}

void bell_free(struct bell *bell)
{
	if (!bell)
		return;
	pthread_mutex_destroy(&bell->lock);
	free(bell);
}

static struct waiter **bucket_of(struct bell *bell, uint64_t key)
{
	return &bell->buckets[key % BUCKETS];
}

void bell_join(struct bell *bell, struct waiter *waiter)
{
	struct waiter **bucket = bucket_of(bell, waiter->key);

	pthread_mutex_lock(&bell->lock);
	waiter->next = *bucket;
	waiter->link = bucket;
	if (waiter->next)
		waiter->next->link = &waiter->next;
	*bucket = waiter;
	pthread_mutex_unlock(&bell->lock);
}

void bell_leave(struct bell *bell, struct waiter *waiter)
{
	pthread_mutex_lock(&bell->lock);
	*waiter->link = waiter->next;
	if (waiter->next)
		waiter->next->link = waiter->link;
	pthread_mutex_unlock(&bell->lock);
}

/* Under the lock. */
static bool is_stopped(const struct bell *bell, const struct waiter *waiter)
{
	return bell->stopped && !waiter->whole;
}

bool bell_listen(struct bell *bell, struct waiter *waiter)
{
	bool stopped;

	pthread_mutex_lock(&bell->lock);
	waiter->rung = false;
	stopped = is_stopped(bell, waiter);
	pthread_mutex_unlock(&bell->lock);
	return !stopped;
}

bool bell_wait(struct bell *bell, struct waiter *waiter, int64_t wake_at)
{
	bool waits;

	pthread_mutex_lock(&bell->lock);
	waits = !waiter->rung && !is_stopped(bell, waiter);
	if (waits) {
		MHD_suspend_connection(waiter->connection);
		waiter->suspended = true;
		waiter->left = false;
		waiter->wake_at = wake_at;
	}
	pthread_mutex_unlock(&bell->lock);
	return waits;
}

/* Under the lock.  A connection that is resumed goes on under its own. */
static void wake(struct waiter *waiter)
{
	waiter->rung = true;
	if (!waiter->suspended)
		return;
	waiter->suspended = false;
	MHD_resume_connection(waiter->connection);
}

static void ring_all(struct bell *bell)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct waiter *w = bell->buckets[i]; w; w = w->next)
			wake(w);
}

static void ring_key(struct bell *bell, uint64_t key)
{
	for (struct waiter *w = *bucket_of(bell, key); w; w = w->next)
		if (w->key == key)
			wake(w);
}

void bell_ring_one(struct bell *bell, uint64_t key)
{
	pthread_mutex_lock(&bell->lock);
	ring_key(bell, key);
	pthread_mutex_unlock(&bell->lock);
}

void bell_ring(struct bell *bell, const struct store_changes *changes)
{
	pthread_mutex_lock(&bell->lock);
	for (size_t i = 0; i < changes->count; i++)
		ring_key(bell, changes->keys[i]);
	if (changes->all)
		ring_all(bell);
	pthread_mutex_unlock(&bell->lock);
}

/*
 * The library does not look at a suspended connection.  Who has ended only
 * its own side, which looks the same, gets a comment more.
 */
static bool has_left(const struct peer *peer)
{
	char byte;
	const ssize_t size = recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

void bell_tick(struct bell *bell, int64_t now)
{
	const bool looks = now - bell->looked_at >= LOOK_MILLISECONDS;

	if (looks)
		bell->looked_at = now;
	pthread_mutex_lock(&bell->lock);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct waiter *w = bell->buckets[i]; w; w = w->next) {
			if (!w->suspended)
				continue;
			w->left = looks && has_left(w->peer);
			if (w->left || w->wake_at <= now)
				wake(w);
		}
	pthread_mutex_unlock(&bell->lock);
}

void bell_stop(struct bell *bell)
{
	pthread_mutex_lock(&bell->lock);
	bell->stopped = true;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct waiter *w = bell->buckets[i]; w; w = w->next) {
			if (w->whole)
				continue;
			peer_takes_end(w->peer);
			wake(w);
		}
	pthread_mutex_unlock(&bell->lock);
}
