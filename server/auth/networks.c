/* SPDX-License-Identifier: MIT */
/* networks.c - networks of IP addresses, and the client behind proxies. */
#include "server/auth/networks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "schema/error.h"
#include "server/auth/keys.h"

#define V4_BITS 96 /* in front of an IPv4 address */

/* *bits is how many an address of its kind has. */
static bool networks_read_address(
	struct slice text, struct in6_addr *out, unsigned *bits)
{
	char string[INET6_ADDRSTRLEN];

	if (!text.length || text.length >= sizeof(string))
		return false;
	memcpy(string, text.data, text.length);
	string[text.length] = '\0';
	*bits = 128;
	if (inet_pton(AF_INET6, string, out) == 1)
		return true;
	*bits = 32;
	memset(out, 0, sizeof(*out));
	out->s6_addr[10] = out->s6_addr[11] = 0xff;
	return inet_pton(AF_INET, string, &out->s6_addr[12]) == 1;
}

static bool networks_read_bits(struct slice text, unsigned most, unsigned *bits)
{
	*bits = 0;
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || i > 2)
			return false;
		*bits = *bits * 10 + (unsigned)(text.data[i] - '0');
	}
	return text.length > 0 && *bits <= most;
}

static bool networks_read_one(struct slice text, struct network *out)
{
	const char *slash = memchr(text.data, '/', text.length);
	struct slice address = text, length = text;
	unsigned most;

	if (slash)
		address.length = (size_t)(slash - text.data);
	if (!networks_read_address(address, &out->address, &most))
		return false;
	out->bits = most;
	length.data += address.length + 1;
	length.length -= address.length + 1;
	if (slash && !networks_read_bits(length, most, &out->bits))
		return false;
	out->bits += most == 32 ? V4_BITS : 0;
	return true;
}

int networks_read(
	struct networks *networks, const char *list, struct error *error)
{
	struct slice piece;

	while (keys_next_piece(&list, &piece)) {
		if (networks->count == NETWORKS_MAX)
			return error_set(error, ERROR_INVALID,
				"--trusted-proxy: more than %d networks",
				NETWORKS_MAX);
		if (!networks_read_one(
			    piece, &networks->items[networks->count++]))
			return error_set(error, ERROR_INVALID,
				"--trusted-proxy: \"%.*s\" is not a network, "
				"such as 10.0.0.0/8 or ::1",
				SLICE_SHORT(piece));
	}
	return 0;
}

static bool networks_match(
	const struct network *network, const struct in6_addr *address)
{
	const unsigned whole = network->bits / 8;
	const unsigned rest = network->bits % 8;

	if (memcmp(&network->address, address, whole))
		return false;
	return !rest ||
	       ((network->address.s6_addr[whole] ^ address->s6_addr[whole]) >>
		       (8 - rest)) == 0;
}

bool networks_hold(
	const struct networks *networks, const struct in6_addr *address)
{
	for (size_t i = 0; i < networks->count; i++)
		if (networks_match(&networks->items[i], address))
			return true;
	return false;
}

/* --- the client -------------------------------------------------------- */

static struct slice networks_trim(struct slice text, const char *characters)
{
	while (text.length && strchr(characters, *text.data)) {
		text.data++;
		text.length--;
	}
	while (text.length && strchr(characters, text.data[text.length - 1]))
		text.length--;
	return text;
}

/* Of `for="[::1]:80";proto=http` what stands behind `for=`. */
static struct slice networks_for(struct slice element)
{
	const char *at = element.data;
	const char *const end = at + element.length;

	for (; end - at > 4; at++) {
		const char *stop;

		if (strncasecmp(at, "for=", 4) != 0)
			continue;
		stop = memchr(at, ';', (size_t)(end - at));
		stop = stop ? stop : end;
		return (struct slice){ at + 4, (size_t)(stop - at - 4) };
	}
	return element;
}

/* `192.0.2.1:80` and `[::1]:80` without port and brackets. */
static struct slice networks_without_port(struct slice text)
{
	const char *first, *end;

	text = networks_trim(text, " \t\"");
	if (!text.length)
		return text;
	end = *text.data == '[' ? memchr(text.data, ']', text.length) : NULL;
	if (end)
		return (struct slice){ text.data + 1,
			(size_t)(end - text.data - 1) };
	first = memchr(text.data, ':', text.length);
	if (first && !memchr(first + 1, ':',
			     text.length - (size_t)(first + 1 - text.data)))
		text.length = (size_t)(first - text.data);
	return text;
}

bool networks_client(const struct networks *networks, struct slice value,
	struct in6_addr *client)
{
	while (value.length) {
		const char *comma = memrchr(value.data, ',', value.length);
		const char *start = comma ? comma + 1 : value.data;
		struct slice element = { start,
			value.length - (size_t)(start - value.data) };
		unsigned bits;

		element = networks_without_port(networks_for(element));
		if (!networks_read_address(element, client, &bits))
			return false;
		if (!networks_hold(networks, client))
			return true;
		value.length = comma ? (size_t)(comma - value.data) : 0;
	}
	return false;
}
