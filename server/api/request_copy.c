/* SPDX-License-Identifier: MIT */
/* request_copy.c - a request that outlives its connection. */
#include <stdlib.h>
#include <string.h>

#include "server/api/api.h"

#define SLICES_MAX (10 + API_SEGMENTS_MAX + 2 * API_PARAMETERS_MAX)

/* All that a request borrows; a new member of it gets its line here. */
static size_t request_copy_borrowed(struct request *request, struct slice **all)
{
	size_t count = 0;

	all[count++] = &request->tenant;
	all[count++] = &request->body;
	all[count++] = &request->if_match;
	all[count++] = &request->if_none_match;
	all[count++] = &request->idempotency_key;
	all[count++] = &request->last_event_id;
	all[count++] = &request->retry_count;
	all[count++] = &request->session_id;
	all[count++] = &request->session;
	all[count++] = &request->continuation;
	for (int i = 0; i < request->segment_count; i++)
		all[count++] = &request->segments[i];
	for (int i = 0; i < request->parameter_count; i++) {
		all[count++] = &request->parameters[i].name;
		all[count++] = &request->parameters[i].value;
	}
	return count;
}

size_t request_size(const struct request *request)
{
	struct request copy = *request;
	struct slice *slices[SLICES_MAX];
	const size_t count = request_copy_borrowed(&copy, slices);
	size_t size = sizeof(copy);

	for (size_t i = 0; i < count; i++)
		size += slices[i]->length;
	return size;
}

struct request *request_copy(const struct request *request)
{
	struct request *copy = calloc(1, request_size(request));
	struct slice *slices[SLICES_MAX];
	size_t count;
	char *at;

	if (!copy)
		return NULL;
	*copy = *request;
	at = (char *)(copy + 1);
	count = request_copy_borrowed(copy, slices);
	for (size_t i = 0; i < count; i++) {
		if (!slices[i]->data)
			continue; /* not sent, which is not empty */
		memcpy(at, slices[i]->data, slices[i]->length);
		slices[i]->data = at;
		at += slices[i]->length;
	}
	return copy;
}
