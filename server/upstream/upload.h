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

/*
 * Posts lines to /import, the first of which has this number, and appends the
 * answer; `session` may be NULL.  -1: there was none.
 */
int upload_lines(struct upload *upload, const char *session, int64_t line,
	struct slice lines, int *status, struct text *answer,
	struct error *error);

/* Accepts NULL. */
void upload_stop(struct upload *upload);

#endif
