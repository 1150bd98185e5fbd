/* SPDX-License-Identifier: MIT */
/*
 * client.h - whom a command asks: a running server, at --url, or the store of
 * --db itself, by the same handlers.  Both give the same answers.
 */
#ifndef SERVER_CLI_CLIENT_H
#define SERVER_CLI_CLIENT_H

#include "schema/text.h"

struct ask;
struct client;
struct config;
struct error;

/* Borrows the settings.  `*out` is the caller's to close. */
int client_open(
	struct client **out, const struct config *config, struct error *error);
/* Accepts NULL. */
void client_close(struct client *client);

/*
 * Asks, and appends the answer: JSON, valid and compact, or text.  A refusal
 * becomes the error, in the server's words.
 */
int client_send(struct client *client, const struct ask *ask,
	struct text *answer, struct error *error);

/* Gets bytes of an answer; other than 0 ends it, with an error or without. */
typedef int client_take(void *context, struct slice bytes, struct error *error);

/* The same, and hands the answer on as it comes, until it ends. */
int client_follow(struct client *client, const struct ask *ask,
	client_take *take, void *context, struct error *error);

/* Fails if the session is not there. */
int client_need_session(
	struct client *client, const char *name, struct error *error);

#endif
