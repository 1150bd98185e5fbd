/* SPDX-License-Identifier: MIT */
/*
 * transfer.c - one call on its way to the upstream.
 */
#include "server/upstream/transfer.h"

#include "schema/clock.h"
#include "server/observe/metrics.h"
#include "server/upstream/error_text.h"
#include "server/upstream/retry.h"
#include "server/upstream/usage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A stream takes hundreds of bytes where an answer takes four. */
#define STREAM_TIMES 4

static bool transfer_is_success(const struct upstream_call *call)
{
	return call->answer.status / 100 == 2;
}

static const struct blot_secret *transfer_secret(
	const struct upstream_call *call)
{
	return &call->progress->address->secret;
}

/* --- libcurl's callbacks ----------------------------------------------- */

#define EVENTS "text/event-stream"
/* Some servers answer whole, even if a stream was asked for. */
#define JSON "application/json"

static bool transfer_is_type(const char *type, const char *name)
{
	const size_t length = strlen(name);

	return strncasecmp(type, name, length) == 0 &&
	       strchr("; \t", type[length]) != NULL;
}

/* The head has come with its empty line; trailers have none. */
static size_t transfer_on_header(
	const char *line, size_t one, size_t length, void *context)
{
	struct upstream_call *call = context;
	struct upstream_progress *progress = call->progress;
	const char *type = NULL;
	long status = 0;

	(void)one;
	if (*line != '\r' && *line != '\n')
		return length;
	curl_easy_getinfo(progress->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(progress->easy, CURLINFO_CONTENT_TYPE, &type);
	call->answer.status = (int)status;
	snprintf(call->answer.type, sizeof(call->answer.type), "%s",
		type ? type : "");
	blot_end(call->answer.type, strlen(call->answer.type), 0,
		transfer_secret(call));
	progress->streams =
		call->streams && transfer_is_success(call) &&
		(call->as_is || !transfer_is_type(call->answer.type, JSON));
	progress->bytes =
		call->as_is && !transfer_is_type(call->answer.type, EVENTS);
	if (progress->streams)
		call->begun(call);
	return length;
}

/* Keeps the newest bytes, some more than are needed; a lack of memory no. */
static void transfer_keep_tail(struct text *tail, struct slice bytes)
{
	if (bytes.length > USAGE_TAIL) {
		bytes.data += bytes.length - USAGE_TAIL;
		bytes.length = USAGE_TAIL;
	}
	if (tail->length + bytes.length > (size_t)4 * USAGE_TAIL) {
		memmove(tail->data, tail->data + tail->length - USAGE_TAIL,
			USAGE_TAIL);
		tail->length = USAGE_TAIL;
	}
	text_slice(tail, bytes);
}

/* The first bytes of what is held, which cannot be the key's. */
static void transfer_hand_on(struct upstream_call *call, size_t size)
{
	struct upstream_progress *progress = call->progress;
	struct text *held = &progress->held;

	if (size && call->data(call, (struct slice){ held->data, size }))
		call->cancelled = true;
	held->length -= size;
	progress->blotted -= size;
	spread_move(&progress->spread, size);
	if (held->length)
		memmove(held->data, held->data + size, held->length);
}

static int transfer_take_stream(struct upstream_call *call, struct slice bytes)
{
	struct upstream_progress *progress = call->progress;
	const struct blot_secret *secret = transfer_secret(call);
	struct text *held = &progress->held;
	size_t ready;

	transfer_keep_tail(&progress->tail, bytes);
	text_slice(held, bytes);
	if (held->failed)
		return error_out_of_memory(&progress->why);
	progress->blotted =
		blot(held->data, held->length, progress->blotted, secret);
	ready = progress->bytes ? progress->blotted
				: spread_blot(&progress->spread, held->data,
					  progress->blotted,
					  blot_secret_itself(secret));
	if (progress->spread.failed)
		return error_out_of_memory(&progress->why);
	transfer_hand_on(call, ready);
	return 0;
}

static int transfer_take_whole(struct upstream_call *call, struct slice bytes)
{
	struct upstream_progress *progress = call->progress;
	struct text *body = &call->answer.body;

	text_slice(body, bytes);
	if (body->failed)
		return error_out_of_memory(&progress->why);
	progress->blotted = blot(body->data, body->length, progress->blotted,
		transfer_secret(call));
	return 0;
}

static int transfer_take_bytes(struct upstream_call *call, struct slice bytes)
{
	struct upstream_progress *progress = call->progress;
	const bool streams = progress->streams;
	const size_t most = progress->address->options.answer_max *
			    (streams ? STREAM_TIMES : 1);

	/* An answer that is read as it is taken needs no bound. */
	if (!(streams && call->full) &&
		bytes.length > most - progress->received)
		return error_set(&progress->why, ERROR_UPSTREAM,
			"the upstream answered more than %zu MiB", most >> 20);
	progress->received += bytes.length;
	return streams ? transfer_take_stream(call, bytes)
		       : transfer_take_whole(call, bytes);
}

static size_t transfer_on_body(
	const char *data, size_t one, size_t length, void *context)
{
	struct upstream_call *call = context;

	(void)one;
	if (call->cancelled)
		return CURL_WRITEFUNC_ERROR;
	if (call->progress->streams && call->full && call->full(call)) {
		call->progress->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	if (transfer_take_bytes(call, (struct slice){ data, length }))
		return CURL_WRITEFUNC_ERROR;
	return length;
}

void transfer_end(struct upstream_call *call, CURLcode code)
{
	struct upstream_progress *progress = call->progress;
	struct text *held = &progress->held;
	struct text *last = progress->streams ? held : &call->answer.body;
	const struct blot_secret *secret = transfer_secret(call);

	if (last->length)
		blot_end(last->data, last->length, progress->blotted, secret);
	spread_end(&progress->spread, held->data, blot_secret_itself(secret));
	progress->blotted = held->length;
	if (code == CURLE_OK && !call->cancelled)
		transfer_hand_on(call, held->length);
}

void transfer_count(const struct upstream_call *call)
{
	const struct upstream_progress *progress = call->progress;
	struct metrics *metrics = progress->address->options.metrics;
	const bool streamed = progress->streams && !progress->tail.failed;
	struct usage_tokens usage = { 0 };
	curl_off_t microseconds = 0;

	curl_easy_getinfo(progress->easy, CURLINFO_TOTAL_TIME_T, &microseconds);
	metrics_model(metrics, call->answer.status, microseconds);
	if (!transfer_is_success(call))
		return;
	usage = usage_read(
		text_view(streamed ? &progress->tail : &call->answer.body));
	metrics_tokens(metrics, usage.input, usage.output);
}

/* --- the outcome of an attempt -----------------------------------------  */

static void transfer_describe_timeout(
	const struct upstream_call *call, CURLcode code, struct error *error)
{
	const struct upstream_options *options =
		&call->progress->address->options;
	const char *words = "sent nothing for";
	int64_t ms = options->silence_ms;

	if (clock_us(CLOCK_MONOTONIC) >= call->progress->deadline) {
		words = "did not finish within";
		ms = options->answer_ms;
	} else if (retry_is_unsent(call, code)) {
		words = "could not be connected to for";
		ms = options->connect_ms;
	}
	error_describe(error, ERROR_UPSTREAM_TIMEOUT, "the upstream %s %g s",
		words, (double)ms / 1000);
}

static const char *transfer_connect_text(const struct upstream_call *call)
{
	long number = 0;

	curl_easy_getinfo(call->progress->easy, CURLINFO_OS_ERRNO, &number);
	return number == ECONNREFUSED ? "refused the connection"
				      : "cannot be reached";
}

static const char *transfer_failure_text(
	const struct upstream_call *call, CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *words;
	} rows[] = {
		{ CURLE_COULDNT_RESOLVE_HOST, "has a name that is not known" },
		{ CURLE_PEER_FAILED_VERIFICATION,
			"has a certificate that is not trusted" },
		{ CURLE_SSL_CONNECT_ERROR, "cannot be reached with TLS" },
		{ CURLE_GOT_NOTHING, "closed the connection unanswered" },
		{ CURLE_UNSUPPORTED_PROTOCOL, "does not answer in HTTP" },
		{ CURLE_WEIRD_SERVER_REPLY, "does not answer in HTTP" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].code == code)
			return rows[i].words;
	}
	if (code == CURLE_COULDNT_CONNECT)
		return transfer_connect_text(call);
	return call->answer.status ? "cut its answer"
				   : "broke off before its answer";
}

static void transfer_describe_refusal(
	const struct upstream_call *call, struct error *error)
{
	upstream_refused(error, call->answer.status,
		text_view(&call->answer.body), transfer_secret(call));
	error->retry_after = retry_after_seconds(call);
}

void transfer_judge(
	struct upstream_call *call, CURLcode code, struct error *error)
{
	if (call->cancelled)
		error_describe(
			error, ERROR_UNAVAILABLE, "the call was cancelled");
	else if (call->progress->why.code)
		*error = call->progress->why;
	else if (code == CURLE_OUT_OF_MEMORY)
		error_describe(error, ERROR_UNAVAILABLE, "out of memory");
	else if (code == CURLE_OPERATION_TIMEDOUT)
		transfer_describe_timeout(call, code, error);
	else if (code != CURLE_OK)
		error_describe(error, ERROR_UPSTREAM, "the upstream %s",
			transfer_failure_text(call, code));
	else if (!transfer_is_success(call))
		transfer_describe_refusal(call, error);
}

/* --- its life ---------------------------------------------------------- */

/* The lists of all calls end with the same headers. */
static void transfer_set_headers(struct upstream_call *call, CURL *easy)
{
	struct upstream_progress *progress = call->progress;
	const struct {
		const char *name;
		struct slice value;
	} all[] = {
		{ "Content-Type", call->type },
		{ "traceparent", call->origin.traceparent },
		{ "tracestate", call->origin.tracestate },
		{ "X-Request-Id", call->origin.request_id },
	};
	struct curl_slist *list = call->type.length
					  ? progress->address->untyped
					  : progress->address->headers;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (all[i].value.length == 0)
			continue;
		snprintf(progress->lines[i], sizeof(progress->lines[i]),
			"%s: %.*s", all[i].name, (int)all[i].value.length,
			all[i].value.data);
		progress->headers[i] =
			(struct curl_slist){ progress->lines[i], list };
		list = &progress->headers[i];
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
}

/* Makes a copy of the model, with what this call alone has. */
static int transfer_set_up(struct upstream_call *call, CURL *easy)
{
	struct text url = { 0 };
	CURLcode code = CURLE_OUT_OF_MEMORY;

	text_format(&url, "%s%s", call->progress->address->url, call->path);
	text_append(&url, "", 1);
	if (!url.failed)
		code = curl_easy_setopt(easy, CURLOPT_URL, url.data);
	text_clear(&url);
	transfer_set_headers(call, easy);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, transfer_on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, transfer_on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	if (call->body.data) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.data);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)call->body.length);
	}
	return code ? -1 : 0;
}

int transfer_prepare(struct upstream_call *call)
{
	struct upstream_progress *progress = call->progress;
	const int64_t left = progress->deadline - clock_us(CLOCK_MONOTONIC);

	if (!progress->easy) {
		progress->easy = curl_easy_duphandle(progress->address->model);
		if (!progress->easy || transfer_set_up(call, progress->easy))
			return -1;
	}
	/* Ends after the deadline, which tells this end from silence. */
	curl_easy_setopt(progress->easy, CURLOPT_TIMEOUT_MS,
		left > 0 ? (long)(left / 1000 + 2) : 1L);
	progress->attempts++;
	return 0;
}
