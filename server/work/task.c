/* SPDX-License-Identifier: MIT */
/*
 * task.c - the life of a task, from run to run.
 *
 * A thread that has pushed a task on must not touch it afterwards: another
 * thread may have ended it already.
 */
#include "server/work/task.h"

#include <assert.h>
#include <stdlib.h>

#include "core/store/change_feed.h"
#include "core/store/expect.h"
#include "server/api/route.h"
#include "server/api/stream_filter.h"
#include "server/observe/deliveries.h"
#include "server/observe/log.h"
#include "server/work/readers.h"
#include "server/work/task_parts.h"
#include "server/work/writer.h"

/* So that work and turns of one session do not wait for each other. */
#define WORK_OF_MEMORY UINT64_C(0x5bd1e9955bd1e995)

/* --- runs ---------------------------------------------------------------- */

/* A turn that others went before stores nothing. */
static bool task_needs_turn(const struct task *task)
{
	return task->tasks->turns && task->has_lock &&
	       task->request->next == NEXT_WRITE;
}

static int task_check_turn(struct task *task, struct store *store)
{
	return task_needs_turn(task)
		       ? store_turn_check(store, &task->turn, &task->error)
		       : 0;
}

static int task_run(struct job *job, struct store *store)
{
	struct task *task = task_of_job(job);

	reply_clear(&task->reply);
	task->error = (struct error){ 0 };
	task->request->now = store_now(store);
	task->failed = task_check_turn(task, store) ||
		       task->tasks->options.handle(store, task->request,
			       &task->reply, &task->error) != 0;
	job->erases = task->reply.erases;
	job->erased = task->reply.erased;
	return task->failed ? -1 : 0;
}

static void task_expects(struct job *job, struct store_expected *expected)
{
	const struct task *task = task_of_job(job);

	task->tasks->options.expect(task->request, expected);
	if (task_needs_turn(task))
		expected->turn = &task->turn;
}

static void task_ran(struct job *job, const struct error *outcome)
{
	struct task *task = task_of_job(job);

	if (outcome) {
		task->failed = true;
		task->error = *outcome;
	}
	task_go(task);
}

/* The task was accepted when it began, so no queue is too long for it. */
static int task_push(struct task *task, enum api_lane lane)
{
	const struct tasks_options *options = &task->tasks->options;

	task->job = (struct job){
		.bytes = task->size,
		.accepted = true,
		.expects = lane == LANE_WRITE && options->expect ? task_expects
								 : NULL,
		.run = task_run,
		.done = task_ran,
	};
	return lane == LANE_WRITE
		       ? writer_push(options->writer, &task->job, &task->error)
		       : readers_push(
				 options->readers, &task->job, &task->error);
}

/* --- locks ---------------------------------------------------------------  */

static int task_take_lock(struct task *task)
{
	int now = 1;

	if (!task->has_lock) {
		task->lock.key = task->reply.lock;
		now = task->tasks->turns ? turns_join(task)
					 : table_join_lock(task, &task->error);
	}
	if (now <= 0)
		return now;
	return task_push(task, LANE_READER);
}

void task_served(struct task *task)
{
	if (task_push(task, LANE_READER))
		task_fail(task);
}

static void task_leave_lock(struct task *task)
{
	struct task *next;

	if (task->tasks->turns) {
		turns_leave(task);
		return;
	}
	next = table_leave_lock(task);
	if (next)
		task_served(next);
}

/* --- calls --------------------------------------------------------------- */

/* A failure in the filter keeps its reason. */
static void task_called(struct upstream_call *call, const struct error *outcome)
{
	struct task *task = task_of_call(call);

	if (outcome && !task->failed) {
		task->failed = true;
		task->error = *outcome;
	}
	if (outcome && task_take_refusal(task, outcome)) {
		task_go(task);
		return;
	}
	task->request->answer = &call->answer;
	task->request->filter = task->streams ? task->filter : NULL;
	if (task->failed || task_push(task, LANE_READER))
		task_fail(task);
}

static void task_forget_call(struct task *task)
{
	if (task->filter)
		task->filter->free(task->filter);
	task->filter = NULL;
	text_clear(&task->asked);
	text_clear(&task->target);
	upstream_call_clear(&task->call);
	task->request->answer = NULL;
	task->request->filter = NULL;
	task->request->refused = false;
}

static int task_call(struct task *task)
{
	struct reply_call *wanted = &task->reply.call;

	task_forget_call(task);
	task->filter = wanted->filter;
	task->asked = wanted->body;
	task->target = wanted->target;
	task->as_is = wanted->as_is;
	task->falls_back = wanted->falls_back;
	wanted->filter = NULL;
	wanted->body = wanted->target = (struct text){ 0 };
	task->call = (struct upstream_call){
		.path = wanted->path ? wanted->path : task->target.data,
		.body = text_view(&task->asked),
		.origin = { .traceparent = task->request->traceparent,
			.tracestate = task->request->tracestate,
			.request_id = task->request->request_id },
		.streams = task->filter != NULL,
		.as_is = task->as_is,
		.begun = stream_begun,
		.data = stream_data,
		.done = task_called,
	};
	if (task->as_is) {
		task->call.body = task->request->body;
		task->call.type = task->request->content_type;
		task->call.full = stream_is_full;
		task->call.gone = stream_is_left;
	}
	if (table_ask(task, &task->error))
		return -1;
	return upstream_push(
		task->tasks->options.upstream, &task->call, &task->error);
}

/* --- between two runs ---------------------------------------------------- */

static void task_take_continuation(struct task *task)
{
	if (task->reply.continuation.length == 0)
		return;
	text_clear(&task->continuation);
	task->continuation = task->reply.continuation;
	task->reply.continuation = (struct text){ 0 };
	task->request->continuation = text_view(&task->continuation);
}

/*
 * Does what comes before the next run. 0: the task belongs to another thread
 * now.
 */
static int task_next(struct task *task)
{
	task->request->next = task->reply.next;
	task_take_continuation(task);
	switch (task->reply.next) {
	case NEXT_LOCK:
		return task_take_lock(task);
	case NEXT_CALL:
		return task_call(task);
	case NEXT_WRITE:
		return task_push(task, LANE_WRITE);
	case NEXT_READER:
	case NEXT_NONE:
		break;
	}
	return task_push(task, LANE_READER);
}

/* --- the end ------------------------------------------------------------- */

/* Nobody waits for this work; it is asked for again if it could not be done. */
static void task_note_work(const struct task *task)
{
	if (task->failed)
		log_line(LOG_WARNING, "work on a memory failed", "why",
			task->error.message, NULL);
}

static void task_tell(struct task *task)
{
	if (!task->viewer)
		task_note_work(task);
	else if (task->streams)
		stream_end(task);
	else
		task->viewer->told(task->viewer, &task->reply,
			task->failed ? &task->error : NULL);
}

/*
 * Where other servers may have such work to do, too, it waits for its turn:
 * then it finds it done, or what is left of it.
 */
static void task_ask_for_work(
	const struct tasks *tasks, uint64_t memory, struct reply *reply)
{
	reply->next = tasks->turns ? NEXT_LOCK : NEXT_READER;
	reply->lock = memory ^ WORK_OF_MEMORY;
}

static void task_begin_again(struct task *task)
{
	task_forget_call(task);
	reply_clear(&task->reply);
	text_clear(&task->continuation);
	task->request->continuation = (struct slice){ 0 };
	task->failed = false;
	task_ask_for_work(task->tasks, task->memory, &task->reply);
	task_go(task);
}

/*
 * The next that holds the lock may be the same request again.  A stream arrives
 * behind this, if it does.
 */
static void task_note_delivery(struct task *task)
{
	struct task_viewer *viewer = task->viewer;

	if (task->failed || !viewer)
		return;
	if (task->streams || (viewer->gone && viewer->gone(viewer)))
		deliveries_note(task->tasks->deliveries, task->reply.session,
			task->reply.etag, DELIVERY_LOST);
}

static void task_end(struct task *task)
{
	const struct slice name = text_view(&task->reply.reflect);

	task_note_delivery(task);
	if (task->has_lock)
		task_leave_lock(task);
	if (!task->failed && name.length > 0)
		tasks_reflect(task->tasks, task->request->tenant, name);
	task_tell(task);
	if (!table_leave(task))
		task_begin_again(task);
}

void task_fail(struct task *task)
{
	task->failed = true;
	task_end(task);
}

void task_go(struct task *task)
{
	if (task->failed || task->reply.next == NEXT_NONE)
		task_end(task);
	else if (task_next(task))
		task_fail(task);
}

void task_free(struct task *task)
{
	task_forget_call(task);
	reply_clear(&task->reply);
	text_clear(&task->continuation);
	text_clear(&task->out);
	request_clear(task->request);
	free(task->request);
	free(task);
}

/* --- the beginning ------------------------------------------------------- */

static int task_join(struct task *task, struct error *error)
{
	if (!task->request)
		return error_out_of_memory(error);
	return table_join(task, error);
}

int task_new(struct task **out, struct tasks *tasks,
	const struct task_start *start, struct error *error)
{
	struct task *task = calloc(1, sizeof(*task));

	assert(start->reply->next != NEXT_NONE);
	if (!task)
		return error_out_of_memory(error);
	task->tasks = tasks;
	task->viewer = start->viewer;
	task->size = request_size(start->request);
	task->request = request_copy(start->request);
	if (task_join(task, error)) {
		free(task->request);
		free(task);
		return -1;
	}
	request_take_body(task->request, start->request);
	task->reply = *start->reply;
	*start->reply = (struct reply){ 0 };
	*out = task;
	return 0;
}

void tasks_reflect(struct tasks *tasks, struct slice tenant, struct slice name)
{
	struct request request = {
		.route = tasks->options.reflect,
		.method = METHOD_POST,
		.tenant = tenant,
		.segments = { SLICE("sessions"), name },
		.segment_count = 2,
		.memories = tasks->options.memories,
	};
	struct reply reply = { 0 };
	const struct task_start start = { &request, &reply, NULL };
	struct task *task;
	struct error error;

	task_ask_for_work(tasks,
		store_session_key((struct session_ref){ tenant, name }),
		&reply);
	if (request.route && !task_new(&task, tasks, &start, &error))
		task_go(task);
}
