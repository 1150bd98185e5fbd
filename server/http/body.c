/* SPDX-License-Identifier: MIT */
/* body.c - the body of a request: counted, kept or thrown away. */
#include "server/http/exchange.h"

#include <strings.h>

#include "schema/error.h"

/* So many times the limit of a body is read of one that is refused. */
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
	if (size > 0)
		atomic_fetch_sub(&httpd->body_bytes, size);
}

void body_forget(struct exchange *exchange)
{
	body_let_go(exchange->httpd, exchange->body.length);
	text_clear(&exchange->body);
}

/* --- arriving --------------------------------------------------------- */

static int body_keep(struct exchange *exchange, const char *data, size_t size)
{
	struct httpd *httpd = exchange->httpd;
	struct text *body = &exchange->body;

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
	/* Nothing can be answered in the middle of a body. */
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

/* A body that will not be read, or of which nobody knows where it ends. */
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

int body_scan(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct worker *worker = httpd_worker(exchange->httpd);
	size_t length = exchange->body.length;

	if (!worker)
		return error_out_of_memory(&exchange->error);
	if (length > 0 && api_scan(request, exchange->body.data, &length,
				  &worker->scratch, &exchange->error))
		return -1;
	request->body = (struct slice){ exchange->body.data, length };
	return api_check(request, &exchange->error);
}
