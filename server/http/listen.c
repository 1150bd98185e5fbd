/* SPDX-License-Identifier: MIT */
/* listen.c - the sockets that the daemons listen on. */
#include "server/http/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "schema/error.h"
#include "server/auth/address.h"

/* Joins a group if it is to; -1: errno says why not. */
static int listen_open_socket(
	const struct sockaddr *where, socklen_t length, int joins)
{
	int on = 1;
	int fd = socket(where->sa_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &joins, sizeof(joins));
	if (bind(fd, where, length) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

static unsigned listen_bound_port(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	getsockname(fd, (struct sockaddr *)&address, &length);
	memcpy(&v4, &address, sizeof(v4));
	memcpy(&v6, &address, sizeof(v6));
	return ntohs(
		address.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

/*
 * A group takes in what has the same user, another chatmem, too.  So its first
 * socket listens before it is one, which is refused where anything listens.
 */
int listen_on(const char *address, int *fd, unsigned *port, struct error *error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct address name;
	struct addrinfo *where;
	int failure;

	if (address_parse(address, &name, error))
		return -1;
	failure = getaddrinfo(name.host, name.port, &hints, &where);
	if (failure)
		return error_set(error, ERROR_INVALID,
			"cannot listen on \"%s\": %s", address,
			gai_strerror(failure));
	*fd = listen_open_socket(where->ai_addr, where->ai_addrlen, 0);
	freeaddrinfo(where);
	if (*fd < 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot listen on \"%s\": %s", address,
			strerror(errno));
	*port = listen_bound_port(*fd);
	return 0;
}

int listen_beside(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	int on = 1, beside;

	if (getsockname(fd, (struct sockaddr *)&address, &length))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	beside = listen_open_socket((struct sockaddr *)&address, length, 1);
	return beside < 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : beside;
}
