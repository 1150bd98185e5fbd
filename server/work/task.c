/* SPDX-License-Identifier: MIT */
/*
 * task.c - the life of an errand, from hop to hop.
 *
 * Whoever pushes it on must not touch it afterwards: another thread may have
 * ended it already.
 */
#include "server/work/task.h"

#include <stdlib.h>

#include "core/store/change_feed.h"
#include "server/observe/clock.h"
#include "server/observe/log.h"
#include "server/work/readers.h"
#include "server/work/task_parts.h"
#include "server/work/writer.h"

/* --- runs ---------------------------------------------------------------- */

static struct errand *errand_of_job(struct lane_job *job)
{
	return (struct errand *)(void *)((char *)job -
					 offsetof(struct errand, job));
}

static int run(struct lane_job *job, struct store *store)
{
	struct errand *errand = errand_of_job(job);

	reply_clear(&errand->reply);
	errand->error = (struct error){ 0 };
	errand->request->now = clock_us(CLOCK_REALTIME) / 1000;
	errand->failed = errand->errands->options.handle(store, errand->request,
				 &errand->reply, &errand->error) != 0;
	job->erases = errand->reply.erases;
	return errand->failed ? -1 : 0;
}

static void ran(struct lane_job *job, const struct error *outcome)
{
	struct errand *errand = errand_of_job(job);

	if (outcome) {
		errand->failed = true;
		errand->error = *outcome;
	}
	errand_go(errand);
}

/* It was accepted when it began, so no queue is too long for it. */
static int push(struct errand *errand, enum api_lane lane)
{
	const struct errands_options *options = &errand->errands->options;

	errand->job = (struct lane_job){
		.bytes = errand->size,
		.accepted = true,
		.run = run,
		.done = ran,
	};
	return lane == LANE_WRITE ? writer_push(options->writer, &errand->job,
					    &errand->error)
				  : scanner_push(options->scanner, &errand->job,
					    &errand->error);
}

/* --- turns --------------------------------------------------------------- */

static int take_turn(struct errand *errand)
{
	int now = 1;

	if (!errand->has_turn) {
		errand->turn.key = errand->reply.turn;
		now = table_join_turn(errand, &errand->error);
	}
	if (now <= 0)
		return now;
	return push(errand, LANE_SCAN);
}

static void leave_turn(struct errand *errand)
{
	struct errand *next = table_leave_turn(errand);

	if (next && push(next, LANE_SCAN))
		errand_fail(next);
}

/* --- calls --------------------------------------------------------------- */

/* What failed in the tap keeps its reason. */
static void called(struct call *call, const struct error *outcome)
{
	struct errand *errand = errand_of_call(call);

	if (outcome && !errand->failed) {
		errand->failed = true;
		errand->error = *outcome;
	}
	errand->request->answer = &call->answer;
	errand->request->tap = errand->streams ? errand->tap : NULL;
	if (errand->failed || push(errand, LANE_SCAN))
		errand_fail(errand);
}

static void forget_call(struct errand *errand)
{
	if (errand->tap)
		errand->tap->free(errand->tap);
	errand->tap = NULL;
	text_clear(&errand->asked);
	call_clear(&errand->call);
	errand->request->answer = NULL;
	errand->request->tap = NULL;
}

static int call(struct errand *errand)
{
	struct reply_call *wanted = &errand->reply.call;

	forget_call(errand);
	errand->tap = wanted->tap;
	errand->asked = wanted->body;
	wanted->tap = NULL;
	wanted->body = (struct text){ 0 };
	errand->call = (struct call){
		.path = wanted->path,
		.body = text_view(&errand->asked),
		.streams = errand->tap != NULL,
		.begun = stream_begun,
		.data = stream_data,
		.done = called,
	};
	if (table_ask(errand, &errand->error))
		return -1;
	return caller_push(
		errand->errands->options.caller, &errand->call, &errand->error);
}

/* --- from hop to hop ----------------------------------------------------- */

static void take_carry(struct errand *errand)
{
	if (errand->reply.carry.length == 0)
		return;
	text_clear(&errand->carry);
	errand->carry = errand->reply.carry;
	errand->reply.carry = (struct text){ 0 };
	errand->request->carry = text_view(&errand->carry);
}

/* 0: it is not ours any more. */
static int hop(struct errand *errand)
{
	errand->request->hop = errand->reply.hop;
	take_carry(errand);
	switch (errand->reply.hop) {
	case HOP_TURN:
		return take_turn(errand);
	case HOP_CALL:
		return call(errand);
	case HOP_WRITE:
		return push(errand, LANE_WRITE);
	case HOP_SCAN:
	case HOP_NONE:
		break;
	}
	return push(errand, LANE_SCAN);
}

/* --- the end ------------------------------------------------------------- */

/* Nobody waits for it; what could not be done is asked for again. */
static void note_work(const struct errand *errand)
{
	if (errand->failed)
		log_line(LOG_WARNING, "work on a memory failed", "why",
			errand->error.message, NULL);
}

static void tell(struct errand *errand)
{
	if (!errand->viewer)
		note_work(errand);
	else if (errand->streams)
		stream_end(errand);
	else
		errand->viewer->told(errand->viewer, &errand->reply,
			errand->failed ? &errand->error : NULL);
}

static void begin_again(struct errand *errand)
{
	forget_call(errand);
	reply_clear(&errand->reply);
	text_clear(&errand->carry);
	errand->request->carry = (struct slice){ 0 };
	errand->failed = false;
	errand->reply.hop = HOP_SCAN;
	errand_go(errand);
}

static void end(struct errand *errand)
{
	const struct slice name = text_view(&errand->reply.reflect);

	if (errand->has_turn)
		leave_turn(errand);
	if (!errand->failed && name.length > 0)
		errands_reflect(errand->errands, errand->request->tenant, name);
	tell(errand);
	if (!table_leave(errand))
		begin_again(errand);
}

void errand_fail(struct errand *errand)
{
	errand->failed = true;
	end(errand);
}

void errand_go(struct errand *errand)
{
	if (errand->failed || errand->reply.hop == HOP_NONE)
		end(errand);
	else if (hop(errand))
		errand_fail(errand);
}

void errand_free(struct errand *errand)
{
	forget_call(errand);
	reply_clear(&errand->reply);
	text_clear(&errand->carry);
	text_clear(&errand->out);
	free(errand->request);
	free(errand);
}

/* --- the beginning ------------------------------------------------------- */

int errand_new(struct errand **out, struct errands *errands,
	const struct request *request, struct reply *reply,
	struct errand_viewer *viewer, struct error *error)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (!errand)
		return error_out_of_memory(error);
	errand->errands = errands;
	errand->viewer = viewer;
	errand->size = request_size(request);
	errand->request = request_copy(request);
	if (!errand->request) {
		free(errand);
		return error_out_of_memory(error);
	}
	if (table_join(errand, error)) {
		errand_free(errand);
		return -1;
	}
	errand->reply = *reply;
	*reply = (struct reply){ 0 };
	*out = errand;
	return 0;
}

void errands_reflect(
	struct errands *errands, struct slice tenant, struct slice name)
{
	const struct request request = {
		.route = errands->options.reflect,
		.method = METHOD_POST,
		.tenant = tenant,
		.segments = { SLICE("sessions"), name },
		.segment_count = 2,
		.memories = errands->options.memories,
	};
	struct reply reply = { .hop = HOP_SCAN };
	struct errand *errand;
	struct error error;

	if (request.route &&
		!errand_new(&errand, errands, &request, &reply, NULL, &error))
		errand_go(errand);
}
