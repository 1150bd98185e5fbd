/* SPDX-License-Identifier: MIT */
/* health.c - is the server alive, can it read and write? */
#include "server/api/handlers.h"
#include "server/observe/metrics.h"

int api_health_alive(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	(void)store;
	(void)request;
	return reply_json(
		reply, 200, json_pack("{s:s}", "status", "alive"), error);
}

static size_t health_damaged(const struct metrics *metrics)
{
	return metrics ? atomic_load(&metrics->damaged) : 0;
}

/* A batch of the write lane, down to the disk, like any other write. */
int api_health_ready(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const size_t damaged = health_damaged(request->metrics);
	json_t *body;

	if (store_probe(store, request->now, error))
		return -1;
	body = json_pack("{s:s,s:s*}", "status", "ready", "durability",
		store_durability(store));
	if (body && damaged &&
		json_object_set_new(
			body, "damaged", json_integer((json_int_t)damaged))) {
		json_decref(body);
		body = NULL;
	}
	return reply_json(reply, 200, body, error);
}
