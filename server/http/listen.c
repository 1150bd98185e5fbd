/* SPDX-License-Identifier: MIT */
/*
 * listen.c - the socket that the daemon listens on: one that systemd has
 * opened, or one of this machine, or of a network.
 */
#include "server/http/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "schema/error.h"
#include "server/auth/address.h"

/* systemd's first: sd_listen_fds(3). */
#define GIVEN 3

static int listen_refuse(const char *address, struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE,
		"cannot listen on \"%s\": %s", address, strerror(errno));
}

/* Closes it, and keeps the reason. */
static int listen_close(int fd)
{
	const int reason = errno;

	close(fd);
	errno = reason;
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
	if (address.ss_family == AF_UNIX)
		return 0;
	return ntohs(
		address.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

/* --- of a network --------------------------------------------------------- */

/* Has the address, and does not listen yet; -1: errno says why not. */
static int listen_bind(
	const struct sockaddr *where, socklen_t length, int joins)
{
	int on = 1;
	int fd = socket(where->sa_family,
		SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &joins, sizeof(joins));
	return bind(fd, where, length) ? listen_close(fd) : fd;
}

/* Joins a group if it is to; -1: errno says why not. */
static int listen_open_socket(
	const struct sockaddr *where, socklen_t length, int joins)
{
	int fd = listen_bind(where, length, joins);

	return fd >= 0 && listen(fd, SOMAXCONN) ? listen_close(fd) : fd;
}

/*
 * A group takes in what has the same user, another chatmem, too.  So its first
 * socket listens before it is one, which is refused where anything listens.
 */
static int listen_on_port(const char *address, const struct address *name,
	bool listens, int *fd, struct error *error)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *where;
	const int failure = getaddrinfo(name->host, name->port, &hints, &where);

	if (failure)
		return error_set(error, ERROR_INVALID,
			"cannot listen on \"%s\": %s", address,
			gai_strerror(failure));
	*fd = listens ? listen_open_socket(where->ai_addr, where->ai_addrlen, 0)
		      : listen_bind(where->ai_addr, where->ai_addrlen, 0);
	freeaddrinfo(where);
	return *fd < 0 ? listen_refuse(address, error) : 0;
}

/* --- of this machine ------------------------------------------------------ */

/* Is it a socket at which nobody listens any more? */
static bool listen_is_stale(int fd, const struct sockaddr_un *where)
{
	struct stat status;

	return lstat(where->sun_path, &status) == 0 &&
	       S_ISSOCK(status.st_mode) &&
	       connect(fd, (const struct sockaddr *)where, sizeof(*where)) &&
	       errno == ECONNREFUSED;
}

/* Has the path, and does not listen yet; -1: errno says why not. */
static int listen_bind_path(const char *path, unsigned mode)
{
	struct sockaddr_un where = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	memcpy(where.sun_path, path, strlen(path) + 1);
	if (listen_is_stale(fd, &where))
		unlink(path);
	return bind(fd, (const struct sockaddr *)&where, sizeof(where)) ||
			       chmod(path, (mode_t)mode)
		       ? listen_close(fd)
		       : fd;
}

/* Nobody can connect before it has its mode. */
static int listen_open_path(const char *path, unsigned mode)
{
	int fd = listen_bind_path(path, mode);

	return fd >= 0 && listen(fd, SOMAXCONN) ? listen_close(fd) : fd;
}

static int listen_check_path(const char *path)
{
	int fd = listen_bind_path(path, 0600);

	if (fd < 0)
		return -1;
	close(fd);
	return unlink(path);
}

/* --- systemd's ------------------------------------------------------------ */

/* How many sockets systemd has opened for this process. */
static long listen_given(void)
{
	const char *process = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");

	if (!process || !count || strtol(process, NULL, 10) != getpid())
		return 0;
	return strtol(count, NULL, 10);
}

static int listen_take_given(long count, int *fd, struct error *error)
{
	const int flags = fcntl(GIVEN, F_GETFL);
	socklen_t length = sizeof(int);
	int listens = 0;

	if (count != 1)
		return error_set(error, ERROR_INVALID,
			"systemd gives %ld sockets, and one is served: the "
			"unit's .socket may have one ListenStream",
			count);
	if (getsockopt(GIVEN, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) ||
		!listens || flags < 0)
		return error_set(error, ERROR_INVALID,
			"systemd gives something else than a socket that "
			"listens: LISTEN_FDS is 1");
	fcntl(GIVEN, F_SETFL, flags | O_NONBLOCK);
	fcntl(GIVEN, F_SETFD, FD_CLOEXEC);
	*fd = GIVEN;
	return 0;
}

/* --- any of them ---------------------------------------------------------- */

static int listen_open(struct httpd *httpd, int *fd, struct error *error)
{
	const struct httpd_options *options = &httpd->options;
	const long given = listen_given();
	struct address name;

	httpd->listening.given = given > 0;
	if (httpd->listening.given)
		return listen_take_given(given, fd, error);
	if (address_parse(options->listen, &name, error))
		return -1;
	if (!name.path[0])
		return listen_on_port(options->listen, &name, true, fd, error);
	*fd = listen_open_path(name.path, options->listen_mode);
	if (*fd < 0)
		return listen_refuse(options->listen, error);
	memcpy(httpd->listening.path, name.path, sizeof(name.path));
	return 0;
}

int listen_check(const char *listen, struct error *error)
{
	struct address name;
	int fd;

	if (listen_given() > 0)
		return 0;
	if (address_parse(listen, &name, error))
		return -1;
	if (name.path[0])
		return listen_check_path(name.path)
			       ? listen_refuse(listen, error)
			       : 0;
	if (listen_on_port(listen, &name, false, &fd, error))
		return -1;
	close(fd);
	return 0;
}

int listen_on(struct httpd *httpd, int *fd, struct error *error)
{
	if (listen_open(httpd, fd, error))
		return -1;
	httpd->listening.port = listen_bound_port(*fd);
	return 0;
}

/* Connections that wait at a socket of our own would end with it. */
int listen_beside(const struct httpd *httpd, int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	int on = 1, beside = -1;

	if (getsockname(fd, (struct sockaddr *)&address, &length))
		return -1;
	if (!httpd->listening.given && !httpd->listening.path[0]) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
		beside = listen_open_socket(
			(struct sockaddr *)&address, length, 1);
	}
	return beside < 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : beside;
}

void listen_quietly(struct httpd *httpd)
{
	if (!httpd->listening.given || httpd->listening.quiet)
		return;
	httpd->listening.quiet = true;
	for (unsigned i = 0; i < httpd->options.threads; i++)
		httpd->listening.quieted[i] =
			MHD_quiesce_daemon(httpd->daemons[i]);
}

void listen_end(struct httpd *httpd)
{
	for (unsigned i = 0;
		httpd->listening.quiet && i < httpd->options.threads; i++)
		if (httpd->listening.quieted[i] != MHD_INVALID_SOCKET)
			close(httpd->listening.quieted[i]);
	if (httpd->listening.path[0])
		unlink(httpd->listening.path);
}
