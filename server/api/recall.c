/* SPDX-License-Identifier: MIT */
/*
 * recall.c - reads that are asked again and again are answered as before.
 *
 * What a route with `recalls` answers depends on the session and on the query,
 * and on nothing else: not on the time, a body or a header field.  So an answer
 * holds until the session changes, which the cache of newest messages knows.
 */
#include <string.h>

#include "core/store/recent.h"
#include "server/api/handlers.h"
#include "server/api/route.h"

#define QUERY_MOST 256 /* bytes */

/* The reply but for its body. */
struct recall_beside {
	const char *content_type;
	char etag[ETAG_SIZE];
	int64_t session;
	struct reply_header headers[REPLY_HEADERS_MAX];
	int header_count;
};

/*
 * The past is asked for seldom, and may be forgotten meanwhile.  The call of a
 * tool has parameters that are none of its query.
 */
static bool recall_is_possible(const struct request *request)
{
	struct slice as_of;

	return request->route->recalls && !request->conditions.any &&
	       !request->mcp_call[0] && request->body.length == 0 &&
	       request->next == NEXT_NONE &&
	       request->query.length <= QUERY_MOST &&
	       !request_parameter(request, "as_of", &as_of);
}

static struct recent_question recall_question(const struct request *request)
{
	return (struct recent_question){ request->route, request->query };
}

bool api_recall(struct store_recent *recent, const struct request *request,
	struct reply *reply)
{
	const struct recent_question question = recall_question(request);
	struct recall_beside beside;

	if (!recall_is_possible(request))
		return false;
	reply->shared = store_recent_body(
		recent, request_ref(request), request->now, &question);
	if (!reply->shared)
		return false;
	memcpy(&beside, reply->shared->beside.data, sizeof(beside));
	reply->status = 200;
	reply->content_type = beside.content_type;
	reply->session = beside.session;
	memcpy(reply->etag, beside.etag, sizeof(reply->etag));
	memcpy(reply->headers, beside.headers, sizeof(reply->headers));
	reply->header_count = beside.header_count;
	return true;
}

void api_remember(
	struct store *store, const struct request *request, struct reply *reply)
{
	const struct recent_question question = recall_question(request);
	struct recall_beside beside;
	struct recent_body *body;

	if (!recall_is_possible(request) || reply->status != 200 ||
		reply->session == 0 || reply->next != NEXT_NONE ||
		reply->reflect.length > 0 ||
		reply->body.length > RECENT_BYTES_MOST)
		return;
	reply_end_line(reply);
	memset(&beside, 0, sizeof(beside));
	beside.content_type = reply->content_type;
	beside.session = reply->session;
	memcpy(beside.etag, reply->etag, sizeof(beside.etag));
	memcpy(beside.headers, reply->headers, sizeof(beside.headers));
	beside.header_count = reply->header_count;
	body = recent_body_new(&question,
		(struct slice){ (const char *)&beside, sizeof(beside) },
		text_view(&reply->body));
	store_recent_answer(store, body);
}
