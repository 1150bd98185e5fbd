/* SPDX-License-Identifier: MIT */
/*
 * peers.c - who is connected, and the timer that cuts slow clients.
 *
 * libmicrohttpd's timeout counts idle time only: a byte every few seconds
 * keeps a connection for ever.  Here each connection has a deadline for the
 * whole of what it is waited for.
 */
#include "server/http/exchange.h"
#include "server/http/waiter.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "schema/error.h"

#define TICK_MILLISECONDS 250
#define NEVER		  INT64_MAX

/* A reply may take so many times longer than a request. */
#define TAKING_FACTOR 5

/* For a bit of an answer that is made meanwhile. */
#define BIT_MILLISECONDS 30000

/* For what is left of a reply that has no end. */
#define END_MILLISECONDS 2000

/* A connection beyond the limit has so long for its head. */
#define SURPLUS_MILLISECONDS 5000

/* While all is scarce a body comes at this rate, or not at all. */
#define BODY_WINDOW_MS	  10000
#define BODY_WINDOW_BYTES 10240

int64_t clock_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void peers_wait_until(
	struct peer *peer, bool awaits_request, int64_t deadline)
{
	atomic_store_explicit(
		&peer->awaits_request, awaits_request, memory_order_relaxed);
	atomic_store_explicit(&peer->deadline, deadline, memory_order_relaxed);
}

static void peers_enter(struct peer *peer, enum peer_state state)
{
	atomic_store(&peer->since, clock_milliseconds());
	atomic_store(&peer->state, state);
}

void peer_expects_request(const struct peers *peers, struct peer *peer)
{
	peers_enter(peer, PEER_IDLE);
	peers_wait_until(
		peer, true, clock_milliseconds() + peers->arrive_milliseconds);
}

/* The deadline of the request goes on. */
void peer_expects_body(struct peer *peer)
{
	atomic_store(&peer->received, 0);
	peers_enter(peer, PEER_BODY);
}

void peer_expects_reply(struct peer *peer)
{
	peers_enter(peer, PEER_BUSY);
	peers_wait_until(peer, false, NEVER);
}

void peer_takes_reply(const struct peers *peers, struct peer *peer)
{
	const int64_t patience = TAKING_FACTOR * peers->arrive_milliseconds;

	peers_enter(peer, PEER_BUSY);
	peers_wait_until(peer, false, clock_milliseconds() + patience);
}

void peer_takes_bit(struct peer *peer)
{
	peers_wait_until(peer, false, clock_milliseconds() + BIT_MILLISECONDS);
}

void peer_takes_end(struct peer *peer)
{
	peers_wait_until(peer, false, clock_milliseconds() + END_MILLISECONDS);
}

/* The address without its port, IPv4 as IPv6 has it; false: neither. */
static bool peers_plain_address(
	const struct sockaddr_storage *from, struct in6_addr *out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (from->ss_family == AF_INET6) {
		memcpy(&v6, from, sizeof(v6));
		*out = v6.sin6_addr;
		return true;
	}
	if (from->ss_family != AF_INET)
		return false;
	memcpy(&v4, from, sizeof(v4));
	memset(out, 0, sizeof(*out));
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	memcpy(&out->s6_addr[12], &v4.sin_addr, 4);
	return true;
}

/* A path, a loopback address, or the one that was connected to. */
static bool peers_is_local(int fd)
{
	struct sockaddr_storage theirs = { 0 }, ours = { 0 };
	socklen_t theirs_length = sizeof(theirs), ours_length = sizeof(ours);
	struct in6_addr peer, self;

	if (getpeername(fd, (struct sockaddr *)&theirs, &theirs_length) ||
		getsockname(fd, (struct sockaddr *)&ours, &ours_length))
		return false;
	if (ours.ss_family == AF_UNIX)
		return true;
	if (!peers_plain_address(&theirs, &peer) ||
		!peers_plain_address(&ours, &self))
		return false;
	return IN6_IS_ADDR_LOOPBACK(&peer) ||
	       (IN6_IS_ADDR_V4MAPPED(&peer) && peer.s6_addr[12] == 127) ||
	       memcmp(&peer, &self, sizeof(peer)) == 0;
}

/* An IPv4 address, or the network of an IPv6 one, behind a letter. */
struct share *peers_share_of(
	struct peers *peers, const struct in6_addr *address)
{
	struct in6_addr network = *address;
	char name[1 + sizeof(network)] = "a";

	if (!IN6_IS_ADDR_V4MAPPED(&network))
		memset(&network.s6_addr[8], 0, 8);
	memcpy(name + 1, &network, sizeof(network));
	return share_join(peers->shares, (struct slice){ name, sizeof(name) });
}

/* Proxies share nothing with each other before they have named a client. */
static void peers_join_share(struct peers *peers, struct peer *peer)
{
	struct sockaddr_storage from = { 0 };
	socklen_t length = sizeof(from);
	struct in6_addr address = { 0 };

	if (!getpeername(peer->fd, (struct sockaddr *)&from, &length))
		peers_plain_address(&from, &address);
	peer->is_proxy = from.ss_family == AF_UNIX ||
			 networks_hold(&peers->proxies, &address);
	peer->share = peer->is_proxy ? share_join(peers->shares, SLICE("p"))
				     : peers_share_of(peers, &address);
}

static void peers_link(struct peers *peers, struct peer *peer)
{
	peers->count++;
	peer->next = peers->first;
	peer->link = &peers->first;
	if (peer->next)
		peer->next->link = &peer->next;
	peers->first = peer;
}

struct peer *peers_add(struct peers *peers, int fd)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->fd = fd;
	peer->is_local = peers_is_local(fd);
	peers_join_share(peers, peer);
	if (!peer->share) {
		free(peer);
		return NULL;
	}
	peer_expects_request(peers, peer);
	peers_enter(peer, PEER_NEW);
	pthread_mutex_lock(&peers->lock);
	peers_link(peers, peer);
	places_find(peers, peer);
	if (peer->surplus)
		peers_wait_until(peer, true,
			clock_milliseconds() + SURPLUS_MILLISECONDS);
	pthread_mutex_unlock(&peers->lock);
	return peer;
}

void peers_remove(struct peers *peers, struct peer *peer)
{
	if (!peer)
		return;
	pthread_mutex_lock(&peers->lock);
	peers->count--;
	places_give(peers, peer);
	*peer->link = peer->next;
	if (peer->next)
		peer->next->link = peer->link;
	pthread_mutex_unlock(&peers->lock);
	share_leave(peers->shares, peer->share);
	free(peer);
}

static bool peers_is_late(const struct peer *peer, int64_t now)
{
	return atomic_load_explicit(&peer->deadline, memory_order_relaxed) <=
	       now;
}

bool peer_has_left(const struct peer *peer)
{
	char byte;

	return recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/*
 * The library overlooks an end that comes together with data, and would wait
 * for the rest of the request.  Seen at two ticks, so that what was read last
 * has been dealt with.
 */
static bool peers_has_gone(struct peer *peer)
{
	bool ended_before = peer->ended;

	peer->ended = atomic_load_explicit(
			      &peer->awaits_request, memory_order_relaxed) &&
		      peer_has_left(peer);
	return ended_before && peer->ended;
}

/*
 * A body that is withheld keeps its bytes from others.  Where there is enough
 * for all the deadline is soon enough.
 */
static bool peers_withholds(struct peer *peer, int64_t now)
{
	const uint64_t received = atomic_load(&peer->received);
	const bool awaits = atomic_load(&peer->state) == PEER_BODY;

	if (!awaits || !peer->rate_at || received < peer->rate_bytes ||
		received - peer->rate_bytes >= BODY_WINDOW_BYTES) {
		peer->rate_at = awaits ? now : 0;
		peer->rate_bytes = received;
		return false;
	}
	return now - peer->rate_at >= BODY_WINDOW_MS;
}

/*
 * The descriptors are closed after peers_remove() only, so under the lock
 * each still names its connection.
 */
static void peers_cut_expired(struct peers *peers)
{
	const bool scarce = shares_are_scarce(peers->shares, SHARE_PLACES) ||
			    shares_are_scarce(peers->shares, SHARE_BYTES);
	int64_t now = clock_milliseconds();

	for (struct peer *peer = peers->first; peer; peer = peer->next) {
		const bool withholds = peers_withholds(peer, now);

		if (!peers_is_late(peer, now) && !peers_has_gone(peer) &&
			!(scarce && withholds))
			continue;
		places_cut(peers, peer);
		peer_expects_reply(peer);
	}
}

static struct timespec peers_next_tick(void)
{
	struct timespec tick;

	clock_gettime(CLOCK_MONOTONIC, &tick);
	tick.tv_nsec += TICK_MILLISECONDS * 1000000L;
	if (tick.tv_nsec >= 1000000000L) {
		tick.tv_nsec -= 1000000000L;
		tick.tv_sec++;
	}
	return tick;
}

static void *peers_run_timer(void *context)
{
	struct peers *peers = context;

	pthread_mutex_lock(&peers->lock);
	while (!peers->stopping) {
		struct timespec tick = peers_next_tick();
		pthread_cond_timedwait(&peers->wake, &peers->lock, &tick);
		peers_cut_expired(peers);
		notifier_tick(peers->notifier, clock_milliseconds());
		watch_tick(peers->watch, clock_milliseconds());
	}
	pthread_mutex_unlock(&peers->lock);
	return NULL;
}

int peers_start(struct peers *peers, struct shares *shares,
	unsigned arrive_seconds, struct error *error)
{
	pthread_condattr_t attributes;

	peers->shares = shares;
	peers->arrive_milliseconds = (int64_t)arrive_seconds * 1000;
	pthread_mutex_init(&peers->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&peers->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	if (pthread_create(&peers->timer, NULL, peers_run_timer, peers))
		return error_set(
			error, ERROR_UNAVAILABLE, "cannot start a thread");
	return 0;
}

void peers_stop(struct peers *peers)
{
	pthread_mutex_lock(&peers->lock);
	peers->stopping = true;
	pthread_cond_signal(&peers->wake);
	pthread_mutex_unlock(&peers->lock);
	pthread_join(peers->timer, NULL);
	pthread_cond_destroy(&peers->wake);
	pthread_mutex_destroy(&peers->lock);
}
