/* SPDX-License-Identifier: MIT */
/* head.c - the head of a request: what is asked, and may it be? */
#include "server/http/exchange.h"

#include <inttypes.h>
#include <string.h>

#include "schema/clock.h"
#include "schema/error.h"
#include "server/auth/key_line.h"
#include "server/http/media_type.h"
#include "server/observe/metrics.h"

#define HEADERS_MAX 256

struct head_header_list {
	struct guard_header items[HEADERS_MAX];
	size_t count;
	bool overflow;
};

static enum MHD_Result head_collect(void *context, enum MHD_ValueKind kind,
	const char *name, size_t name_length, const char *value,
	size_t value_length)
{
	struct head_header_list *list = context;

	(void)kind;
	if (list->count == HEADERS_MAX) {
		list->overflow = true;
		return MHD_NO;
	}
	list->items[list->count++] = (struct guard_header){
		{ name, name_length },
		{ value ? value : name + name_length, value_length },
	};
	return MHD_YES;
}

/* --- the request's id ------------------------------------------------- */

static bool head_is_request_id(struct slice id)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";

	if (id.length == 0 || id.length > REQUEST_ID_MAX)
		return false;
	for (size_t i = 0; i < id.length; i++)
		if (!memchr(allowed, id.data[i], sizeof(allowed) - 1))
			return false;
	return true;
}

/* splitmix64: an id must be new, not secret. */
static uint64_t head_next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void head_choose_id(struct exchange *exchange, struct worker *worker)
{
	struct slice given = exchange->fields.request_id;
	uint64_t bits;

	if (head_is_request_id(given)) {
		memcpy(exchange->id, given.data, given.length);
		exchange->id[given.length] = '\0';
		return;
	}
	bits = head_next_random(&worker->random);
	for (int i = 0; i < 16; i++, bits >>= 4)
		exchange->id[i] = "0123456789abcdef"[bits & 15];
	exchange->id[16] = '\0';
}

/* --- checks ----------------------------------------------------------- */

static int head_check_framing(struct exchange *exchange,
	const struct head_header_list *list, const char *version)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		exchange->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	struct guard_head head = {
		.method = exchange->method,
		.version = slice_of(version),
		.raw_uri_length = exchange->path.length,
		.head_bytes = info ? info->header_size : 0,
		.headers = list->items,
		.header_count = list->count,
		.contiguous = exchange->httpd->known_library,
	};

	if (list->overflow)
		return error_set(&exchange->error, ERROR_INVALID,
			"more than %d headers", HEADERS_MAX);
	if (exchange->query.data)
		head.raw_uri_length += 1 + exchange->query.length;
	if (guard_head(&head, &exchange->framing, &exchange->error))
		return -1;
	exchange->framed = true;
	return 0;
}

/*
 * Counts the exchange first and looks at the state then, so that a drain that
 * saw no exchange is seen here.
 */
static int head_admit(struct exchange *exchange)
{
	struct httpd *httpd = exchange->httpd;

	exchange->counted = true;
	atomic_fetch_add(&httpd->in_flight, 1);
	if (exchange->peer->surplus)
		exchange->closes = true;
	if (atomic_load(&httpd->state) == HTTPD_RUNNING)
		return 0;
	exchange->counted = false;
	atomic_fetch_sub(&httpd->in_flight, 1);
	exchange->closes = true;
	return error_set(&exchange->error, ERROR_UNAVAILABLE, "shutting down");
}

/* -1: the client that a trusted proxy names has connections enough. */
static int head_find_client(const struct exchange *exchange)
{
	struct peers *peers = &exchange->httpd->peers;
	const struct fields *fields = &exchange->fields;
	struct in6_addr client;

	if (!exchange->peer->is_proxy ||
		(!networks_client(
			 &peers->proxies, fields->forwarded_for, &client) &&
			!networks_client(
				&peers->proxies, fields->forwarded, &client)))
		return 0;
	return places_lend(peers, exchange->peer, &client) == SHARE_TAKEN ? 0
									  : -1;
}

/* Beyond the limit of connections only the health is answered. */
static int head_check_place(
	const struct exchange *exchange, bool found, struct error *error)
{
	const struct api_route *route = exchange->request.route;

	const bool over = head_find_client(exchange) != 0;

	if ((!over && !exchange->peer->surplus) ||
		(found && route && route->health))
		return 0;
	metrics_refused(exchange->httpd->options.metrics, METRICS_OVER_SHARE);
	return error_set(error, ERROR_UNAVAILABLE, "too many connections");
}

/* /openai/v1 is /v1: there some clients look for it. */
static struct slice head_path(struct slice path)
{
	static const char prefix[] = "/openai/v1/";
	const size_t skipped = sizeof("/openai") - 1;

	if (path.length < sizeof(prefix) - 1 ||
		memcmp(path.data, prefix, sizeof(prefix) - 1) != 0)
		return path;
	return (struct slice){ path.data + skipped, path.length - skipped };
}

static int head_find_route(struct exchange *exchange, struct error *error)
{
	struct request *request = &exchange->request;
	int count;

	request->method = api_method(exchange->method);
	if (request->method == METHOD_OPTIONS &&
		slice_is(exchange->path, "*")) {
		exchange->allow =
			"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
		return 0;
	}
	count = target_path(head_path(exchange->path), exchange->decoded,
		request->segments, API_SEGMENTS_MAX, error);
	if (count < 0)
		return -1;
	request->segment_count = count;
	return api_route(request, &exchange->allow, error);
}

/* The parts of the target are decoded side by side in one buffer. */
static int head_read_query(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	int count = target_query(exchange->query,
		exchange->decoded + exchange->path.length, request->parameters,
		API_PARAMETERS_MAX, &exchange->error);

	request->parameter_count = count < 0 ? 0 : count;
	return count < 0 ? -1 : 0;
}

/* A client with any key may learn that there is no such route. */
static unsigned head_scopes(const struct exchange *exchange, int found)
{
	const struct api_route *route = exchange->request.route;

	if (found)
		return SCOPES_ALL;
	return route ? api_scope(route) : SCOPE_NONE;
}

/* A tenant's name is no address: those begin with another letter. */
static int head_join_share(struct exchange *exchange)
{
	const struct slice tenant = exchange->request.tenant;
	char name[1 + TENANT_NAME_MAX] = "t";

	memcpy(name + 1, tenant.data, tenant.length);
	exchange->share = share_join(&exchange->httpd->shares,
		(struct slice){ name, 1 + tenant.length });
	return exchange->share ? 0 : -1;
}

/* A client that may not ask does not learn what there is. */
static int head_find_and_permit(struct exchange *exchange)
{
	const struct fields *fields = &exchange->fields;
	const struct credentials credentials = {
		.peer_is_local = exchange->peer->is_local,
		.host = fields->host,
		.origin = fields->origin,
		.fetch_site = fields->fetch_site,
		.proxied = fields->proxied,
		.authorization = fields->authorization,
		.api_key = fields->api_key,
	};
	struct error not_found = { 0 };
	int found = head_find_route(exchange, &not_found);

	if (head_check_place(exchange, found == 0, &exchange->error))
		return -1;
	if (grant_check(&exchange->grant, &credentials,
		    head_scopes(exchange, found), clock_ms(CLOCK_REALTIME),
		    &exchange->error)) {
		if (exchange->error.code == ERROR_UNAUTHENTICATED)
			limits_wrong_key(exchange, &exchange->error);
		exchange->allow = NULL;
		return -1;
	}
	if (head_scopes(exchange, found) != SCOPE_NONE &&
		limits_check(exchange, &exchange->error))
		return -1;
	exchange->request.tenant = exchange->grant.tenant;
	if (head_join_share(exchange))
		return error_out_of_memory(&exchange->error);
	if (found)
		exchange->error = not_found;
	return found;
}

/* Fills what the handlers need of the fields. */
static void head_hand_over_conditions(struct exchange *exchange)
{
	const struct fields *fields = &exchange->fields;
	struct request *request = &exchange->request;

	request->if_match = fields->if_match;
	request->if_none_match = fields->if_none_match;
	request->idempotency_key = fields->idempotency_key;
	request->retry_count = fields->retry_count;
	request->last_event_id = fields->last_event_id;
	request->session_id = fields->session_id;
	request->traceparent = fields->traceparent;
	request->tracestate = fields->tracestate;
	request->request_id = slice_of(exchange->id);
	request->send = fields->send;
	request->query = exchange->query;
	request->accept = fields->accept;
	request->mcp_version = fields->mcp_version;
	request->mcp_method = fields->mcp_method;
	request->mcp_name = fields->mcp_name;
	if (!media_type_is_json(fields->content_type, false))
		request->content_type = fields->content_type;
}

static int head_check_type(const struct exchange *exchange, enum api_body body,
	struct error *error)
{
	const bool lines = body == BODY_LINES;
	const struct slice type = exchange->fields.content_type;
	const struct slice encoding = exchange->fields.content_encoding;

	if (body != BODY_BYTES && !media_type_is_json(type, lines))
		return error_set(error, ERROR_MEDIA_TYPE,
			"the body is declared as \"%.*s\"; send %s as "
			"Content-Type: %s",
			SLICE_SHORT(type), lines ? "lines" : "JSON",
			lines ? "application/x-ndjson" : "application/json");
	if (encoding.length > 0 && !media_type_is(encoding, "identity"))
		return error_set(error, ERROR_MEDIA_TYPE,
			"the body is encoded as \"%.*s\"; send it plain, without "
			"Content-Encoding",
			SLICE_SHORT(encoding));
	return 0;
}

/* Checks what the head says of the body, before any of it is read. */
static int head_check_body(struct exchange *exchange)
{
	const struct guard_body *framing = &exchange->framing;
	const struct api_route *route = exchange->request.route;
	size_t max = exchange->httpd->options.max_body;

	if (!framing->chunked && framing->length == 0)
		return 0;
	if (!route || route->body == BODY_NONE)
		return error_set(&exchange->error, ERROR_INVALID,
			"this request takes no body");
	if (head_check_type(exchange, route->body, &exchange->error))
		return -1;
	if (framing->length <= max)
		return 0;
	error_describe(&exchange->error, ERROR_TOO_LARGE,
		"a body of %" PRIu64
		" bytes is over the bound of %zu bytes, which "
		"--max-body sets",
		framing->length, max);
	api_name_larger(route, &exchange->error);
	return -1;
}

static int head_parse(struct exchange *exchange, struct worker *worker,
	const struct head_header_list *list, const char *version)
{
	int fields = fields_read(
		&exchange->fields, list->items, list->count, &exchange->error);

	head_choose_id(exchange, worker);
	if (fields || head_check_framing(exchange, list, version) ||
		head_admit(exchange) || head_find_and_permit(exchange) ||
		head_read_query(exchange))
		return -1;
	head_hand_over_conditions(exchange);
	return head_check_body(exchange);
}

int head_read(
	struct exchange *exchange, const char *method, const char *version)
{
	struct worker *worker = httpd_worker(exchange->httpd);
	struct head_header_list list;

	list.count = 0;
	list.overflow = false;
	exchange->method = slice_of(method);
	MHD_get_connection_values_n(
		exchange->connection, MHD_HEADER_KIND, head_collect, &list);
	if (!worker)
		return error_out_of_memory(&exchange->error);
	return head_parse(exchange, worker, &list, version);
}
