/* SPDX-License-Identifier: MIT */
/*
 * task_stream.c - an answer that is handed on while it comes.
 *
 * The upstream's thread appends to a text, and a socket's thread takes from it.
 * The bound of answers also bounds what a slow reader has not taken yet, or, of
 * an answer as it is, the upstream waits for that reader; when the reader has
 * gone nothing is appended any more.
 */
#include "server/api/stream_filter.h"
#include "server/observe/deliveries.h"
#include "server/work/task_parts.h"

#include <strings.h>

/* That wait for a reader; then the upstream does. */
#define FULL_BYTES ((size_t)1 << 20)

/* Takes the text's content; a text that was short of memory stays so. */
static void task_stream_append(struct task *task, struct text *more, bool last)
{
	struct tasks *tasks = task->tasks;
	bool watched;

	pthread_mutex_lock(&tasks->lock);
	watched = task->watched;
	if (watched)
		text_slice(&task->out, text_view(more));
	task->out.failed = task->out.failed || more->failed;
	task->ended = last;
	pthread_mutex_unlock(&tasks->lock);
	text_clear(more);
	if (watched)
		tasks->options.grown(tasks->options.context, task->source.key);
}

/* --- the source ---------------------------------------------------------- */

static struct task *task_stream_of_source(struct source *source)
{
	return (struct task *)(void *)((char *)source -
				       offsetof(struct task, source));
}

/* Under the lock. */
static void task_stream_make_room(struct task *task)
{
	if (task->full)
		upstream_wake(task->tasks->options.upstream);
	task->full = false;
}

/* Under the lock. */
static enum source_state task_stream_take(
	struct task *task, struct text *out, struct error *error)
{
	struct text *from = &task->out;
	size_t size = from->length - task->taken;

	if (from->failed)
		return error_out_of_memory(error);
	if (size == 0 && task->broken)
		return error_set(
			error, ERROR_UPSTREAM, "%s", task->error.message);
	if (size == 0)
		return task->ended ? SOURCE_END : SOURCE_WAIT;
	if (size > SOURCE_BYTES)
		size = SOURCE_BYTES;
	text_append(out, from->data + task->taken, size);
	task->taken += size;
	if (task->taken < from->length)
		return SOURCE_MORE;
	from->length = task->taken = 0;
	task_stream_make_room(task);
	return task->ended && !task->broken ? SOURCE_END : SOURCE_MORE;
}

static enum source_state task_stream_next_bit(struct source *source,
	struct store *store, int64_t now, struct text *out, struct error *error)
{
	struct task *task = task_stream_of_source(source);
	enum source_state state;

	(void)store;
	(void)now;
	pthread_mutex_lock(&task->tasks->lock);
	state = task_stream_take(task, out, error);
	pthread_mutex_unlock(&task->tasks->lock);
	return state;
}

static void task_stream_free_source(struct source *source)
{
	struct task *task = task_stream_of_source(source);
	bool done;

	pthread_mutex_lock(&task->tasks->lock);
	task->watched = false;
	text_clear(&task->out);
	done = task->done;
	pthread_mutex_unlock(&task->tasks->lock);
	if (done)
		task_free(task);
}

/* Before its end the reply is not the last one, and the task notes its loss. */
static void task_stream_delivered(struct source *source, enum delivery delivery)
{
	struct task *task = task_stream_of_source(source);
	const struct reply *reply = &task->reply;
	bool ended;

	pthread_mutex_lock(&task->tasks->lock);
	ended = task->ended;
	pthread_mutex_unlock(&task->tasks->lock);
	if (ended)
		deliveries_note(task->tasks->deliveries, reply->session,
			reply->etag, delivery);
}

/* --- what comes ---------------------------------------------------------- */

static void task_stream_open(struct task *task)
{
	struct reply reply = {
		.status = task->as_is ? task->call.answer.status : 200,
		.content_type = task->as_is ? reply_type(task->call.answer.type)
					    : STREAM_TYPE,
		.source = &task->source,
	};

	task->streams = true;
	task->source = (struct source){
		.next = task_stream_next_bit,
		.free = task_stream_free_source,
		.delivered = task_stream_delivered,
		.key = (uint64_t)(uintptr_t)task,
		.storeless = true,
		.bytes = task->filter->bytes,
		.whole = true,
	};
	pthread_mutex_lock(&task->tasks->lock);
	task->watched = true;
	pthread_mutex_unlock(&task->tasks->lock);
	task->viewer->told(task->viewer, &reply, NULL);
}

void stream_begun(struct upstream_call *call)
{
	struct task *task = task_of_call(call);
	struct text first = { 0 };

	task->filter->bytes =
		task->as_is && strncasecmp(call->answer.type, STREAM_TYPE,
				       sizeof(STREAM_TYPE) - 1) != 0;
	if (!task->streams && task->viewer)
		task_stream_open(task);
	task->filter->begin(task->filter, &first);
	task_stream_append(task, &first, false);
}

int stream_data(struct upstream_call *call, struct slice bytes)
{
	struct task *task = task_of_call(call);
	struct text out = { 0 };

	task->failed = task->filter->data(
			       task->filter, bytes, &out, &task->error) != 0;
	task_stream_append(task, &out, false);
	return task->failed ? -1 : 0;
}

bool stream_is_full(struct upstream_call *call)
{
	struct task *task = task_of_call(call);
	bool full;

	pthread_mutex_lock(&task->tasks->lock);
	full = task->watched && task->out.length - task->taken >= FULL_BYTES;
	task->full = full;
	pthread_mutex_unlock(&task->tasks->lock);
	return full;
}

bool stream_is_left(struct upstream_call *call)
{
	struct task *task = task_of_call(call);
	bool watched;

	if (!task->streams)
		return task->viewer->gone(task->viewer);
	pthread_mutex_lock(&task->tasks->lock);
	watched = task->watched;
	pthread_mutex_unlock(&task->tasks->lock);
	return !watched;
}

/* Nothing can be said in the middle of somebody else's bytes. */
static void task_stream_break(struct task *task)
{
	struct text none = { 0 };

	pthread_mutex_lock(&task->tasks->lock);
	task->broken = true;
	pthread_mutex_unlock(&task->tasks->lock);
	task_stream_append(task, &none, true);
}

void stream_end(struct task *task)
{
	struct reply *reply = &task->reply;
	struct text last = { 0 };

	if (task->failed && task->source.bytes) {
		task_stream_break(task);
		return;
	}
	if (task->failed) {
		reply_refuse(reply, task->request, &task->error);
		text_string(&last, "data: ");
		text_slice(&last, text_view(&reply->body));
		text_string(&last, "\n\n");
	} else {
		last = reply->ending;
		reply->ending = (struct text){ 0 };
	}
	task_stream_append(task, &last, true);
}
