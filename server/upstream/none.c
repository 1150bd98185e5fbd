/* SPDX-License-Identifier: MIT */
/*
 * none.c - instead of caller.c where there is no libcurl: nobody can
 * be called.
 */
#include "server/upstream/upstream.h"

#include "schema/error.h"
#include "server/upstream/upload.h"

#include <stdlib.h>

struct caller {
	char nothing;
};

const char *caller_library(void)
{
	return NULL;
}

void call_clear(struct call *call)
{
	(void)call;
}

int caller_start(struct caller **out, const struct caller_options *options,
	struct error *error)
{
	(void)options;
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : error_out_of_memory(error);
}

int caller_check(const struct caller *caller, struct error *error)
{
	(void)caller;
	return error_set(error, ERROR_NOT_CONFIGURED,
		"this chatmem was built without requests to a language model");
}

int caller_push(struct caller *caller, struct call *call, struct error *error)
{
	(void)call;
	return caller_check(caller, error);
}

void caller_cancel(struct caller *caller, struct call *call)
{
	(void)caller;
	(void)call;
}

void caller_stop(struct caller *caller)
{
	(void)caller;
}

void caller_free(struct caller *caller)
{
	free(caller);
}

int upload_start(struct upload **out, const char *url, const char *key,
	struct error *error)
{
	(void)out;
	(void)url;
	(void)key;
	return error_set(error, ERROR_NOT_CONFIGURED,
		"this chatmem was built without libcurl; post the file to "
		"/import with another program");
}

int upload_lines(struct upload *upload, const char *session, int64_t line,
	struct slice lines, int *status, struct text *answer,
	struct error *error)
{
	(void)session;
	(void)line;
	(void)lines;
	*status = 0;
	(void)answer;
	return upload_start(&upload, NULL, NULL, error);
}

void upload_stop(struct upload *upload)
{
	(void)upload;
}
