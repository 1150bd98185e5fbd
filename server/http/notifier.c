/* SPDX-License-Identifier: MIT */
/*
 * notifier.c - responses that wait until a session changes.
 *
 * Waiters are found by the key of the session that they wait for, whether it
 * exists or not.  Two sessions may have one key: a waiter that is woken for
 * nothing is normal, one that is not woken must never happen.
 */
#include "server/http/exchange.h"
#include "server/http/waiter.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "core/store/change_feed.h"

#define BUCKETS 4096

/* The interval at which it looks which peers have gone. */
#define LOOK_MILLISECONDS 1000

struct notifier {
	pthread_mutex_t lock; /* of all that follows */
	struct waiter *buckets[BUCKETS];
	int64_t looked_at; /* the timer's */
	bool stopped;
};

struct notifier *notifier_new(void)
{
	struct notifier *notifier = calloc(1, sizeof(*notifier));

	if (notifier)
		pthread_mutex_init(&notifier->lock, NULL);
	return notifier;
}

void notifier_free(struct notifier *notifier)
{
	if (!notifier)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		assert(notifier->buckets[i] == NULL); /* all have left */
	pthread_mutex_destroy(&notifier->lock);
	free(notifier);
}

static struct waiter **notifier_bucket_of(
	struct notifier *notifier, uint64_t key)
{
	return &notifier->buckets[key % BUCKETS];
}

void notifier_join(struct notifier *notifier, struct waiter *waiter)
{
	struct waiter **bucket = notifier_bucket_of(notifier, waiter->key);

	pthread_mutex_lock(&notifier->lock);
	waiter->next = *bucket;
	waiter->link = bucket;
	if (waiter->next)
		waiter->next->link = &waiter->next;
	*bucket = waiter;
	pthread_mutex_unlock(&notifier->lock);
}

void notifier_leave(struct notifier *notifier, struct waiter *waiter)
{
	pthread_mutex_lock(&notifier->lock);
	assert(!waiter->suspended);
	*waiter->link = waiter->next;
	if (waiter->next)
		waiter->next->link = waiter->link;
	pthread_mutex_unlock(&notifier->lock);
}

/* Under the lock. */
static bool notifier_is_stopped(
	const struct notifier *notifier, const struct waiter *waiter)
{
	return notifier->stopped && !waiter->whole;
}

bool notifier_watch(struct notifier *notifier, struct waiter *waiter)
{
	bool stopped;

	pthread_mutex_lock(&notifier->lock);
	waiter->signalled = false;
	stopped = notifier_is_stopped(notifier, waiter);
	pthread_mutex_unlock(&notifier->lock);
	return !stopped;
}

bool notifier_wait(
	struct notifier *notifier, struct waiter *waiter, int64_t wake_at)
{
	bool waits;

	pthread_mutex_lock(&notifier->lock);
	waits = !waiter->signalled && !notifier_is_stopped(notifier, waiter);
	if (waits) {
		MHD_suspend_connection(waiter->connection);
		waiter->suspended = true;
		waiter->left = false;
		waiter->wake_at = wake_at;
	}
	pthread_mutex_unlock(&notifier->lock);
	return waits;
}

/* Under the lock.  A connection that is resumed goes on under its own. */
static void notifier_wake(struct waiter *waiter)
{
	waiter->signalled = true;
	if (!waiter->suspended)
		return;
	waiter->suspended = false;
	MHD_resume_connection(waiter->connection);
}

static void notifier_signal_all(struct notifier *notifier)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct waiter *w = notifier->buckets[i]; w; w = w->next)
			notifier_wake(w);
}

static void notifier_signal_key(struct notifier *notifier, uint64_t key)
{
	for (struct waiter *w = *notifier_bucket_of(notifier, key); w;
		w = w->next)
		if (w->key == key)
			notifier_wake(w);
}

void notifier_changed_one(struct notifier *notifier, uint64_t key)
{
	pthread_mutex_lock(&notifier->lock);
	notifier_signal_key(notifier, key);
	pthread_mutex_unlock(&notifier->lock);
}

void notifier_changed(
	struct notifier *notifier, const struct store_changes *changes)
{
	pthread_mutex_lock(&notifier->lock);
	for (size_t i = 0; i < changes->count; i++)
		notifier_signal_key(notifier, changes->keys[i]);
	if (changes->all)
		notifier_signal_all(notifier);
	pthread_mutex_unlock(&notifier->lock);
}

/*
 * The library does not look at a suspended connection.  A peer that has ended
 * only its own side, which looks the same, gets a comment more.
 */
static bool notifier_has_left(const struct peer *peer)
{
	char byte;
	const ssize_t size = recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

void notifier_tick(struct notifier *notifier, int64_t now)
{
	const bool looks = now - notifier->looked_at >= LOOK_MILLISECONDS;

	if (looks)
		notifier->looked_at = now;
	pthread_mutex_lock(&notifier->lock);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct waiter *w = notifier->buckets[i]; w; w = w->next) {
			if (!w->suspended)
				continue;
			w->left = looks && notifier_has_left(w->peer);
			if (w->left || w->wake_at <= now)
				notifier_wake(w);
		}
	pthread_mutex_unlock(&notifier->lock);
}

void notifier_visit(struct notifier *notifier,
	void (*visit)(void *context, const struct waiter *waiter),
	void *context)
{
	pthread_mutex_lock(&notifier->lock);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct waiter *w = notifier->buckets[i]; w; w = w->next)
			if (w->ref.name.length > 0)
				visit(context, w);
	pthread_mutex_unlock(&notifier->lock);
}

void notifier_stop(struct notifier *notifier)
{
	pthread_mutex_lock(&notifier->lock);
	notifier->stopped = true;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct waiter *w = notifier->buckets[i]; w; w = w->next) {
			if (w->whole)
				continue;
			peer_takes_end(w->peer);
			notifier_wake(w);
		}
	pthread_mutex_unlock(&notifier->lock);
}
