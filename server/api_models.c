/* SPDX-License-Identifier: MIT */
/* api_models.c - the models of the upstream, as it names them. */
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

int api_models_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct slice body;

	(void)store;
	if (request->hop != HOP_CALL) {
		reply->hop = HOP_CALL;
		reply->call.path = "/models";
		return 0;
	}
	body = text_view(&request->answer->body);
	if (check(body, error))
		return -1;
	reply->status = 200;
	text_slice(&reply->body, body);
	return 0;
}
