/* SPDX-License-Identifier: MIT */
/*
 * task_handler.h - a handler that does what the body of its request says,
 * and an upstream in this process.
 *
 * Each run does one letter of the body; what was done is carried along:
 *
 *	S T C W	hop to the scan lane, to its turn, by a call, to the writer
 *	c	hop by a call that is streamed
 *	e	refuse with "not_found" if there is no session "alice"
 *	F	refuse with "invalid"
 *	M	reply at last, and the memory of the session has work to do
 *	.	reply at last, with all that was carried
 *
 * A run after a call carries the answer too, in brackets.
 */
#ifndef TESTS_UNIT_TASK_HANDLER_H
#define TESTS_UNIT_TASK_HANDLER_H

#include "server/api/api.h"
#include "server/upstream/upstream.h"
#include "tests/contract/store_unit.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* --- the upstream ----------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	struct call *calls[64];
	size_t count;
	bool stopped;
	sem_t pushed;
} upstream = { .lock = PTHREAD_MUTEX_INITIALIZER };

void call_clear(struct call *call)
{
	text_clear(&call->answer.body);
}

int caller_push(struct caller *caller, struct call *call, struct error *why)
{
	bool stopped;

	(void)caller;
	pthread_mutex_lock(&upstream.lock);
	stopped = upstream.stopped;
	if (!stopped)
		upstream.calls[upstream.count++] = call;
	pthread_mutex_unlock(&upstream.lock);
	if (stopped)
		return error_set(why, ERROR_UNAVAILABLE, "stopped");
	sem_post(&upstream.pushed);
	return 0;
}

/* Waits for the next call, in order of pushing. */
static inline struct call *take_call(void)
{
	struct call *call;

	sem_wait(&upstream.pushed);
	pthread_mutex_lock(&upstream.lock);
	call = upstream.calls[0];
	memmove(upstream.calls, upstream.calls + 1,
		--upstream.count * sizeof(call));
	pthread_mutex_unlock(&upstream.lock);
	return call;
}

static inline bool has_call(void)
{
	int count;

	sem_getvalue(&upstream.pushed, &count);
	return count > 0;
}

void caller_stop(struct caller *caller)
{
	struct error why = { 0 };

	(void)caller;
	pthread_mutex_lock(&upstream.lock);
	upstream.stopped = true;
	pthread_mutex_unlock(&upstream.lock);
	error_describe(&why, ERROR_UNAVAILABLE, "the server is stopping");
	while (has_call()) {
		struct call *call = take_call();

		call->done(call, &why);
	}
}

static inline void answer(struct call *call, const char *body)
{
	call->answer.status = 200;
	if (call->streams)
		call->data(call, slice_of(body));
	else
		text_string(&call->answer.body, body);
	call->done(call, NULL);
}

/* --- the handler ------------------------------------------------------ */

/* Gathers what came and hands it on. */
struct gathering {
	struct tap tap; /* the first member */
	struct text all;
};

static inline void gather_begin(struct tap *tap, struct text *out)
{
	(void)tap;
	text_string(out, "<");
}

/* An exclamation mark is rubbish. */
static inline int gather_data(struct tap *tap, struct slice bytes,
	struct text *out, struct error *why)
{
	if (memchr(bytes.data, '!', bytes.length))
		return error_set(why, ERROR_UPSTREAM, "rubbish");
	text_slice(&((struct gathering *)tap)->all, bytes);
	text_slice(out, bytes);
	return 0;
}

static inline void gather_free(struct tap *tap)
{
	text_clear(&((struct gathering *)tap)->all);
	free(tap);
}

static inline struct tap *gathering_new(void)
{
	struct gathering *made = calloc(1, sizeof(*made));

	made->tap = (struct tap){ gather_begin, gather_data, gather_free };
	return &made->tap;
}

static atomic_int runs, works, writes;
static sem_t work_runs, work_goes;

/* The letters are done one a run, so as many as were carried. */
static inline size_t done_letters(struct slice carry)
{
	size_t count = 0;
	bool inside = false;

	for (size_t i = 0; i < carry.length; i++) {
		inside = inside ? carry.data[i] != ']' : carry.data[i] == '[';
		count += !inside && carry.data[i] != ']';
	}
	return count;
}

static inline void carry_answer(
	const struct request *request, struct text *carry)
{
	text_slice(carry, request->carry);
	if (request->hop != HOP_CALL)
		return;
	text_string(carry, "[");
	if (request->tap)
		text_slice(carry,
			text_view(&((const struct gathering *)request->tap)
					   ->all));
	else
		text_slice(carry, text_view(&request->answer->body));
	text_string(carry, "]");
}

static inline int at_last(
	const struct request *request, struct reply *reply, struct error *why)
{
	(void)why;
	reply->status = 200;
	carry_answer(request, &reply->body);
	text_string(&reply->ending, ">");
	return 0;
}

static inline int do_letter(struct store *store, const struct request *request,
	char letter, struct reply *reply, struct error *why)
{
	struct session session;

	switch (letter) {
	case 'T':
		reply->hop = HOP_TURN;
		reply->turn = request->tenant.length;
		break;
	case 'c':
		reply->call.tap = gathering_new();
		/* Fallthrough */
	case 'C':
		reply->hop = HOP_CALL;
		reply->call.path = "/x";
		text_slice(&reply->call.body, request->segments[1]);
		break;
	case 'W':
		reply->hop = HOP_WRITE;
		break;
	case 'S':
		reply->hop = HOP_SCAN;
		break;
	case 'e':
		if (store_session_find(store, SLICE(""), SLICE("alice"), 2000,
			    &session, why))
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
	carry_answer(request, &reply->carry);
	text_append(&reply->carry, &letter, 1);
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
	const size_t at = done_letters(request->carry);

	atomic_fetch_add(&runs, 1);
	if (request->route == (const void *)&work_route)
		return work(reply, why);
	ck_assert_uint_lt(at, request->body.length);
	if (request->hop == HOP_WRITE) {
		atomic_fetch_add(&writes, 1);
		ck_assert_int_eq(store_probe(store, 1000, why), 0);
	}
	return do_letter(store, request, request->body.data[at], reply, why);
}

#endif
