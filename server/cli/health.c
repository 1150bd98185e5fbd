/* SPDX-License-Identifier: MIT */
/*
 * health.c - asks a running server whether it is ready, for container health
 * checks.
 */
#include "server/cli/command.h"

#include "schema/error.h"
#include "server/auth/address.h"
#include "server/config/config.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define TIMEOUT_SECONDS 3

static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n"
			      "Connection: close\r\n\r\n";
static const char ready[] = "HTTP/1.1 200 ";

static const char *health_reachable(const char *host)
{
	if (!strcmp(host, "0.0.0.0"))
		return "127.0.0.1";
	return strcmp(host, "::") ? host : "::1";
}

/* A connected socket, or -1 with errno. */
static int health_connect_to(
	int family, const struct sockaddr *to, socklen_t length)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_SECONDS };
	const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(
		    fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
			sizeof(timeout)) ||
		connect(fd, to, length)) {
		const int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

static int health_connect_path(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	memcpy(to.sun_path, path, strlen(path) + 1);
	return health_connect_to(
		AF_UNIX, (const struct sockaddr *)&to, sizeof(to));
}

/* -2: the name is unknown, which the error says. */
static int health_connect_port(
	const struct address *address, struct error *error)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *to;
	const int failure = getaddrinfo(
		health_reachable(address->host), address->port, &hints, &to);
	int fd;

	if (failure) {
		error_describe(error, ERROR_UNAVAILABLE, "%s: %s",
			address->host, gai_strerror(failure));
		return -2;
	}
	fd = health_connect_to(to->ai_family, to->ai_addr, to->ai_addrlen);
	freeaddrinfo(to);
	return fd;
}

static int health_ask_server(int fd, struct error *error)
{
	char reply[sizeof(ready)] = "";
	ssize_t length;

	if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0)
		return error_set(error, ERROR_UNAVAILABLE, "cannot ask: %s",
			strerror(errno));
	length = recv(fd, reply, sizeof(ready) - 1, MSG_WAITALL);
	if (length < 0)
		return error_set(error, ERROR_UNAVAILABLE, "no answer: %s",
			strerror(errno));
	if (strcmp(reply, ready) != 0)
		return error_set(
			error, ERROR_UNAVAILABLE, "not ready: \"%s\"", reply);
	return 0;
}

/*
 * 0 if GET /readyz at the listen address is answered with 200; the address
 * "any" means this machine.  Each step may take three seconds.
 */
static int health_ask(const char *listen, struct error *error)
{
	struct address address;
	int result;
	int fd;

	if (address_parse(listen, &address, error))
		return -1;
	fd = address.path[0] ? health_connect_path(address.path)
			     : health_connect_port(&address, error);
	if (fd == -2)
		return -1;
	if (fd < 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot connect to %s: %s", listen, strerror(errno));
	result = health_ask_server(fd, error);
	close(fd);
	return result;
}

int command_health(const struct config *config, struct error *error)
{
	return health_ask(config->listen, error);
}
