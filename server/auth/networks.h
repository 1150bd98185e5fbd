/* SPDX-License-Identifier: MIT */
/*
 * networks.h - networks of IP addresses, and the client behind proxies of
 * them.
 *
 * An IPv4 address is the IPv6 address ::ffff:a.b.c.d.
 */
#ifndef SERVER_AUTH_NETWORKS_H
#define SERVER_AUTH_NETWORKS_H

#include <netinet/in.h>

#include "schema/text.h"

struct error;

struct network {
	struct in6_addr address;
	unsigned bits;
};

#define NETWORKS_MAX 32

/* Starts as {0}. */
struct networks {
	struct network items[NETWORKS_MAX];
	size_t count;
};

/* Reads "10.0.0.0/8,::1" and the like; ERROR_INVALID quotes what is none. */
int networks_read(
	struct networks *networks, const char *list, struct error *error);

bool networks_hold(
	const struct networks *networks, const struct in6_addr *address);

/*
 * The client of a value of X-Forwarded-For or Forwarded: the address furthest
 * to the right that is not of the networks.  False: none is named.
 */
bool networks_client(const struct networks *networks, struct slice value,
	struct in6_addr *client);

#endif
