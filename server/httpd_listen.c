/* SPDX-License-Identifier: MIT */
/* httpd_listen.c - the socket that the daemon listens on. */
#include "httpd_exchange.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "schema/error.h"

#define HOST_MAX 255
#define PORT_MAX 5

/* Splits "host:port" and "[host]:port". */
static int split(
	const char *address, char *host, char *port, struct error *error)
{
	const char *colon = strrchr(address, ':');
	const char *from = address;
	size_t length = colon ? (size_t)(colon - address) : 0;

	if (length > 2 && address[0] == '[' && colon[-1] == ']') {
		from++;
		length -= 2;
	} else if (memchr(address, ':', length)) {
		length = 0;
	}
	if (length == 0 || length > HOST_MAX || !colon[1] ||
		strlen(colon + 1) > PORT_MAX ||
		strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return error_set(error, ERROR_INVALID,
			"\"%s\" is not host:port, such as 127.0.0.1:8080 or [::1]:8080",
			address);
	memcpy(host, from, length);
	host[length] = '\0';
	memcpy(port, colon + 1, strlen(colon + 1) + 1);
	return 0;
}

static int open_socket(const struct addrinfo *where)
{
	int on = 1;
	int fd = socket(where->ai_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, where->ai_addr, where->ai_addrlen) == 0 &&
		listen(fd, SOMAXCONN) == 0)
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

static unsigned bound_port(int fd)
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

int listen_on(const char *address, int *fd, unsigned *port, struct error *error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	char host[HOST_MAX + 1], service[PORT_MAX + 1];
	struct addrinfo *where;
	int failure;

	if (split(address, host, service, error))
		return -1;
	failure = getaddrinfo(host, service, &hints, &where);
	if (failure)
		return error_set(error, ERROR_INVALID,
			"cannot listen on \"%s\": %s", address,
			gai_strerror(failure));
	*fd = open_socket(where);
	freeaddrinfo(where);
	if (*fd < 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot listen on \"%s\": %s", address,
			strerror(errno));
	*port = bound_port(*fd);
	return 0;
}
