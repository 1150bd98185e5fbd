/* SPDX-License-Identifier: MIT */
/*
 * change.h - what commands have in common that change a session.
 */
#ifndef SERVER_CLI_CHANGE_H
#define SERVER_CLI_CHANGE_H

#include "schema/text.h"

struct ask;
struct client;
struct config;
struct error;

/*
 * Asks for it, and appends the answer to `answer`; prints that for a script, or
 * nothing.
 */
int change_send(struct client *client, const struct config *config,
	const struct ask *ask, struct text *answer, struct error *error);

/* Tells a person what was done: the session's name between such words. */
int change_tell(const struct config *config, const char *before,
	const char *after, struct error *error);

#endif
