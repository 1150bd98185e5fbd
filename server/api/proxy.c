/* SPDX-License-Identifier: MIT */
/*
 * proxy.c - requests that are handed on to the upstream and back as they are.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/json/scan.h"
#include "server/api/handlers.h"
#include "server/api/stream_filter.h"
#include "server/upstream/upstream.h"

/* Only JSON is handed on, but that byte for byte. */
static int proxy_check(struct slice body, struct error *error)
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

/* --- streams ---------------------------------------------------------- */

/*
 * Whole events are handed on: one that is cut off in the middle would spoil the
 * event that tells of it.
 */
#define PART_MAX ((size_t)16 << 20) /* bytes: as an answer may have */

struct proxy_filter {
	struct stream_filter filter;
	struct text part; /* of the event that is coming */
};

static struct proxy_filter *proxy_filter(struct stream_filter *filter)
{
	return (struct proxy_filter *)(void *)filter;
}

static void proxy_begin(struct stream_filter *filter, struct text *out)
{
	(void)filter;
	(void)out;
}

/* Does an empty line end there? */
static bool proxy_is_end(struct slice bytes, size_t at)
{
	const char *end = bytes.data + at;

	if (at >= 2 && end[-1] == end[-2])
		return end[-1] == '\n' || end[-1] == '\r';
	return at >= 3 && memcmp(end - 3, "\n\r\n", 3) == 0;
}

static int proxy_check_part(const struct text *part, struct error *error)
{
	return part->length <= PART_MAX
		       ? 0
		       : error_set(error, ERROR_UPSTREAM,
				 "the upstream sent an event of over %zu MiB",
				 PART_MAX >> 20);
}

static int proxy_hand_on(struct stream_filter *filter, struct slice bytes,
	struct text *out, struct error *error)
{
	struct text *part = &proxy_filter(filter)->part;
	const size_t seen = part->length;
	size_t whole;

	if (filter->bytes) {
		text_slice(out, bytes);
		return out->failed ? error_out_of_memory(error) : 0;
	}
	text_slice(part, bytes);
	if (part->failed)
		return error_out_of_memory(error);
	for (whole = part->length; whole > seen; whole--)
		if (proxy_is_end(text_view(part), whole))
			break;
	if (whole == seen)
		return proxy_check_part(part, error);
	text_append(out, part->data, whole);
	part->length -= whole;
	memmove(part->data, part->data + whole, part->length);
	return 0;
}

static void proxy_free_filter(struct stream_filter *filter)
{
	text_clear(&proxy_filter(filter)->part);
	free(filter);
}

static int proxy_stream(struct reply *reply, struct error *error)
{
	struct proxy_filter *filter = calloc(1, sizeof(*filter));

	if (filter == NULL)
		return error_out_of_memory(error);
	filter->filter = (struct stream_filter){ .begin = proxy_begin,
		.data = proxy_hand_on,
		.free = proxy_free_filter };
	reply->call.filter = &filter->filter;
	return 0;
}

/* --- there and back --------------------------------------------------- */

/* Writes the rest of a stream: what ends without a line of its own. */
static int proxy_hand_back(
	const struct request *request, struct reply *reply, struct error *error)
{
	const struct proxy_filter *filter =
		(const struct proxy_filter *)request->filter;
	const struct slice body = text_view(&request->answer->body);

	reply->status = request->answer->status;
	if (filter == NULL) {
		if (proxy_check(body, error))
			return -1;
		text_slice(&reply->body, body);
	} else {
		text_slice(&reply->ending, text_view(&filter->part));
	}
	return 0;
}

const char *request_sessions_header(const struct request *request)
{
	return request->if_match.data	       ? "If-Match"
	       : request->if_none_match.data   ? "If-None-Match"
	       : request->idempotency_key.data ? "Idempotency-Key"
					       : NULL;
}

int request_pass_on(const struct request *request, const char *path,
	bool streams, struct reply *reply, struct error *error)
{
	if (request->next == NEXT_CALL)
		return proxy_hand_back(request, reply, error);
	reply->next = NEXT_CALL;
	reply->call.path = path;
	text_slice(&reply->call.body, request->body);
	return streams ? proxy_stream(reply, error) : 0;
}

int api_models_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	(void)store;
	return request_pass_on(request, "/models", false, reply, error);
}

/* --- what is no conversation ------------------------------------------ */

/*
 * May it go into the upstream's path?  A server that decodes %2F before it
 * splits the path must not come out elsewhere.
 */
static int proxy_check_segment(struct slice segment, struct error *error)
{
	const char *end = segment.data + segment.length;
	const char *slash;
	struct slice part;

	for (const char *at = segment.data; at <= end; at = slash + 1) {
		slash = memchr(at, '/', (size_t)(end - at));
		slash = slash ? slash : end;
		part = (struct slice){ at, (size_t)(slash - at) };
		if (part.length == 0 || slice_is(part, ".") ||
			slice_is(part, ".."))
			return error_set(error, ERROR_INVALID,
				"\"%.*s\" is no name of a model",
				SLICE_SHORT(segment));
	}
	return 0;
}

/* Writes the path behind /v1, and the query, as they came. */
static int proxy_write_target(
	const struct request *request, struct text *out, struct error *error)
{
	for (int i = 1; i < request->segment_count; i++) {
		if (proxy_check_segment(request->segments[i], error))
			return -1;
		text_string(out, "/");
		target_write_name(out, request->segments[i]);
	}
	for (int i = 0; i < request->parameter_count; i++) {
		const struct target_parameter *one = &request->parameters[i];

		text_string(out, i > 0 ? "&" : "?");
		target_write_name(out, one->name);
		text_string(out, one->has_value ? "=" : "");
		target_write_name(out, one->value);
	}
	text_append(out, "", 1);
	return 0;
}

int api_model_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	(void)store;
	if (request_pass_on(request, NULL, false, reply, error))
		return -1;
	return reply->next == NEXT_CALL
		       ? proxy_write_target(request, &reply->call.target, error)
		       : 0;
}

int api_hand_on(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	(void)store;
	if (request->next == NEXT_CALL)
		return proxy_hand_back(request, reply, error);
	if (request->content_type.length > UPSTREAM_TYPE_MAX)
		return error_set(error, ERROR_MEDIA_TYPE,
			"a Content-Type may have %d bytes", UPSTREAM_TYPE_MAX);
	reply->next = NEXT_CALL;
	reply->call.as_is = true;
	if (proxy_write_target(request, &reply->call.target, error))
		return -1;
	return proxy_stream(reply, error);
}
