/* SPDX-License-Identifier: MIT */
/*
 * none.c - stands in for the upstream where there is no libcurl: every call is
 * refused.
 */
#include "server/upstream/upstream.h"

#include "schema/error.h"
#include "server/upstream/fetch.h"

#include <stdlib.h>

struct upstream {
	char nothing;
};

const char *upstream_library(void)
{
	return NULL;
}

void upstream_call_clear(struct upstream_call *call)
{
	(void)call;
}

int upstream_start(struct upstream **out,
	const struct upstream_options *options, struct error *error)
{
	(void)options;
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : error_out_of_memory(error);
}

int upstream_check(const struct upstream *upstream, struct error *error)
{
	(void)upstream;
	return error_set(error, ERROR_NOT_CONFIGURED,
		"this chatmem was built without requests to a language model");
}

int upstream_push(struct upstream *upstream, struct upstream_call *call,
	struct error *error)
{
	(void)call;
	return upstream_check(upstream, error);
}

void upstream_cancel(struct upstream *upstream, struct upstream_call *call)
{
	(void)upstream;
	(void)call;
}

void upstream_wake(struct upstream *upstream)
{
	(void)upstream;
}

void upstream_stop(struct upstream *upstream)
{
	(void)upstream;
}

void upstream_free(struct upstream *upstream)
{
	free(upstream);
}

int fetch_start(struct fetch **out, const char *url, const char *key,
	struct error *error)
{
	(void)out;
	(void)url;
	(void)key;
	return error_set(error, ERROR_NOT_CONFIGURED,
		"this chatmem was built without libcurl: --url needs it");
}

int fetch_send(struct fetch *fetch, const struct fetch_request *request,
	struct fetch_answer *answer, struct error *error)
{
	(void)request;
	(void)answer;
	return fetch_start(&fetch, NULL, NULL, error);
}

void fetch_stop(struct fetch *fetch)
{
	(void)fetch;
}
