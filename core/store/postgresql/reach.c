/* SPDX-License-Identifier: MIT */
/* reach.c - a database that is not there or does not answer is waited for. */
#include "core/store/postgresql/postgresql.h"

#include "schema/clock.h"
#include "schema/error.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#define PAUSE_MS 200 /* between two attempts */

void pg_pause(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };

	nanosleep(&pause, NULL);
}

int pg_reach(struct postgresql *pg, struct error *error)
{
	while (pg_connect(pg, error)) {
		if (!pg->gone_at)
			pg->gone_at = clock_ms(CLOCK_MONOTONIC);
		if (clock_ms(CLOCK_MONOTONIC) - pg->gone_at >=
			pg->base.options.wait_ms)
			return -1;
		*error = (struct error){ 0 };
		pg_pause();
	}
	if (pg->gone_at)
		pg_warn(pg, "the database is there again");
	pg->gone_at = 0;
	return 0;
}

/* So that everybody sees it as broken: what it would say comes too late. */
static int reach_give_up(struct postgresql *pg)
{
	const int64_t wait = pg->base.options.wait_ms;

	pg_warn(pg, "the database has not answered for %lld s",
		(long long)wait / 1000);
	pg->gone_at = clock_ms(CLOCK_MONOTONIC) - wait;
	shutdown(PQsocket(pg->connection), SHUT_RDWR);
	PQconsumeInput(pg->connection);
	return -1;
}

int pg_poll(PGconn *connection, short events, int64_t wait)
{
	struct pollfd socket = { .fd = PQsocket(connection), .events = events };
	int ready;

	do
		ready = poll(&socket, 1, wait ? (int)wait : -1);
	while (ready < 0 && errno == EINTR);
	return ready < 0 || (socket.revents & (POLLIN | POLLHUP | POLLERR) &&
				    !PQconsumeInput(connection))
		       ? -1
		       : ready;
}

int pg_wait(struct postgresql *pg, short events)
{
	const int ready =
		pg_poll(pg->connection, events, pg->base.options.wait_ms);

	if (ready == 0)
		return reach_give_up(pg);
	return ready < 0 ? -1 : 0;
}
