/* SPDX-License-Identifier: MIT */
/*
 * places.c - which connections are served, and which one is given up for
 * another.
 *
 * All of it runs under the registry's lock.  A connection that is cut loses
 * its place at once; its thread notices a little later.
 */
#include "server/http/exchange.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>

/* Connections beyond the limit, which are told so or asked for the health. */
#define SURPLUS_MAX 64

/* Data this fresh may be read already and not yet be looked at. */
#define FRESH_MS 200

/* In the order in which they are given up. */
enum places_order {
	PLACE_NEVER_SENT,
	PLACE_HALF_HEAD,
	PLACE_IDLE,
	PLACE_KEPT, /* a request runs, or is there to be read */
};

static bool places_has_bytes(const struct peer *peer)
{
	char byte;

	return recv(peer->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* Has anything come since `since`?  Only TCP tells. */
static enum places_order places_order_of_waiting(
	const struct peer *peer, enum peer_state state, int64_t now)
{
	const int64_t since = atomic_load(&peer->since);
	struct tcp_info info = { 0 };
	socklen_t size = sizeof(info);

	if (getsockopt(peer->fd, IPPROTO_TCP, TCP_INFO, &info, &size))
		return state == PEER_NEW ? PLACE_NEVER_SENT : PLACE_IDLE;
	if (state == PEER_NEW && info.tcpi_bytes_received == 0)
		return PLACE_NEVER_SENT;
	if (info.tcpi_last_data_recv < FRESH_MS)
		return PLACE_KEPT;
	if (state == PEER_NEW ||
		now - (int64_t)info.tcpi_last_data_recv > since + FRESH_MS)
		return PLACE_HALF_HEAD;
	return PLACE_IDLE;
}

static enum places_order places_order_of(const struct peer *peer, int64_t now)
{
	const enum peer_state state = atomic_load(&peer->state);

	if (peer->cut || (state != PEER_NEW && state != PEER_IDLE) ||
		places_has_bytes(peer))
		return PLACE_KEPT;
	return places_order_of_waiting(peer, state, now);
}

/* The best of those that may be given up. */
struct places_choice {
	struct peer *peer; /* NULL: none */
	size_t held;	   /* by its address */
	enum places_order order;
	int64_t since;
};

static bool places_is_better(
	const struct places_choice *a, const struct places_choice *b)
{
	if (!b->peer || a->held != b->held)
		return !b->peer || a->held > b->held;
	if (a->order != b->order)
		return a->order < b->order;
	return a->since < b->since;
}

static void places_consider(struct peers *peers, struct peer *peer,
	struct places_choice *best, int64_t now)
{
	struct places_choice choice = {
		.peer = peer,
		.held = share_held(peers->shares, peer->share, SHARE_PLACES),
		.since = atomic_load(&peer->since),
	};

	if (best->peer && choice.held < best->held)
		return;
	choice.order = places_order_of(peer, now);
	if (choice.order != PLACE_KEPT && places_is_better(&choice, best))
		*best = choice;
}

/* From the address with the most places, which must be more than ours. */
static struct peer *places_to_give_up(
	struct peers *peers, const struct peer *newcomer)
{
	const size_t ours =
		share_held(peers->shares, newcomer->share, SHARE_PLACES);
	const int64_t now = clock_milliseconds();
	struct places_choice best = { 0 };

	for (struct peer *peer = peers->first; peer; peer = peer->next)
		if (peer->placed && peer != newcomer)
			places_consider(peers, peer, &best, now);
	return best.held > ours ? best.peer : NULL;
}

static struct peer *places_of_surplus(
	struct peers *peers, const struct peer *newcomer)
{
	const int64_t now = clock_milliseconds();
	struct peer *oldest = NULL;

	for (struct peer *peer = peers->first; peer; peer = peer->next)
		if (peer->surplus && peer != newcomer && !peer->cut &&
			(!oldest || atomic_load(&peer->since) <
					    atomic_load(&oldest->since)) &&
			places_order_of(peer, now) != PLACE_KEPT)
			oldest = peer;
	return oldest;
}

/* A proxy's own share is no client's, and has no bound but the total. */
static bool places_take_for_proxy(struct peers *peers, struct peer *peer)
{
	const struct shares *shares = peers->shares;

	if (atomic_load(&shares->totals[SHARE_PLACES]) >=
		shares->most[SHARE_PLACES])
		return false;
	share_take_anyway(peers->shares, peer->share, SHARE_PLACES, 1);
	peer->placed = true;
	return true;
}

static bool places_take(struct peers *peers, struct peer *peer)
{
	enum share_answer answer =
		share_take(peers->shares, peer->share, SHARE_PLACES, 1);
	struct peer *other;

	if (answer == SHARE_OVER && peer->is_proxy)
		return places_take_for_proxy(peers, peer);
	if (answer == SHARE_FULL) {
		other = places_to_give_up(peers, peer);
		if (!other)
			return false;
		places_cut(peers, other);
		answer =
			share_take(peers->shares, peer->share, SHARE_PLACES, 1);
	}
	peer->placed = answer == SHARE_TAKEN;
	return peer->placed;
}

void places_find(struct peers *peers, struct peer *peer)
{
	struct peer *other;

	if (places_take(peers, peer))
		return;
	peer->surplus = true;
	if (peers->surplus++ < SURPLUS_MAX)
		return;
	other = places_of_surplus(peers, peer);
	places_cut(peers, other ? other : peer);
}

void places_give(struct peers *peers, struct peer *peer)
{
	if (peer->placed)
		share_give(peers->shares, peer->share, SHARE_PLACES, 1);
	if (peer->surplus && !peer->cut)
		peers->surplus--;
	peer->placed = false;
}

void places_cut(struct peers *peers, struct peer *peer)
{
	if (peer->cut)
		return;
	places_give(peers, peer);
	peer->cut = true;
	shutdown(peer->fd, SHUT_RDWR);
}

enum share_answer places_lend(
	struct peers *peers, struct peer *peer, const struct in6_addr *client)
{
	struct share *share = peers_share_of(peers, client);
	struct share *left = share;
	enum share_answer answer = SHARE_TAKEN;

	if (!share)
		return SHARE_FULL;
	pthread_mutex_lock(&peers->lock);
	if (share != peer->share && peer->placed) {
		share_give(peers->shares, peer->share, SHARE_PLACES, 1);
		answer = share_take(peers->shares, share, SHARE_PLACES, 1);
		if (answer != SHARE_TAKEN)
			share_take_anyway(
				peers->shares, peer->share, SHARE_PLACES, 1);
	}
	if (answer == SHARE_TAKEN) {
		left = peer->share;
		peer->share = share;
	}
	pthread_mutex_unlock(&peers->lock);
	share_leave(peers->shares, left);
	return answer;
}
