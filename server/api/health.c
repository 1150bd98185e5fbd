/* SPDX-License-Identifier: MIT */
/* health.c - is the server alive, can it read and write? */
#include "server/api/handlers.h"

int api_health_alive(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	(void)store;
	(void)request;
	return reply_json(
		reply, 200, json_pack("{s:s}", "status", "alive"), error);
}

/* A batch of the write lane, down to the disk, like any other write. */
int api_health_ready(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	if (store_probe(store, request->now, error))
		return -1;
	return reply_json(
		reply, 200, json_pack("{s:s}", "status", "ready"), error);
}
