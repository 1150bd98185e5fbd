/* SPDX-License-Identifier: MIT */
/*
 * task_stream.c - an answer that is handed on while it comes.
 *
 * The caller's thread appends to a text, a socket's thread takes from it.
 * What a slow reader has not taken yet is bounded by the bound of answers;
 * when the reader has gone nothing is appended any more.
 */
#include "server/work/task_parts.h"

/* Takes the text's content; a text that was short of memory stays so. */
static void append(struct errand *errand, struct text *more, bool last)
{
	struct errands *errands = errand->errands;
	bool watched;

	pthread_mutex_lock(&errands->lock);
	watched = errand->watched;
	if (watched)
		text_slice(&errand->out, text_view(more));
	errand->out.failed = errand->out.failed || more->failed;
	errand->ended = last;
	pthread_mutex_unlock(&errands->lock);
	text_clear(more);
	if (watched)
		errands->options.grown(
			errands->options.context, errand->source.key);
}

/* --- the source ---------------------------------------------------------- */

static struct errand *errand_of_source(struct source *source)
{
	return (struct errand *)(void *)((char *)source -
					 offsetof(struct errand, source));
}

/* Under the lock. */
static enum source_state take(
	struct errand *errand, struct text *out, struct error *error)
{
	struct text *from = &errand->out;
	size_t size = from->length - errand->taken;

	if (from->failed)
		return error_out_of_memory(error);
	if (size == 0)
		return errand->ended ? SOURCE_END : SOURCE_WAIT;
	if (size > SOURCE_BYTES)
		size = SOURCE_BYTES;
	text_append(out, from->data + errand->taken, size);
	errand->taken += size;
	if (errand->taken == from->length)
		from->length = errand->taken = 0;
	return SOURCE_MORE;
}

static enum source_state next_bit(struct source *source, struct store *store,
	int64_t now, struct text *out, struct error *error)
{
	struct errand *errand = errand_of_source(source);
	enum source_state state;

	(void)store;
	(void)now;
	pthread_mutex_lock(&errand->errands->lock);
	state = take(errand, out, error);
	pthread_mutex_unlock(&errand->errands->lock);
	return state;
}

static void free_source(struct source *source)
{
	struct errand *errand = errand_of_source(source);
	bool done;

	pthread_mutex_lock(&errand->errands->lock);
	errand->watched = false;
	text_clear(&errand->out);
	done = errand->done;
	pthread_mutex_unlock(&errand->errands->lock);
	if (done)
		errand_free(errand);
}

/* --- what comes ---------------------------------------------------------- */

static void open_stream(struct errand *errand)
{
	struct reply reply = {
		.status = 200,
		.content_type = STREAM_TYPE,
		.source = &errand->source,
	};

	errand->streams = true;
	errand->source = (struct source){
		.next = next_bit,
		.free = free_source,
		.key = (uint64_t)(uintptr_t)errand,
		.whole = true,
	};
	pthread_mutex_lock(&errand->errands->lock);
	errand->watched = true;
	pthread_mutex_unlock(&errand->errands->lock);
	errand->viewer->told(errand->viewer, &reply, NULL);
}

void stream_begun(struct call *call)
{
	struct errand *errand = errand_of_call(call);
	struct text first = { 0 };

	if (!errand->streams && errand->viewer)
		open_stream(errand);
	errand->tap->begin(errand->tap, &first);
	append(errand, &first, false);
}

int stream_data(struct call *call, struct slice bytes)
{
	struct errand *errand = errand_of_call(call);
	struct text out = { 0 };

	errand->failed = errand->tap->data(
				 errand->tap, bytes, &out, &errand->error) != 0;
	append(errand, &out, false);
	return errand->failed ? -1 : 0;
}

void stream_end(struct errand *errand)
{
	struct reply *reply = &errand->reply;
	struct text last = { 0 };

	if (errand->failed) {
		api_refuse(reply, &errand->error);
		text_string(&last, "data: ");
		text_slice(&last, text_view(&reply->body));
		text_string(&last, "\n\n");
	} else {
		last = reply->ending;
		reply->ending = (struct text){ 0 };
	}
	append(errand, &last, true);
}
