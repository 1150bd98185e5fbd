/* SPDX-License-Identifier: MIT */
/*
 * upload.h - lines posted to a running server.
 */
#ifndef SERVER_UPSTREAM_UPLOAD_H
#define SERVER_UPSTREAM_UPLOAD_H

#include "schema/text.h"

struct error;
struct upload;

/* `url` is that of the server; `key` may be NULL; both are copied. */
int upload_start(struct upload **out, const char *url, const char *key,
	struct error *error);

/* Lines of a file. */
struct upload_part {
	const char *session; /* whose messages they are; NULL: they say it */
	int64_t line;	     /* the number of the first, from 1 */
	struct slice lines;
};

/* Starts as {0}; its body is to be cleared. */
struct upload_answer {
	int status;
	struct text body;
};

/* Posts the part to /import and appends the answer.  -1: there was none. */
int upload_post(struct upload *upload, const struct upload_part *part,
	struct upload_answer *answer, struct error *error);

/* Accepts NULL. */
void upload_stop(struct upload *upload);

#endif
