/* SPDX-License-Identifier: MIT */
/*
 * exchange.c - the life of one request.
 *
 * A request is refused as early as possible and answered as late as necessary:
 * many clients lose a reply that comes before they have sent their body, so the
 * body of a refused request is read and thrown away.  Every function here runs
 * in the connection's own thread, but for those of struct job, which run in the
 * lane's thread while the connection is suspended.
 */
#include "server/http/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "schema/clock.h"
#include "schema/error.h"
#include "server/observe/log.h"
#include "server/observe/metrics.h"
#include "server/work/readers.h"
#include "server/work/writer.h"

/* The body is freed before a client reads its reply, however slowly. */
static enum MHD_Result exchange_answer_now(struct exchange *exchange)
{
	body_forget(exchange);
	return exchange_answer(exchange);
}

/* --- the handler, in any lane ------------------------------------------ */

int exchange_run_handler(struct exchange *exchange, struct store *store)
{
	reply_clear(&exchange->reply);
	exchange->error = (struct error){ 0 };
	exchange->request.now =
		store ? store_now(store) : clock_ms(CLOCK_REALTIME);
	return api_handle(
		store, &exchange->request, &exchange->reply, &exchange->error);
}

/* --- in another thread ------------------------------------------------- */

static int exchange_run_job(struct job *job, struct store *store)
{
	struct exchange *exchange = exchange_of(job);
	int result = exchange_run_handler(exchange, store);

	exchange->failed = result != 0;
	job->erases = exchange->reply.erases;
	job->erased = exchange->reply.erased;
	return result;
}

static void exchange_expects(struct job *job, struct store_expected *expected)
{
	api_expect(&exchange_of(job)->request, expected);
}

static int exchange_run_reader_job(struct job *job, struct store *store)
{
	struct exchange *exchange = exchange_of(job);

	exchange->failed = exchange_run_handler(exchange, store) ||
			   exchange_hold_reply(exchange);
	return exchange->failed ? -1 : 0;
}

void exchange_decided(struct exchange *exchange)
{
	struct MHD_Connection *connection = exchange->connection;

	atomic_store(&exchange->phase, PHASE_DECIDED);
	MHD_resume_connection(connection);
}

/* A session's memory may have work to do now. */
static void exchange_reflect(const struct exchange *exchange)
{
	const struct slice name = text_view(&exchange->reply.reflect);

	if (!exchange->failed && name.length > 0)
		tasks_reflect(exchange->httpd->options.tasks,
			exchange->request.tenant, name);
}

static void exchange_finish_job(struct job *job, const struct error *outcome)
{
	struct exchange *exchange = exchange_of(job);
	const bool write = exchange->queued;

	writes_leave(exchange);
	if (outcome) {
		exchange->failed = true;
		exchange->error = *outcome;
	}
	if (write)
		probe_note(exchange);
	exchange_reflect(exchange);
	if (!exchange->failed && exchange->reply.next != NEXT_NONE)
		exchange_next(exchange);
	else
		exchange_decided(exchange);
}

void exchange_take_back(struct exchange *exchange)
{
	if (exchange->suspended)
		atomic_fetch_sub(&exchange->httpd->suspended, 1);
	exchange->suspended = false;
}

/*
 * Counts itself first and looks at the state then, as httpd_drain() does the
 * reverse: once that has returned, no thread pushes to a lane.
 */
int exchange_push(struct exchange *exchange, enum api_lane lane)
{
	struct httpd *httpd = exchange->httpd;
	struct error *error = &exchange->error;
	int result;

	atomic_fetch_add(&httpd->pushing, 1);
	if (atomic_load(&httpd->state) == HTTPD_STOPPING)
		result = error_set(error, ERROR_UNAVAILABLE, "shutting down");
	else if (lane == LANE_WRITE)
		result = writes_join(exchange, error) ||
			 writer_push(
				 httpd->options.writer, &exchange->job, error);
	else
		result = readers_push(
			httpd->options.readers, &exchange->job, error);
	atomic_fetch_sub(&httpd->pushing, 1);
	return result;
}

void exchange_lend(struct exchange *exchange)
{
	exchange->suspended = true;
	atomic_fetch_add(&exchange->httpd->suspended, 1);
	MHD_suspend_connection(exchange->connection);
}

/* The exchange belongs to another thread until it is decided. */
static void exchange_suspend(struct exchange *exchange)
{
	atomic_store(&exchange->phase, PHASE_LANE);
	exchange_lend(exchange);
}

static enum MHD_Result exchange_run_in(
	struct exchange *exchange, enum api_lane lane)
{
	exchange->request.next = lane == LANE_READER ? NEXT_READER : NEXT_NONE;
	exchange->job = (struct job){
		.bytes = sizeof(*exchange) + body_held(exchange),
		.frees = request_makes_room(&exchange->request),
		.alone = exchange->request.route->alone,
		.together = exchange_is_short(exchange, lane),
		.expects = exchange_expects,
		.run = lane == LANE_WRITE ? exchange_run_job
					  : exchange_run_reader_job,
		.done = exchange_finish_job,
	};
	exchange_suspend(exchange);
	if (exchange_push(exchange, lane)) {
		writes_leave(exchange);
		exchange->failed = true;
		if (lane == LANE_WRITE)
			probe_note(exchange);
		exchange_decided(exchange);
	}
	return MHD_YES;
}

/* A long read is run again in another lane, without a copy of the request. */
static enum MHD_Result exchange_run_read(struct exchange *exchange)
{
	exchange->failed = exchange_read(exchange) != 0;
	if (exchange->failed || exchange->reply.next == NEXT_NONE)
		return exchange_answer_now(exchange);
	if (exchange->reply.next == NEXT_READER)
		return exchange_run_in(exchange, LANE_READER);
	exchange_suspend(exchange);
	exchange_next(exchange);
	return MHD_YES;
}

/* --- the body --------------------------------------------------------- */

/* Runs the request, which has arrived whole. */
static enum MHD_Result exchange_run(struct exchange *exchange)
{
	enum api_lane lane;

	peer_expects_reply(exchange->peer);
	if (exchange->failed)
		return exchange_answer_now(exchange);
	if (!exchange->request.route) { /* OPTIONS of the server itself */
		exchange->reply.status = MHD_HTTP_NO_CONTENT;
		exchange->reply.allow = exchange->allow;
		return exchange_answer_now(exchange);
	}
	exchange->failed = body_scan(exchange) != 0;
	if (exchange->failed || probe_answers(exchange))
		return exchange_answer_now(exchange);
	lane = exchange_lane(exchange);
	return lane == LANE_READ || (lane == LANE_LOCK &&
					    !exchange->httpd->options.far)
		       ? exchange_run_read(exchange)
		       : exchange_run_in(exchange, lane);
}

/* --- the callbacks ---------------------------------------------------- */

static enum MHD_Result exchange_step_head(
	struct exchange *exchange, const char *method, const char *version)
{
	atomic_store(&exchange->phase, PHASE_BODY);
	peer_expects_body(exchange->peer);
	if (head_read(exchange, method, version) == 0)
		return MHD_YES;
	exchange->failed = true;
	if (!body_is_hopeless(exchange))
		return MHD_YES; /* the body comes first */
	exchange->closes = true;
	return exchange_answer_now(exchange);
}

/*
 * The library may call once too often after a resume; the phase decides,
 * never the number of the call.
 */
enum MHD_Result exchange_step(void *httpd, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_size, void **context)
{
	struct exchange *exchange = *context;
	size_t size = *upload_size;

	(void)httpd;
	(void)connection;
	(void)url;
	if (!exchange)
		return MHD_NO; /* out of memory */
	*upload_size = 0;
	switch (atomic_load(&exchange->phase)) {
	case PHASE_HEAD:
		return exchange_step_head(exchange, method, version);
	case PHASE_BODY:
		return size > 0 ? body_take(exchange, upload, size)
				: exchange_run(exchange);
	case PHASE_DECIDED:
		exchange_take_back(exchange);
		return exchange_answer_now(exchange);
	case PHASE_LANE:
	case PHASE_ANSWERED:
		break;
	}
	return MHD_YES;
}

/* The target comes raw here and in no other callback. */
void *exchange_begin(
	void *httpd, const char *target, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	size_t length = strlen(target);
	struct exchange *exchange;
	const char *mark;

	if (!info || !info->socket_context)
		return NULL;
	exchange_abandon(info->socket_context);
	exchange = malloc(sizeof(*exchange) + 2 * length + 1);
	if (!exchange)
		return NULL;
	memset(exchange, 0, sizeof(*exchange));
	memcpy(exchange->target, target, length + 1);
	exchange->httpd = httpd;
	grant_take(&exchange->grant, exchange->httpd->options.access);
	exchange->request.metrics = exchange->httpd->options.metrics;
	exchange->request.deliveries =
		tasks_deliveries(exchange->httpd->options.tasks);
	exchange->request.memories = exchange->httpd->options.memories;
	exchange->request.page = exchange->httpd->options.page;
	exchange->request.passed = exchange->httpd->options.passed;
	exchange->request.llm_api = exchange->httpd->options.llm_api;
	exchange->request.response_ttl = exchange->httpd->options.response_ttl;
	exchange->connection = connection;
	exchange->peer = info->socket_context;
	exchange->peer->exchange = exchange;
	exchange->started = clock_us(CLOCK_MONOTONIC);
	exchange->decoded = exchange->target + length + 1;
	exchange->path = (struct slice){ exchange->target, length };
	mark = memchr(exchange->target, '?', length);
	if (mark) {
		exchange->path.length = (size_t)(mark - exchange->target);
		exchange->query = (struct slice){ mark + 1,
			length - exchange->path.length - 1 };
	}
	return exchange;
}

/* An exchange without a head is no request and has no line. */
static void exchange_note(const struct exchange *exchange)
{
	bool answered = atomic_load(&exchange->phase) == PHASE_ANSWERED;
	const struct log_access line = {
		.request_id = exchange->id,
		.trace = trace_id(&exchange->fields),
		.method = exchange->method,
		.path = exchange->path,
		.status = answered ? exchange->reply.status : 0,
		.request_bytes = exchange->received,
		.reply_bytes = exchange->reply_bytes,
		.microseconds = clock_us(CLOCK_MONOTONIC) - exchange->started,
	};

	if (!exchange->id[0])
		return;
	log_access(&line);
	audit_note(exchange, line.status);
	metrics_request(exchange->httpd->options.metrics,
		api_row_of(exchange->request.route), line.status,
		exchange->stream ? -1 : line.microseconds);
}

static void exchange_discard(struct exchange *exchange)
{
	exchange_note(exchange);
	exchange_take_back(exchange);
	body_forget(exchange);
	stream_close(exchange);
	body_let_go(exchange, exchange->held);
	reply_clear(&exchange->reply);
	peer_expects_request(&exchange->httpd->peers, exchange->peer);
	if (exchange->counted)
		atomic_fetch_sub(&exchange->httpd->in_flight, 1);
	exchange->peer->exchange = NULL;
	writes_leave(exchange);
	share_leave(&exchange->httpd->shares, exchange->share);
	grant_clear(&exchange->grant);
	free(exchange);
}

void exchange_end(void *httpd, struct MHD_Connection *connection,
	void **context, enum MHD_RequestTerminationCode why)
{
	(void)httpd;
	(void)connection;
	if (*context) {
		exchange_note_delivery(*context, why);
		exchange_discard(*context);
	}
	*context = NULL;
}

void exchange_abandon(struct peer *peer)
{
	if (peer->exchange)
		exchange_discard(peer->exchange);
}
