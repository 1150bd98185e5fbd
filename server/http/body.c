/* SPDX-License-Identifier: MIT */
/* body.c - the body of a request: counted, kept or thrown away. */
#include "server/http/exchange.h"

#include <strings.h>

#include "schema/error.h"
#include "server/api/input.h"
#include "server/observe/metrics.h"

/* Of a refused body at most this many times the limit is read. */
#define DISCARD_FACTOR 4

int body_hold(struct exchange *exchange, size_t size, struct error *error)
{
	struct httpd *httpd = exchange->httpd;

	switch (share_take(
		&httpd->shares, exchange->share, SHARE_BYTES, size)) {
	case SHARE_FULL:
		return error_set(error, ERROR_UNAVAILABLE,
			"the bodies in flight are over the bound of %zu bytes",
			httpd->options.max_bodies);
	case SHARE_OVER:
		metrics_refused(httpd->options.metrics, METRICS_OVER_SHARE);
		return error_set(error, ERROR_UNAVAILABLE,
			"the bodies in flight of this tenant are over its "
			"share of %zu bytes",
			httpd->options.max_bodies);
	case SHARE_TAKEN:
		break;
	}
	return 0;
}

void body_let_go(struct exchange *exchange, size_t size)
{
	if (size > 0)
		share_give(&exchange->httpd->shares, exchange->share,
			SHARE_BYTES, size);
}

size_t body_held(const struct exchange *exchange)
{
	return exchange->request.buffer.length +
	       input_size(exchange->request.input);
}

void body_forget(struct exchange *exchange)
{
	body_let_go(exchange, body_held(exchange));
	request_clear(&exchange->request);
}

/* --- arriving --------------------------------------------------------- */

static int body_keep(struct exchange *exchange, const char *data, size_t size)
{
	struct httpd *httpd = exchange->httpd;
	struct text *body = &exchange->request.buffer;

	if (body->length + size > httpd->options.max_body) {
		error_describe(&exchange->error, ERROR_TOO_LARGE,
			"the body is over the bound of %zu bytes, which "
			"--max-body sets",
			httpd->options.max_body);
		api_name_larger(exchange->request.route, &exchange->error);
		return -1;
	}
	if (body_hold(exchange, size, &exchange->error))
		return -1;
	text_append(body, data, size);
	if (body->failed) {
		body_let_go(exchange, size);
		return error_out_of_memory(&exchange->error);
	}
	return 0;
}

/* Whether what follows would be read as it was sent is not known, so it is not.
 */
static int body_check_framing(struct exchange *exchange, const char *data)
{
	if (!exchange->framing.chunked || !exchange->httpd->known_library ||
		!guard_is_bare_framing(data))
		return 0;
	exchange->closes = true;
	return error_set(&exchange->error, ERROR_INVALID,
		"a line of the chunked body's framing ends in LF without CR");
}

enum MHD_Result body_take(
	struct exchange *exchange, const char *data, size_t size)
{
	exchange->received += size;
	atomic_store_explicit(&exchange->peer->received, exchange->received,
		memory_order_relaxed);
	if (!exchange->failed && (body_check_framing(exchange, data) ||
					 body_keep(exchange, data, size))) {
		exchange->failed = true;
		body_forget(exchange);
	}
	/* The library cannot answer in the middle of a body. */
	return exchange->received / DISCARD_FACTOR >
			       exchange->httpd->options.max_body
		       ? MHD_NO
		       : MHD_YES;
}

/* The library ignores any other expectation. */
static bool body_expects_continue(const struct exchange *exchange)
{
	struct slice field = exchange->fields.expect;

	return field.length == 12 &&
	       strncasecmp(field.data, "100-continue", 12) == 0;
}

/* Either the body will not be read, or its end cannot be known. */
bool body_is_hopeless(const struct exchange *exchange)
{
	const struct guard_body *framing = &exchange->framing;

	return !exchange->framed ||
	       framing->length / DISCARD_FACTOR >
		       exchange->httpd->options.max_body ||
	       ((framing->chunked || framing->length > 0) &&
		       body_expects_continue(exchange));
}

/* --- arrived ---------------------------------------------------------- */

/* Frees what was read before it is counted. */
static void body_forget_input(struct exchange *exchange)
{
	input_free(exchange->request.input);
	exchange->request.input = NULL;
}

/* The input that was read of a body counts among the bodies in flight, too. */
static int body_hold_input(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	if (body_hold(exchange, input_size(request->input), &exchange->error) ==
		0)
		return 0;
	body_forget_input(exchange);
	return -1;
}

/* The route of a tool may need another scope than that of all tools. */
static int body_permit(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	if (!request->mcp_call[0] ||
		grant_allows(&exchange->grant, api_scope(request->route),
			&exchange->error) == 0)
		return 0;
	body_forget_input(exchange);
	return -1;
}

int body_scan(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct worker *worker = httpd_worker(exchange->httpd);
	size_t length = request->buffer.length;

	if (!worker)
		return error_out_of_memory(&exchange->error);
	if (length > 0 && api_scan(request, request->buffer.data, &length,
				  &worker->scratch, &exchange->error))
		return -1;
	request->body = (struct slice){ request->buffer.data, length };
	if (api_check(request, &exchange->error)) {
		body_forget_input(exchange);
		return -1;
	}
	if (body_permit(exchange))
		return -1;
	return body_hold_input(exchange);
}
