/* SPDX-License-Identifier: MIT */
/*
 * test_places.c - which connection is given up for another one, and whose
 * addresses are one.
 *
 * The connections are real, from several addresses of this machine; sixteen
 * of them have places.
 */
#include "server/http/exchange.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define PLACES	    16
#define CLIENTS_MAX 200
#define OLD_MS	    300 /* what came before is not fresh any more */

static struct shares shares;
static struct peers peers;
static int listener;
static struct sockaddr_in here;

/* Both ends of each connection. */
static struct client {
	int fd;
	struct peer *peer;
} clients[CLIENTS_MAX];
static int count;

static void start(void)
{
	const size_t most[SHARE_KINDS] = { [SHARE_PLACES] = PLACES };
	socklen_t size = sizeof(here);

	shares_init(&shares, most);
	peers.shares = &shares;
	peers.arrive_milliseconds = 60000;
	pthread_mutex_init(&peers.lock, NULL);
	here = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
		bind(listener, (struct sockaddr *)&here, sizeof(here)), 0);
	ck_assert_int_eq(listen(listener, 16), 0);
	ck_assert_int_eq(
		getsockname(listener, (struct sockaddr *)&here, &size), 0);
	count = 0;
}

static void stop(void)
{
	for (int i = 0; i < count; i++) {
		close(clients[i].fd);
		close(clients[i].peer->fd);
		peers_remove(&peers, clients[i].peer);
	}
	close(listener);
	ck_assert_uint_eq(atomic_load(&peers.count), 0);
	pthread_mutex_destroy(&peers.lock);
	shares_clear(&shares);
}

/* A connection from this address of the machine. */
static struct client *comes(const char *address)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct client *client = &clients[count++];
	int fd;

	ck_assert_int_le(count, CLIENTS_MAX);
	ck_assert_int_eq(inet_pton(AF_INET, address, &from.sin_addr), 1);
	client->fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
		bind(client->fd, (struct sockaddr *)&from, sizeof(from)), 0);
	ck_assert_int_eq(
		connect(client->fd, (struct sockaddr *)&here, sizeof(here)), 0);
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	client->peer = peers_add(&peers, fd);
	ck_assert_ptr_nonnull(client->peer);
	return client;
}

static void come(const char *address, int connections)
{
	while (connections-- > 0)
		comes(address);
}

/* The same, each with a request that runs. */
static void come_busy(const char *address, int connections)
{
	while (connections-- > 0)
		peer_expects_reply(comes(address)->peer);
}

/* Sends a byte, which the server reads at once. */
static void sends(const struct client *client)
{
	char byte = 'G';

	ck_assert_int_eq(send(client->fd, &byte, 1, 0), 1);
	ck_assert_int_eq(recv(client->peer->fd, &byte, 1, 0), 1);
}

static void grows_old(const struct client *client)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	struct tcp_info info;

	do {
		socklen_t size = sizeof(info);

		nanosleep(&pause, NULL);
		ck_assert_int_eq(getsockopt(client->peer->fd, IPPROTO_TCP,
					 TCP_INFO, &info, &size),
			0);
	} while (info.tcpi_last_data_recv < OLD_MS);
}

static int cut(void)
{
	int number = 0;

	for (int i = 0; i < count; i++)
		number += clients[i].peer->cut;
	return number;
}

START_TEST(one_address_may_have_what_is_free_but_not_the_last_quarter)
{
	come("127.0.0.2", PLACES * 3 / 4);
	for (int i = 0; i < count; i++)
		ck_assert(clients[i].peer->placed);
	ck_assert(comes("127.0.0.2")->peer->surplus);
	ck_assert(comes("127.0.0.3")->peer->placed);
	ck_assert_int_eq(cut(), 0);
}
END_TEST

START_TEST(the_silent_one_goes_first_then_half_a_head_then_the_idle_one)
{
	struct client *idle = comes("127.0.0.2"), *half, *silent, *newer;

	sends(idle);
	grows_old(idle);
	peer_expects_request(&peers, idle->peer);
	half = comes("127.0.0.2");
	sends(half);
	newer = comes("127.0.0.2");
	sends(newer);
	silent = comes("127.0.0.2");
	come_busy("127.0.0.2", PLACES * 3 / 4 - count);
	grows_old(newer);
	peer_expects_request(&peers, newer->peer);
	come_busy("127.0.0.3", PLACES / 4);
	ck_assert_int_eq(cut(), 0);

	come_busy("127.0.0.4", 1);
	ck_assert(cut() == 1 && silent->peer->cut);
	come_busy("127.0.0.4", 1);
	ck_assert(cut() == 2 && half->peer->cut);
	come_busy("127.0.0.4", 1);
	ck_assert(cut() == 3 && idle->peer->cut);
	come_busy("127.0.0.4", 1);
	ck_assert(cut() == 4 && newer->peer->cut);
	/* The others are being served. */
	ck_assert(comes("127.0.0.5")->peer->surplus);
	ck_assert_int_eq(cut(), 4);
}
END_TEST

START_TEST(a_connection_with_bytes_to_be_read_is_kept)
{
	struct client *asks = comes("127.0.0.2"), *silent;

	ck_assert_int_eq(send(asks->fd, "GET", 3, 0), 3);
	come_busy("127.0.0.2", PLACES * 3 / 4 - 2);
	silent = comes("127.0.0.2");
	grows_old(asks);
	come_busy("127.0.0.3", PLACES / 4);
	come_busy("127.0.0.4", 1);
	ck_assert(cut() == 1 && silent->peer->cut);
	ck_assert(comes("127.0.0.4")->peer->surplus);
	ck_assert_int_eq(cut(), 1);
}
END_TEST

START_TEST(over_its_share_an_address_gets_no_place_of_others)
{
	come("127.0.0.2", PLACES / 2);
	come("127.0.0.3", PLACES / 4);
	come("127.0.0.4", PLACES / 4);
	ck_assert(comes("127.0.0.2")->peer->surplus);
	ck_assert(comes("127.0.0.4")->peer->surplus);
	ck_assert_int_eq(cut(), 0);
	ck_assert(comes("127.0.0.5")->peer->placed);
	ck_assert_int_eq(cut(), 1);
	for (int i = PLACES / 2; i < count; i++)
		ck_assert(!clients[i].peer->cut);
}
END_TEST

START_TEST(nobody_is_cut_for_an_address_that_has_as_much)
{
	static const char *const three_each[] = { "127.0.0.2", "127.0.0.3",
		"127.0.0.4", "127.0.0.5", "127.0.0.6" };

	for (int i = 0; i < 5; i++)
		come(three_each[i], 3);
	come("127.0.0.7", 1);
	ck_assert(comes("127.0.0.2")->peer->surplus);
	ck_assert_int_eq(cut(), 0);
	ck_assert(comes("127.0.0.7")->peer->placed);
	ck_assert_int_eq(cut(), 1);
}
END_TEST

START_TEST(of_those_beyond_the_limit_the_oldest_goes)
{
	come("127.0.0.2", PLACES * 3 / 4);
	come("127.0.0.2", 64);
	ck_assert_int_eq(cut(), 0);
	come("127.0.0.2", 3);
	ck_assert_int_eq(cut(), 3);
	for (int i = 0; i < PLACES * 3 / 4; i++)
		ck_assert(!clients[i].peer->cut);
}
END_TEST

static bool are_one(const char *a, const char *b)
{
	struct in6_addr address[2];
	struct share *share[2];
	bool same;

	ck_assert_int_eq(inet_pton(AF_INET6, a, &address[0]), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, b, &address[1]), 1);
	for (int i = 0; i < 2; i++)
		share[i] = peers_share_of(&peers, &address[i]);
	same = share[0] == share[1];
	for (int i = 0; i < 2; i++)
		share_leave(&shares, share[i]);
	return same;
}

START_TEST(an_address_is_one_of_v4_or_a_network_of_v6)
{
	ck_assert(are_one("::ffff:10.0.0.1", "::ffff:10.0.0.1"));
	ck_assert(!are_one("::ffff:10.0.0.1", "::ffff:10.0.0.2"));
	ck_assert(!are_one("::ffff:127.0.0.1", "::ffff:127.0.0.2"));
	ck_assert(are_one("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"));
	ck_assert(!are_one("2001:db8:0:1::1", "2001:db8:0:2::1"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("places");
	TCase *all = tcase_create("places");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(all, start, stop);
	tcase_add_test(all,
		one_address_may_have_what_is_free_but_not_the_last_quarter);
	tcase_add_test(all,
		the_silent_one_goes_first_then_half_a_head_then_the_idle_one);
	tcase_add_test(all, a_connection_with_bytes_to_be_read_is_kept);
	tcase_add_test(all, over_its_share_an_address_gets_no_place_of_others);
	tcase_add_test(all, nobody_is_cut_for_an_address_that_has_as_much);
	tcase_add_test(all, of_those_beyond_the_limit_the_oldest_goes);
	tcase_add_test(all, an_address_is_one_of_v4_or_a_network_of_v6);
	suite_add_tcase(suite, all);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
