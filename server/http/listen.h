/* SPDX-License-Identifier: MIT */
/*
 * listen.h - the sockets that the daemons listen on.
 *
 * This header is private to its folder.
 */
#ifndef SERVER_HTTP_LISTEN_H
#define SERVER_HTTP_LISTEN_H

#include <stdbool.h>

#include "server/auth/address.h"
#include "server/http/http.h"

struct error;
struct httpd;

/* Starts as {0}. */
struct listening {
	unsigned port;		     /* 0 at a path */
	char path[ADDRESS_PATH_MAX]; /* is removed at the end; "": none */
	bool given;		     /* the socket is a service manager's */
	bool quiet; /* we no longer accept from it; its copies: */
	int quieted[HTTPD_THREADS_MOST];
};

/* Fails as listen_on() would; nothing listens there meanwhile. */
int listen_check(const char *listen, struct error *error);
/*
 * Opens what the options say, and notes where that is.  Where anything listens
 * already it is refused.
 */
int listen_on(struct httpd *httpd, int *fd, struct error *error);
/*
 * Another socket there, for another thread: the system gives each a share of
 * the connections, or where it cannot, all to whichever is first.  -1: there is
 * no descriptor left.
 */
int listen_beside(const struct httpd *httpd, int fd);
/*
 * Leaves those who connect from now on to the next server, where a service
 * manager keeps the socket; the library would shut that for everybody.
 */
void listen_quietly(struct httpd *httpd);
/* When the daemons are stopped. */
void listen_end(struct httpd *httpd);

#endif
