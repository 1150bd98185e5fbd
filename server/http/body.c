/* SPDX-License-Identifier: MIT */
/* body.c - the body of a request: counted, kept or thrown away. */
#include "server/http/exchange.h"

#include <assert.h>
#include <strings.h>

#include "schema/error.h"
#include "server/api/input.h"

/* Of a refused body at most this many times the limit is read. */
#define DISCARD_FACTOR 4

/* Counts bytes among those in flight; refused over the bound of all. */
int body_hold(struct httpd *httpd, size_t size, struct error *error)
{
	const size_t max = httpd->options.max_bodies;

	if (atomic_fetch_add(&httpd->body_bytes, size) + size <= max)
		return 0;
	atomic_fetch_sub(&httpd->body_bytes, size);
	return error_set(error, ERROR_UNAVAILABLE,
		"the bodies in flight are over the bound of %zu bytes", max);
}

void body_let_go(struct httpd *httpd, size_t size)
{
	size_t before;

	if (size == 0)
		return;
	before = atomic_fetch_sub(&httpd->body_bytes, size);
	assert(before >= size); /* it was counted */
	(void)before;
}

size_t body_held(const struct exchange *exchange)
{
	return exchange->request.buffer.length +
	       input_size(exchange->request.input);
}

void body_forget(struct exchange *exchange)
{
	body_let_go(exchange->httpd, body_held(exchange));
	request_clear(&exchange->request);
}

/* --- arriving --------------------------------------------------------- */

static int body_keep(struct exchange *exchange, const char *data, size_t size)
{
	struct httpd *httpd = exchange->httpd;
	struct text *body = &exchange->request.buffer;

	if (body->length + size > httpd->options.max_body)
		return error_set(&exchange->error, ERROR_TOO_LARGE,
			"the body is over the bound of %zu bytes",
			httpd->options.max_body);
	if (body_hold(httpd, size, &exchange->error))
		return -1;
	text_append(body, data, size);
	if (body->failed) {
		body_let_go(httpd, size);
		return error_out_of_memory(&exchange->error);
	}
	return 0;
}

enum MHD_Result body_take(
	struct exchange *exchange, const char *data, size_t size)
{
	exchange->received += size;
	if (!exchange->failed && body_keep(exchange, data, size)) {
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

	if (body_hold(exchange->httpd, input_size(request->input),
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
	return body_hold_input(exchange);
}
