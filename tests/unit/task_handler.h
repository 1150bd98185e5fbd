/* SPDX-License-Identifier: MIT */
/*
 * task_handler.h - a handler that does what the body of its request says, and
 * an upstream in this process.
 *
 * Each run does one letter of the body, and the continuation has what was done:
 *
 *	S T C W	run next in the reader lane, with the lock, after a call, in
 *		the writer
 *	c	the same after a call that is streamed
 *	e	refuse with "not_found" if there is no session "alice"
 *	F	refuse with "invalid"
 *	M	reply at last, and the memory of the session has work to do
 *	.	reply at last, with all of the continuation
 *
 * A run after a call adds the answer too, in brackets.
 */
#ifndef TESTS_UNIT_TASK_HANDLER_H
#define TESTS_UNIT_TASK_HANDLER_H

#include "server/api/route.h"
#include "server/api/stream_filter.h"
#include "server/upstream/upstream.h"
#include "tests/sqlite/sqlite_unit.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* --- the upstream ----------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	struct upstream_call *calls[64];
	size_t count;
	bool stopped;
	sem_t pushed;
} model_server = { .lock = PTHREAD_MUTEX_INITIALIZER };

void upstream_call_clear(struct upstream_call *call)
{
	text_clear(&call->answer.body);
}

int upstream_push(struct upstream *upstream, struct upstream_call *call,
	struct error *why)
{
	bool stopped;

	(void)upstream;
	pthread_mutex_lock(&model_server.lock);
	stopped = model_server.stopped;
	if (!stopped)
		model_server.calls[model_server.count++] = call;
	pthread_mutex_unlock(&model_server.lock);
	if (stopped)
		return error_set(why, ERROR_UNAVAILABLE, "stopped");
	sem_post(&model_server.pushed);
	return 0;
}

void upstream_wake(struct upstream *upstream)
{
	(void)upstream;
}

/* Waits for the next call, in order of pushing. */
static inline struct upstream_call *take_call(void)
{
	struct upstream_call *call;

	sem_wait(&model_server.pushed);
	pthread_mutex_lock(&model_server.lock);
	call = model_server.calls[0];
	memmove(model_server.calls, model_server.calls + 1,
		--model_server.count * sizeof(call));
	pthread_mutex_unlock(&model_server.lock);
	return call;
}

static inline bool has_call(void)
{
	int count;

	sem_getvalue(&model_server.pushed, &count);
	return count > 0;
}

void upstream_stop(struct upstream *upstream)
{
	struct error why = { 0 };

	(void)upstream;
	pthread_mutex_lock(&model_server.lock);
	model_server.stopped = true;
	pthread_mutex_unlock(&model_server.lock);
	error_describe(&why, ERROR_UNAVAILABLE, "the server is stopping");
	while (has_call()) {
		struct upstream_call *call = take_call();

		call->done(call, &why);
	}
}

static inline void answer(struct upstream_call *call, const char *body)
{
	call->answer.status = 200;
	if (call->streams)
		call->data(call, slice_of(body));
	else
		text_string(&call->answer.body, body);
	call->done(call, NULL);
}

/* --- the handler ------------------------------------------------------ */

/* Gathers the bytes that came and hands them on. */
struct gathering {
	struct stream_filter filter; /* the first member */
	struct text all;
};

static inline void gather_begin(struct stream_filter *filter, struct text *out)
{
	(void)filter;
	text_string(out, "<");
}

/* Refuses an exclamation mark. */
static inline int gather_data(struct stream_filter *filter, struct slice bytes,
	struct text *out, struct error *why)
{
	if (memchr(bytes.data, '!', bytes.length))
		return error_set(why, ERROR_UPSTREAM, "rubbish");
	text_slice(&((struct gathering *)filter)->all, bytes);
	text_slice(out, bytes);
	return 0;
}

static inline void gather_free(struct stream_filter *filter)
{
	text_clear(&((struct gathering *)filter)->all);
	free(filter);
}

static inline struct stream_filter *gathering_new(void)
{
	struct gathering *made = calloc(1, sizeof(*made));

	made->filter = (struct stream_filter){
		.begin = gather_begin, .data = gather_data, .free = gather_free
	};
	return &made->filter;
}

static atomic_int runs, works, writes;
static sem_t work_runs, work_goes;

/* A run does one letter, so as many are done as the continuation has. */
static inline size_t done_letters(struct slice continuation)
{
	size_t count = 0;
	bool inside = false;

	for (size_t i = 0; i < continuation.length; i++) {
		inside = inside ? continuation.data[i] != ']'
				: continuation.data[i] == '[';
		count += !inside && continuation.data[i] != ']';
	}
	return count;
}

static inline void continue_with_answer(
	const struct request *request, struct text *continuation)
{
	text_slice(continuation, request->continuation);
	if (request->next != NEXT_CALL)
		return;
	text_string(continuation, "[");
	if (request->filter)
		text_slice(continuation,
			text_view(&((const struct gathering *)request->filter)
					   ->all));
	else
		text_slice(continuation, text_view(&request->answer->body));
	text_string(continuation, "]");
}

static inline int at_last(
	const struct request *request, struct reply *reply, struct error *why)
{
	(void)why;
	reply->status = 200;
	continue_with_answer(request, &reply->body);
	text_string(&reply->ending, ">");
	return 0;
}

static inline int do_letter(struct store *store, const struct request *request,
	char letter, struct reply *reply, struct error *why)
{
	struct session session;

	switch (letter) {
	case 'T':
		reply->next = NEXT_LOCK;
		reply->lock = request->tenant.length;
		break;
	case 'c':
		reply->call.filter = gathering_new();
		/* Fallthrough */
	case 'C':
		reply->next = NEXT_CALL;
		reply->call.path = "/x";
		text_slice(&reply->call.body, request->segments[1]);
		break;
	case 'W':
		reply->next = NEXT_WRITE;
		break;
	case 'S':
		reply->next = NEXT_READER;
		break;
	case 'e':
		if (store_session_find(store,
			    (struct session_ref){ SLICE(""), SLICE("alice") },
			    2000, &session, why))
			return -1;
		if (session.id == 0)
			return error_set(why, ERROR_NOT_FOUND, "no alice");
		return at_last(request, reply, why);
	case 'M':
		text_slice(&reply->reflect, request->segments[1]);
		return at_last(request, reply, why);
	case '.':
		return at_last(request, reply, why);
	default:
		text_string(&reply->ending, "too early");
		return error_set(why, ERROR_INVALID, "it is an F");
	}
	continue_with_answer(request, &reply->continuation);
	text_append(&reply->continuation, &letter, 1);
	return 0;
}

/* Work waits at a gate, so that a test can ask for it meanwhile. */
static bool work_fails;

static inline int work(struct reply *reply, struct error *why)
{
	atomic_fetch_add(&works, 1);
	sem_post(&work_runs);
	sem_wait(&work_goes);
	if (work_fails)
		return error_set(why, ERROR_UPSTREAM, "no");
	reply->status = 200;
	return 0;
}

static const char work_route;

static inline int handle(struct store *store, const struct request *request,
	struct reply *reply, struct error *why)
{
	const size_t at = done_letters(request->continuation);

	atomic_fetch_add(&runs, 1);
	if (request->route == (const void *)&work_route)
		return work(reply, why);
	ck_assert_uint_lt(at, request->body.length);
	if (request->next == NEXT_WRITE) {
		atomic_fetch_add(&writes, 1);
		ck_assert_int_eq(store_probe(store, 1000, why), 0);
	}
	return do_letter(store, request, request->body.data[at], reply, why);
}

#endif
