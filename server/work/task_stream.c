/* SPDX-License-Identifier: MIT */
/*
 * task_stream.c - an answer that is handed on while it comes.
 *
 * The upstream's thread appends to a text, and a socket's thread takes from it.
 * The bound of answers also bounds what a slow reader has not taken yet; when
 * the reader has gone nothing is appended any more.
 */
#include "server/api/stream_filter.h"
#include "server/observe/deliveries.h"
#include "server/work/task_parts.h"

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
static enum source_state task_stream_take(
	struct task *task, struct text *out, struct error *error)
{
	struct text *from = &task->out;
	size_t size = from->length - task->taken;

	if (from->failed)
		return error_out_of_memory(error);
	if (size == 0)
		return task->ended ? SOURCE_END : SOURCE_WAIT;
	if (size > SOURCE_BYTES)
		size = SOURCE_BYTES;
	text_append(out, from->data + task->taken, size);
	task->taken += size;
	if (task->taken < from->length)
		return SOURCE_MORE;
	from->length = task->taken = 0;
	return task->ended ? SOURCE_END : SOURCE_MORE;
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
		.status = 200,
		.content_type = STREAM_TYPE,
		.source = &task->source,
	};

	task->streams = true;
	task->source = (struct source){
		.next = task_stream_next_bit,
		.free = task_stream_free_source,
		.delivered = task_stream_delivered,
		.key = (uint64_t)(uintptr_t)task,
		.storeless = true,
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

void stream_end(struct task *task)
{
	struct reply *reply = &task->reply;
	struct text last = { 0 };

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
