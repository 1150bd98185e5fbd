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

/* Says to a person what the answer was; prints nothing for a script. */
typedef int change_teller(
	const struct config *config, struct slice answer, struct error *error);

/* Asks for it, and has the answer told, or prints it for a script. */
int change_send(struct client *client, const struct config *config,
	const struct ask *ask, change_teller *tell, struct error *error);

/* The same through a client of its own. */
int change_make(const struct config *config, const struct ask *ask,
	change_teller *tell, struct error *error);

/* Tells a person what was done: the session's name between such words. */
int change_tell(const struct config *config, const char *before,
	const char *after, struct error *error);

#endif
