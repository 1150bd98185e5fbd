/* SPDX-License-Identifier: MIT */
/*
 * fetch.h - requests of a command to a running server.
 */
#ifndef SERVER_UPSTREAM_FETCH_H
#define SERVER_UPSTREAM_FETCH_H

#include <stdbool.h>

#include "schema/text.h"

struct error;
struct fetch;

/*
 * `url` is that of the server, or unix: and the path of its socket; `key` may
 * be NULL; both are copied.
 */
int fetch_start(struct fetch **out, const char *url, const char *key,
	struct error *error);

struct fetch_request {
	const char *method;
	const char *target; /* path and query, escaped */
	const char *type;   /* of the body */
	const char *header; /* a line more of the head; NULL: none */
	struct slice body;
	/* The answer takes as long as it takes, if it is not dumb for long. */
	bool endless;
};

/* Starts as {0}, but for its sink; its body is to be cleared. */
struct fetch_answer {
	int status;
	struct text body;
	/*
	 * Gets the body of a 2xx, bit by bit, in its place; other than 0 ends
	 * the request.  NULL: it goes into `body`.
	 */
	int (*take)(void *context, struct slice bytes);
	void *context;
	bool stopped; /* by take() */
};

/* Sends the request and reads the answer.  -1: there was none. */
int fetch_send(struct fetch *fetch, const struct fetch_request *request,
	struct fetch_answer *answer, struct error *error);

/* Accepts NULL. */
void fetch_stop(struct fetch *fetch);

#endif
