/* SPDX-License-Identifier: MIT */
/* conditions_read.c - the conditions that came with the head of a request. */
#include "server/api/conditions.h"

#include "core/digest/digest.h"
#include "schema/json/value.h"
#include "server/api/etag.h"

#define KEY_MAX 255

/* Does it come to a write at all? */
static bool conditions_read_comes_to_write(const struct request *request)
{
	const enum api_lane lane = request->route->lane;

	return lane == LANE_WRITE || lane == LANE_LOCK;
}

bool conditions_reads(const struct request *request)
{
	return request->method == METHOD_GET || request->method == METHOD_HEAD;
}

bool conditions_may_replay(const struct request *request)
{
	return request->route->replays && request_session(request).data;
}

static int conditions_read_check_tags(
	const char *name, struct slice list, struct error *error)
{
	if (list.data && !etags_valid(list))
		return error_set(error, ERROR_INVALID,
			"%s must be * or ETags in their double quotes, such "
			"as \"2\", not %.*s",
			name, SLICE_SHORT(list));
	return 0;
}

static int conditions_read_check_key(struct slice key, struct error *error)
{
	if (key.data && (key.length == 0 || key.length > KEY_MAX))
		return error_set(error, ERROR_INVALID,
			"Idempotency-Key must have 1 to %d bytes, not %zu",
			KEY_MAX, key.length);
	return 0;
}

static int conditions_read_retries(
	struct slice count, int64_t *retries, struct error *error)
{
	if (count.data && (!json_int64(count, retries) || *retries < 0))
		return error_set(error, ERROR_INVALID,
			"x-stainless-retry-count must be a whole number, not "
			"\"%.*s\"",
			SLICE_SHORT(count));
	return 0;
}

/* Makes the digest of what two requests must share to be the same. */
static int conditions_read_make_digest(const struct request *request,
	unsigned char digest[DIGEST_LENGTH], struct error *error)
{
	const char shape[] = { (char)request->method,
		(char)request->segment_count, (char)request->parameter_count };
	struct slice parts[4 + API_SEGMENTS_MAX + 2 * API_PARAMETERS_MAX];
	size_t count = 0;

	parts[count++] = (struct slice){ shape, sizeof(shape) };
	for (int i = 0; i < request->segment_count; i++)
		parts[count++] = request->segments[i];
	for (int i = 0; i < request->parameter_count; i++) {
		parts[count++] = request->parameters[i].name;
		parts[count++] = request->parameters[i].value;
	}
	parts[count++] = request->session;
	parts[count++] = request->body;
	/* Digests that are kept have none where the field was not sent. */
	if (request->send.data != NULL)
		parts[count++] = request->send;
	return digest_parts(parts, count, digest, error);
}

int conditions_read(struct request *request, struct error *error)
{
	struct conditions *conditions = &request->conditions;
	const bool writes = conditions_read_comes_to_write(request);

	if (request->method == METHOD_OPTIONS)
		return 0;
	if (conditions_read_check_tags("If-Match", request->if_match, error))
		return -1;
	conditions->any = request->if_match.data != NULL;
	if (conditions_reads(request))
		return 0;
	if (conditions_read_check_tags(
		    "If-None-Match", request->if_none_match, error) ||
		conditions_read_check_key(request->idempotency_key, error) ||
		conditions_read_retries(
			request->retry_count, &conditions->retries, error))
		return -1;
	conditions->keep = writes && (request->idempotency_key.data ||
					     request->retry_count.data ||
					     conditions_may_replay(request));
	conditions->any = conditions->any || conditions->keep ||
			  request->if_none_match.data;
	return conditions->keep ? conditions_read_make_digest(
					  request, conditions->digest, error)
				: 0;
}
