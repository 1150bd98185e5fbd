/* SPDX-License-Identifier: MIT */
/* answer.c - a reply becomes a response. */
#include "server/http/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/recent_body.h"
#include "schema/error.h"
#include "server/api/etag.h"
#include "server/api/mcp.h"
#include "server/api/source.h"
#include "server/observe/metrics.h"

#define ORIGIN_MAX 255

/* --- conditional reads ------------------------------------------------ */

/* A read becomes 304 here and nowhere else. */
static bool answer_is_unchanged(const struct exchange *exchange)
{
	enum api_method method = exchange->request.method;
	const struct reply *reply = &exchange->reply;

	return reply->status == MHD_HTTP_OK && reply->etag[0] &&
	       (method == METHOD_GET || method == METHOD_HEAD) &&
	       etags_name(exchange->request.if_none_match, reply->etag);
}

/* --- headers ---------------------------------------------------------- */

/* A response under construction; `failed` is sticky. */
struct answer_draft {
	struct MHD_Response *response;
	bool failed;
};

static void answer_put(
	struct answer_draft *draft, const char *name, const char *value)
{
	if (!draft->failed && MHD_add_response_header(
				      draft->response, name, value) != MHD_YES)
		draft->failed = true;
}

/*
 * Header fields that a page may send: ours, those of OpenAI's JavaScript
 * client, and the asterisk, which some browsers take for a name; it stands for
 * all but Authorization.
 */
static void answer_put_preflight(struct answer_draft *draft, const char *allow)
{
	answer_put(draft, "Access-Control-Allow-Methods", allow);
	answer_put(draft, "Access-Control-Allow-Headers",
		"Authorization, Content-Type, Idempotency-Key, If-Match, "
		"If-None-Match, Last-Event-ID, X-API-Key, X-Request-Id, "
		"X-Session-Id, Chatmem-Send, MCP-Protocol-Version, "
		"Mcp-Method, Mcp-Name, "
		"OpenAI-Beta, OpenAI-Organization, OpenAI-Project, "
		"X-Stainless-Arch, X-Stainless-Async, "
		"X-Stainless-Custom-Poll-Interval, X-Stainless-Helper-Method, "
		"X-Stainless-Lang, X-Stainless-OS, "
		"X-Stainless-Package-Version, X-Stainless-Poll-Helper, "
		"X-Stainless-Retry-Count, X-Stainless-Runtime, "
		"X-Stainless-Runtime-Version, X-Stainless-Timeout, *");
	answer_put(draft, "Access-Control-Max-Age", "600");
}

static void answer_put_cors(
	struct answer_draft *draft, const struct exchange *exchange)
{
	const struct grant *grant = &exchange->grant;
	struct slice origin = exchange->fields.origin;
	char text[ORIGIN_MAX + 1];

	if (grant_has_origins(grant))
		answer_put(draft, "Vary", "Origin");
	if (origin.length == 0 || origin.length > ORIGIN_MAX ||
		!grant_allows_origin(grant, origin))
		return;
	memcpy(text, origin.data, origin.length);
	text[origin.length] = '\0';
	answer_put(draft, "Access-Control-Allow-Origin", text);
	answer_put(draft, "Access-Control-Expose-Headers",
		"ETag, Idempotent-Replay, Location, Retry-After, X-Request-Id, "
		"X-Should-Retry, "
		"Chatmem-First-Seq, Chatmem-Tokens, Chatmem-Omitted, "
		"Chatmem-Memory-Upto, Chatmem-Memory-Behind, "
		"Chatmem-Memory-Kept");
	if (exchange->fields.preflight.length > 0 && exchange->reply.allow)
		answer_put_preflight(draft, exchange->reply.allow);
}

static void answer_put_content_type(
	struct answer_draft *draft, const struct reply *reply)
{
	if (reply->status != MHD_HTTP_NO_CONTENT &&
		reply->status != MHD_HTTP_NOT_MODIFIED)
		answer_put(draft, "Content-Type",
			reply->content_type ? reply->content_type
					    : "application/json");
}

static void answer_put_headers(
	struct answer_draft *draft, const struct exchange *exchange)
{
	const struct reply *reply = &exchange->reply;

	if (exchange->id[0])
		answer_put(draft, "X-Request-Id", exchange->id);
	answer_put_content_type(draft, reply);
	if (reply->etag[0])
		answer_put(draft, "ETag", reply->etag);
	if (reply->location.length > 0)
		answer_put(draft, "Location", reply->location.data);
	if (reply->allow)
		answer_put(draft, "Allow", reply->allow);
	for (int i = 0; i < reply->header_count; i++)
		answer_put(
			draft, reply->headers[i].name, reply->headers[i].value);
	for (const struct reply_constant *constant = reply->constants;
		constant && constant->name; constant++)
		answer_put(draft, constant->name, constant->value);
	if (reply->status == MHD_HTTP_UNAUTHORIZED)
		answer_put(draft, "WWW-Authenticate", "Bearer");
	if (exchange->closes)
		answer_put(draft, "Connection", "close");
	answer_put_cors(draft, exchange);
}

/* --- the response ----------------------------------------------------- */

/* A turn goes on even when its client cannot be told how. */
static void answer_begin_stream(struct exchange *exchange)
{
	if (stream_open(exchange) == 0)
		return;
	exchange->failed = true;
	if (exchange->request.route->lane == LANE_LOCK)
		exchange->error.code = ERROR_UNKNOWN;
}

static void answer_settle_reply(struct exchange *exchange)
{
	struct reply *reply = &exchange->reply;

	if (reply->location.length > 0)
		text_append(&reply->location, "", 1); /* ends the string */
	/* A text that could not grow makes a failure of a success. */
	if (!exchange->failed && reply_is_short(reply))
		exchange->failed = error_out_of_memory(&exchange->error) != 0;
	if (!exchange->failed && reply->source)
		answer_begin_stream(exchange);
	if (exchange->request.mcp_call[0]) {
		api_mcp_answer(reply, &exchange->request,
			exchange->failed ? &exchange->error : NULL);
	} else if (exchange->failed) {
		if (exchange->error.code == ERROR_QUOTA)
			metrics_refused(exchange->httpd->options.metrics,
				METRICS_OVER_QUOTA);
		reply_refuse(reply, &exchange->request, &exchange->error);
		reply->allow = exchange->allow;
	} else if (answer_is_unchanged(exchange)) {
		reply->status = MHD_HTTP_NOT_MODIFIED;
		reply_clear_body(reply);
	}
	reply_end_line(reply);
}

static void answer_free_shared(void *shared)
{
	recent_body_free(shared);
}

/* The same of a body that others have, too; it is sent from where it is. */
static struct MHD_Response *answer_wrap_shared(struct reply *reply)
{
	struct recent_body *shared = reply->shared;
	struct MHD_Response *response =
		MHD_create_response_from_buffer_with_free_callback_cls(
			shared->body.length,
			shared->bytes + (shared->body.data - shared->bytes),
			answer_free_shared, shared);

	if (response)
		reply->shared = NULL;
	return response;
}

/* Takes the reply's body; NULL: out of memory. */
static struct MHD_Response *answer_wrap(struct reply *reply)
{
	struct text *body = &reply->body;
	struct MHD_Response *response;

	if (reply->shared)
		return answer_wrap_shared(reply);
	if (body->failed)
		return NULL;
	response = MHD_create_response_from_buffer_with_free_callback(
		body->length, body->data, free);
	if (response)
		*body = (struct text){ 0 };
	return response;
}

enum MHD_Result exchange_answer(struct exchange *exchange)
{
	struct reply *reply = &exchange->reply;
	enum MHD_Result result = MHD_NO;
	struct answer_draft draft = { 0 };

	answer_settle_reply(exchange);
	if (exchange->request.method != METHOD_HEAD)
		exchange->reply_bytes = reply_length(reply);
	draft.response =
		reply->source ? stream_wrap(exchange) : answer_wrap(reply);
	if (!draft.response)
		return MHD_NO;
	answer_put_headers(&draft, exchange);
	if (!draft.failed)
		result = MHD_queue_response(exchange->connection,
			(unsigned)reply->status, draft.response);
	MHD_destroy_response(draft.response);
	if (result == MHD_YES)
		atomic_store(&exchange->phase, PHASE_ANSWERED);
	peer_takes_reply(&exchange->httpd->peers, exchange->peer);
	return result;
}
