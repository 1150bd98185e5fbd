/* SPDX-License-Identifier: MIT */
/*
 * local.h - requests of a command that no server answers: the handlers of the
 * API run in this process, on the store of --db.
 *
 * Reads have a handle that only reads, beside a server if there is one.  A
 * write is a job of a writer, with the lock of the store: it is refused while a
 * server has that.
 */
#ifndef SERVER_CLI_LOCAL_H
#define SERVER_CLI_LOCAL_H

#include "server/cli/client.h"

struct local;

/* Each is what client.h has of the same name. */
int local_open(
	struct local **out, const struct config *config, struct error *error);
void local_close(struct local *local);
int local_send(struct local *local, const struct ask *ask, struct text *answer,
	struct error *error);
int local_follow(struct local *local, const struct ask *ask, client_take *take,
	void *context, struct error *error);

#endif
