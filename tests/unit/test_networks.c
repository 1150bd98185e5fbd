/* SPDX-License-Identifier: MIT */
/*
 * test_networks.c - whom a trusted proxy speaks for.
 */
#include "server/auth/networks.h"

#include <arpa/inet.h>

#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct in6_addr address(const char *text)
{
	struct in6_addr out;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &out), 1);
	return out;
}

START_TEST(an_address_is_in_a_network_or_not)
{
	static const struct {
		const char *address;
		bool held;
	} rows[] = {
		{ "::ffff:10.1.2.3", true },
		{ "::ffff:11.0.0.0", false },
		{ "::ffff:192.168.4.127", true },
		{ "::ffff:192.168.4.128", false },
		{ "::ffff:203.0.113.9", true },
		{ "::ffff:203.0.113.8", false },
		{ "::1", true },
		{ "::2", false },
		{ "2001:db8:ff::1", true },
		{ "2001:db9::1", false },
	};
	struct networks networks = { 0 };

	ok(networks_read(&networks,
		"10.0.0.0/8,192.168.4.0/25,203.0.113.9,::1,2001:db8::/32",
		&error));
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct in6_addr one = address(rows[i].address);

		ck_assert_msg(networks_hold(&networks, &one) == rows[i].held,
			"%s", rows[i].address);
	}
}
END_TEST

START_TEST(what_is_no_network_is_refused)
{
	static const char *const rows[] = { "", "a", "10.0.0.0/33", "::1/129",
		"10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/0008",
		"10.0.0.0/8,", "10.0.0.0/8, ::1", "localhost" };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct networks networks = { 0 };

		fails(networks_read(&networks, rows[i], &error), ERROR_INVALID);
	}
}
END_TEST

START_TEST(the_client_is_the_last_that_is_not_trusted)
{
	static const struct {
		const char *value;
		const char *client; /* NULL: none */
	} rows[] = {
		{ "192.0.2.1", "::ffff:192.0.2.1" },
		{ "198.51.100.9, 192.0.2.1", "::ffff:192.0.2.1" },
		{ "192.0.2.1, 10.0.0.1,10.2.3.4", "::ffff:192.0.2.1" },
		{ "192.0.2.1:4711", "::ffff:192.0.2.1" },
		{ "[2001:db8::7]:80", "2001:db8::7" },
		{ "2001:db8::7", "2001:db8::7" },
		{ "for=192.0.2.1;proto=http;by=10.0.0.1", "::ffff:192.0.2.1" },
		{ "For=\"[2001:db8::7]:80\";proto=https", "2001:db8::7" },
		{ "for=198.51.100.9, proto=http;for=192.0.2.1",
			"::ffff:192.0.2.1" },
		{ "10.0.0.1", NULL },
		{ "192.0.2.1, unknown", NULL },
		{ "for=_hidden", NULL },
		{ "192.0.2.1,", NULL },
		{ "", NULL },
		{ "[", NULL },
		{ "for=", NULL },
	};
	struct networks networks = { 0 };

	ok(networks_read(&networks, "10.0.0.0/8", &error));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct in6_addr client, wanted;
		const bool there = networks_client(
			&networks, slice_of(rows[i].value), &client);

		ck_assert_msg(
			there == (rows[i].client != NULL), "%s", rows[i].value);
		if (!there)
			continue;
		wanted = address(rows[i].client);
		ck_assert_msg(IN6_ARE_ADDR_EQUAL(&client, &wanted), "%s",
			rows[i].value);
	}
}
END_TEST

UNIT("networks", an_address_is_in_a_network_or_not,
	what_is_no_network_is_refused,
	the_client_is_the_last_that_is_not_trusted)
