/* SPDX-License-Identifier: MIT */
/* reply.c - what handlers write into a reply. */
#include "server/api/reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/store/recent_body.h"
#include "schema/error.h"
#include "schema/json/scan.h"
#include "server/api/handlers.h"
#include "server/api/source.h"
#include "server/api/stream_filter.h"

void reply_clear_body(struct reply *reply)
{
	text_clear(&reply->body);
	recent_body_free(reply->shared);
	reply->shared = NULL;
}

void reply_clear(struct reply *reply)
{
	reply_clear_body(reply);
	text_clear(&reply->location);
	text_clear(&reply->continuation);
	text_clear(&reply->call.target);
	text_clear(&reply->call.body);
	text_clear(&reply->ending);
	text_clear(&reply->reflect);
	if (reply->call.filter)
		reply->call.filter->free(reply->call.filter);
	if (reply->source)
		reply->source->free(reply->source);
	*reply = (struct reply){ 0 };
}

size_t reply_length(const struct reply *reply)
{
	return reply->shared ? reply->shared->body.length : reply->body.length;
}

void reply_end_line(struct reply *reply)
{
	struct text *body = &reply->body;

	if (reply->content_type || body->length == 0 ||
		body->data[body->length - 1] == '\n')
		return;
	text_byte(body, '\n');
	body->failed = false;
}

bool reply_is_short(const struct reply *reply)
{
	return reply->body.failed || reply->location.failed ||
	       reply->continuation.failed || reply->call.target.failed ||
	       reply->call.body.failed || reply->ending.failed;
}

void reply_header(
	struct reply *reply, const char *name, const char *format, ...)
{
	struct reply_header *header = &reply->headers[reply->header_count];
	va_list arguments;
	int length;

	if (reply->header_count == REPLY_HEADERS_MAX)
		return;
	reply->header_count++;
	header->name = name;
	va_start(arguments, format);
	length = vsnprintf(
		header->value, sizeof(header->value), format, arguments);
	va_end(arguments);
	assert(length >= 0 && (size_t)length < sizeof(header->value));
	(void)length;
}

/*
 * json_dumps() of jansson 2.14 overlooks that a member's name found no memory
 * and goes on; json_dumpb() writes into memory that is there already.
 */
int reply_json(
	struct reply *reply, int status, json_t *json, struct error *error)
{
	struct text *body = &reply->body;
	const size_t size =
		json == NULL ? 0 : json_dumpb(json, NULL, 0, JSON_COMPACT);
	size_t written = 0;

	if (size > 0 && text_reserve(body, size) == 0)
		written = json_dumpb(
			json, body->data + body->length, size, JSON_COMPACT);
	json_decref(json);
	if (size == 0 || written != size)
		return error_out_of_memory(error);
	body->length += size;
	reply->status = status;
	return 0;
}

bool reply_elsewhere(struct reply *reply, const struct request *request,
	bool cut, struct error *error)
{
	if (!cut || request->next != NEXT_NONE)
		return false;
	*error = (struct error){ 0 };
	reply->next = NEXT_READER;
	return true;
}

/* When to ask again, or that it is in vain: SDKs repeat any 5xx twice. */
static void reply_put_advice(
	struct reply *reply, int status, const struct error *error)
{
	if (error->final)
		reply_header(reply, "X-Should-Retry", "false");
	if (status == 429 || status == 503 || error->retry_after)
		reply_header(reply, "Retry-After", "%d",
			error->retry_after ? error->retry_after : 1);
}

static bool reply_is_json(struct slice body)
{
	static const struct json_limits limits = { .depth = 64,
		.values = 100000 };
	struct json_scratch scratch = { 0 };
	struct error ignored = { 0 };
	bool spaced;
	const bool valid =
		json_scan(body, &limits, &scratch, &spaced, &ignored) == 0;

	json_scratch_clear(&scratch);
	return valid;
}

const char *reply_type(const char *sent)
{
	static const char *const known[] = { "application/json", STREAM_TYPE,
		"application/x-ndjson", "application/x-subrip", "audio/",
		"image/gif", "image/jpeg", "image/png", "image/webp",
		"text/plain", "text/vtt", "video/" };

	for (const char *at = sent; *at; at++)
		if (*at < ' ' || *at > '~')
			return "application/octet-stream";
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strncasecmp(sent, known[i], strlen(known[i])) == 0)
			return sent;
	return strncasecmp(sent, "text/", 5) == 0 ? "text/plain"
						  : "application/octet-stream";
}

void reply_hand_on_refusal(struct reply *reply, int status, struct text *body,
	const struct request *request, const struct error *error)
{
	if (body->length == 0) {
		reply_refuse(reply, request, error);
		reply->status = status;
		return;
	}
	reply_clear(reply);
	reply->status = status;
	reply->body = *body;
	*body = (struct text){ 0 };
	/* A page of somebody else's is none of this server's. */
	if (!reply_is_json(text_view(&reply->body)))
		reply->content_type = "text/plain; charset=utf-8";
	reply_put_advice(reply, status, error);
}

/* A code of JSON-RPC. */
#define NOT_PARSED (-32700)

/* The kind of error, to OpenAI's clients. */
static const char *reply_openai_type(int status)
{
	if (status >= 500)
		return "server_error";
	return status == 429 ? "requests" : "invalid_request_error";
}

static json_t *reply_error(
	const struct request *request, const struct error *error)
{
	const char *code = error_name(error->code);
	const char *parameter = error->code == ERROR_PREVIOUS_RESPONSE
					? "previous_response_id"
					: NULL;

	if (request_is_mcp(request) && error->code == ERROR_INVALID)
		return json_pack("{s:s,s:n,s:{s:i,s:s}}", "jsonrpc", "2.0",
			"id", "error", "code", NOT_PARSED, "message",
			error->message);
	if (!request_is_openai(request))
		return json_pack("{s:{s:s,s:s}}", "error", "code", code,
			"message", error->message);
	return json_pack("{s:{s:s,s:s,s:s?,s:s}}", "error", "message",
		error->message, "type",
		reply_openai_type(error_status(error->code)), "param",
		parameter, "code", code);
}

void reply_refuse(struct reply *reply, const struct request *request,
	const struct error *error)
{
	static const char fallback[] = "{\"error\":{\"code\":\"unavailable\","
				       "\"message\":\"out of memory\"}}";
	struct error ignored;
	const char *allow = reply->allow;
	char etag[ETAG_SIZE] = "";

	assert(error->code != ERROR_NONE);
	if (error->code == ERROR_VERSION)
		memcpy(etag, reply->etag, sizeof(etag));
	reply_clear(reply);
	reply->allow = allow;
	memcpy(reply->etag, etag, sizeof(etag));
	reply_put_advice(reply, error_status(error->code), error);
	if (reply_json(reply, error_status(error->code),
		    reply_error(request, error), &ignored) == 0)
		return;
	reply_clear(reply);
	reply->status = 503;
	reply_header(reply, "Retry-After", "%d", 1);
	text_string(&reply->body, fallback);
}
