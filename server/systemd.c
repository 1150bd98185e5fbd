/* SPDX-License-Identifier: MIT */
/* systemd.c - what the service manager is told: sd_notify(3). */
#include "server/systemd.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "schema/clock.h"

/* Without a manager there is no socket, and nobody is told. */
static void systemd_tell(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	const size_t length = path ? strlen(path) : 0;
	ssize_t sent;
	int fd;

	if (length < 2 || length >= sizeof(where.sun_path))
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	memcpy(where.sun_path, path, length);
	if (*path == '@') /* the abstract ones begin with a 0 */
		where.sun_path[0] = '\0';
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		(const struct sockaddr *)&where,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	(void)sent; /* it would say so if it were not content */
	close(fd);
}

void systemd_ready(void)
{
	systemd_tell("READY=1\nSTATUS=serving");
}

void systemd_reloading(void)
{
	char state[80];

	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
		clock_us(CLOCK_MONOTONIC));
	systemd_tell(state);
}

void systemd_stopping(void)
{
	systemd_tell("STOPPING=1\nSTATUS=answering what was accepted");
}
