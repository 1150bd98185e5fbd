/* SPDX-License-Identifier: MIT */
/*
 * probe.c - is the store ready?  The last answer is that of the second.
 *
 * /readyz needs no key and is a batch of the writer: it must not cost one for
 * each who asks.  The outcome of every other write is seen here, too: so a full
 * disk is told of, though a probe of a few bytes may still find room.
 */
#include "server/http/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "schema/error.h"
#include "server/observe/log.h"

#define PROBE_FRESH_MS	1000
#define PROBE_STALE_MS	5000 /* while another one is on its way */
#define PROBE_FULL_MS	10000
#define PROBE_REPEAT_MS 3600000

/* All of it under the lock. */
struct probe {
	pthread_mutex_t lock;
	bool there;  /* an answer */
	bool on_way; /* another one */
	int64_t at;  /* when it was given; monotonic milliseconds */
	bool failed; /* `error` says why, else `body` is the answer */
	struct error error;
	struct text body;
	bool full;	 /* the disk, as far as is known */
	int64_t full_at; /* when a write failed for it */
	int64_t said_at; /* when that was logged last */
	struct error why;
};

struct probe *probe_new(void)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (probe)
		pthread_mutex_init(&probe->lock, NULL);
	return probe;
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	text_clear(&probe->body);
	pthread_mutex_destroy(&probe->lock);
	free(probe);
}

/* Is it a question about the store, which the writer answers? */
static bool probe_is_one(const struct exchange *exchange)
{
	const struct api_route *route = exchange->request.route;

	return route->health && route->lane == LANE_WRITE;
}

/* --- the answer of the second ------------------------------------------ */

static void probe_copy(struct exchange *exchange, const struct probe *probe)
{
	exchange->failed = probe->failed;
	exchange->error = probe->error;
	if (probe->failed)
		return;
	exchange->reply.status = MHD_HTTP_OK;
	text_slice(&exchange->reply.body, text_view(&probe->body));
}

bool probe_answers(struct exchange *exchange)
{
	struct probe *probe = exchange->httpd->probe;
	int64_t age;
	bool fresh;

	if (!probe_is_one(exchange))
		return false;
	pthread_mutex_lock(&probe->lock);
	age = clock_milliseconds() - probe->at;
	fresh = probe->there &&
		age < (probe->on_way ? PROBE_STALE_MS : PROBE_FRESH_MS);
	if (fresh)
		probe_copy(exchange, probe);
	else
		probe->on_way = true;
	pthread_mutex_unlock(&probe->lock);
	return fresh;
}

static void probe_keep(
	struct probe *probe, const struct exchange *exchange, int64_t now)
{
	probe->failed = exchange->failed;
	probe->error = exchange->error;
	probe->body.length = 0;
	text_slice(&probe->body, text_view(&exchange->reply.body));
	probe->there = !probe->body.failed;
	probe->on_way = false;
	probe->at = now;
}

/* --- the disk ---------------------------------------------------------- */

enum probe_news { PROBE_NONE, PROBE_IS_FULL, PROBE_HAS_ROOM };

/* Said when it begins, once an hour while it lasts, and when it ends. */
static enum probe_news probe_is_full(
	struct probe *probe, const struct error *why, int64_t now)
{
	const bool again = now - probe->said_at >= PROBE_REPEAT_MS;
	const bool before = probe->full;

	probe->full = true;
	probe->full_at = now;
	probe->why = *why;
	if (before && !again)
		return PROBE_NONE;
	probe->said_at = now;
	return PROBE_IS_FULL;
}

/* A write has found room; the few bytes of a probe prove less. */
static enum probe_news probe_has_room(
	struct probe *probe, bool small, int64_t now)
{
	if (!probe->full || (small && now - probe->full_at < PROBE_FULL_MS))
		return PROBE_NONE;
	probe->full = false;
	return PROBE_HAS_ROOM;
}

static void probe_log(enum probe_news news, const struct error *why)
{
	if (news == PROBE_IS_FULL)
		log_line(LOG_WARNING, "the disk is full: writes are refused",
			"why", why->message, NULL);
	if (news == PROBE_HAS_ROOM)
		log_line(LOG_WARNING, "the disk has room again", NULL);
}

void probe_note(struct exchange *exchange)
{
	struct probe *probe = exchange->httpd->probe;
	const bool small = probe_is_one(exchange);
	const int64_t now = clock_milliseconds();
	enum probe_news news = PROBE_NONE;
	struct error why;

	pthread_mutex_lock(&probe->lock);
	if (exchange->failed && exchange->error.code == ERROR_STORAGE)
		news = probe_is_full(probe, &exchange->error, now);
	else if (!exchange->failed && !exchange->job.frees)
		news = probe_has_room(probe, small, now);
	if (small && !exchange->failed && probe->full) {
		exchange->failed = true;
		exchange->error = probe->why;
	}
	if (small)
		probe_keep(probe, exchange, now);
	why = probe->why;
	pthread_mutex_unlock(&probe->lock);
	probe_log(news, &why);
}
