/* SPDX-License-Identifier: MIT */
/* api_proxy.c - what is handed on to the upstream and back as it is. */
#include <stdlib.h>

#include "schema/json_scan.h"
#include "server/api_handlers.h"
#include "server/caller.h"

/* Handed on is JSON only, but that byte for byte. */
static int check(struct slice body, struct error *error)
{
	static const struct json_limits limits = {
		.depth = 64,
		.values = 1000000,
	};
	struct json_scratch scratch = { 0 };
	struct error why = { 0 };
	bool spaced;
	int result = 0;

	if (json_scan(body, &limits, &scratch, &spaced, &why)) {
		result = error_set(error, ERROR_UPSTREAM,
			"the upstream answered what is no JSON: %s",
			why.message);
		if (why.code == ERROR_UNAVAILABLE)
			*error = why;
	}
	json_scratch_clear(&scratch);
	return result;
}

static void begin(struct tap *tap, struct text *out)
{
	(void)tap;
	(void)out;
}

static int hand_on(struct tap *tap, struct slice bytes, struct text *out,
	struct error *error)
{
	(void)tap;
	(void)error;
	text_slice(out, bytes);
	return 0;
}

static void free_tap(struct tap *tap)
{
	free(tap);
}

static int stream(struct reply *reply, struct error *error)
{
	reply->call.tap = malloc(sizeof(*reply->call.tap));
	if (reply->call.tap == NULL)
		return error_out_of_memory(error);
	*reply->call.tap = (struct tap){ begin, hand_on, free_tap };
	return 0;
}

/* A stream has been handed on already. */
static int hand_back(
	const struct request *request, struct reply *reply, struct error *error)
{
	const struct slice body = text_view(&request->answer->body);

	reply->status = 200;
	if (request->tap != NULL)
		return 0;
	if (check(body, error))
		return -1;
	text_slice(&reply->body, body);
	return 0;
}

int request_pass_on(const struct request *request, const char *path,
	bool streams, struct reply *reply, struct error *error)
{
	if (request->hop == HOP_CALL)
		return hand_back(request, reply, error);
	reply->hop = HOP_CALL;
	reply->call.path = path;
	text_slice(&reply->call.body, request->body);
	return streams ? stream(reply, error) : 0;
}

int api_models_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	(void)store;
	return request_pass_on(request, "/models", false, reply, error);
}
