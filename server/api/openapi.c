/* SPDX-License-Identifier: MIT */
/* openapi.c - the contract, for machines. */
#include <stdio.h>

#include "schema/openapi.h"
#include "server/api/handlers.h"

int api_openapi_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	(void)store;
	(void)request;
	(void)error;
	reply->status = 200;
	snprintf(reply->etag, sizeof(reply->etag), "\"%s\"", openapi_tag);
	text_string(&reply->body, openapi_json);
	return 0;
}
