/* SPDX-License-Identifier: MIT */
/* deliveries.c - a table of replies, by their sessions. */
#include "server/observe/deliveries.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "schema/clock.h"
#include "schema/error.h"

#define DELIVERIES_BUCKETS 4096
#define DELIVERIES_ETAG	   64
#define DELIVERIES_US	   (DELIVERY_KEPT * INT64_C(1000))

struct deliveries_reply {
	struct deliveries_reply *next;
	int64_t session;
	int64_t since; /* monotonic microseconds */
	enum delivery delivery;
	char etag[DELIVERIES_ETAG];
};

struct deliveries {
	pthread_mutex_t lock;
	int64_t started;
	int64_t begun; /* the same, monotonic microseconds */
	struct deliveries_reply *buckets[DELIVERIES_BUCKETS];
};

int deliveries_new(struct deliveries **out, int64_t now, struct error *error)
{
	struct deliveries *deliveries = calloc(1, sizeof(*deliveries));

	*out = deliveries;
	if (!deliveries)
		return error_out_of_memory(error);
	pthread_mutex_init(&deliveries->lock, NULL);
	deliveries->started = now;
	deliveries->begun = clock_us(CLOCK_MONOTONIC);
	return 0;
}

void deliveries_free(struct deliveries *deliveries)
{
	if (!deliveries)
		return;
	for (size_t i = 0; i < DELIVERIES_BUCKETS; i++)
		while (deliveries->buckets[i]) {
			struct deliveries_reply *reply = deliveries->buckets[i];

			deliveries->buckets[i] = reply->next;
			free(reply);
		}
	pthread_mutex_destroy(&deliveries->lock);
	free(deliveries);
}

static struct deliveries_reply **deliveries_bucket(
	struct deliveries *deliveries, int64_t session)
{
	return &deliveries->buckets[(uint64_t)session % DELIVERIES_BUCKETS];
}

/* Takes the session's reply out, and all that are found no more. */
static void deliveries_forget(struct deliveries_reply **link, int64_t session)
{
	const int64_t old = clock_us(CLOCK_MONOTONIC) - DELIVERIES_US;

	while (*link) {
		struct deliveries_reply *reply = *link;

		if (reply->session != session && reply->since > old) {
			link = &reply->next;
			continue;
		}
		*link = reply->next;
		free(reply);
	}
}

static const struct deliveries_reply *deliveries_find(
	struct deliveries *deliveries, int64_t session, const char *etag)
{
	const struct deliveries_reply *reply =
		*deliveries_bucket(deliveries, session);

	while (reply &&
		(reply->session != session || strcmp(reply->etag, etag) != 0))
		reply = reply->next;
	return reply;
}

/* Later on nothing is found that was kept before the start. */
static bool deliveries_may_forget(
	const struct deliveries *deliveries, enum delivery delivery)
{
	return delivery == DELIVERY_WHOLE &&
	       clock_us(CLOCK_MONOTONIC) - deliveries->begun > DELIVERIES_US;
}

/* Under the lock.  Without memory a client that asks again is not known. */
static void deliveries_put(struct deliveries *deliveries, int64_t session,
	const char *etag, enum delivery delivery)
{
	struct deliveries_reply **link = deliveries_bucket(deliveries, session);
	struct deliveries_reply *reply;

	deliveries_forget(link, session);
	if (deliveries_may_forget(deliveries, delivery) ||
		strlen(etag) >= DELIVERIES_ETAG)
		return;
	reply = calloc(1, sizeof(*reply));
	if (!reply)
		return;
	reply->session = session;
	reply->since = clock_us(CLOCK_MONOTONIC);
	reply->delivery = delivery;
	strncpy(reply->etag, etag, DELIVERIES_ETAG - 1);
	reply->next = *link;
	*link = reply;
}

/* A newer reply, and one that arrived, stay as they were noted. */
void deliveries_note(struct deliveries *deliveries, int64_t session,
	const char *etag, enum delivery delivery)
{
	const struct deliveries_reply *reply;

	if (!deliveries || session == 0)
		return;
	pthread_mutex_lock(&deliveries->lock);
	reply = deliveries_find(deliveries, session, etag);
	if (delivery == DELIVERY_BEGUN ||
		(reply && reply->delivery != DELIVERY_WHOLE))
		deliveries_put(deliveries, session, etag, delivery);
	pthread_mutex_unlock(&deliveries->lock);
}

bool deliveries_lost(struct deliveries *deliveries, int64_t session,
	const char *etag, int64_t kept_at)
{
	const struct deliveries_reply *reply;
	bool lost;

	if (!deliveries)
		return false;
	pthread_mutex_lock(&deliveries->lock);
	reply = deliveries_find(deliveries, session, etag);
	lost = reply ? reply->delivery == DELIVERY_LOST
		     : kept_at < deliveries->started;
	pthread_mutex_unlock(&deliveries->lock);
	return lost;
}
