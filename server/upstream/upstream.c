/* SPDX-License-Identifier: MIT */
/*
 * upstream.c - requests to a language model: one thread for all of them.
 *
 * A mutex protects what threads share.  A call that was taken from there
 * belongs to the upstream's thread, as everything of libcurl does but for the
 * wake-up.
 */
#include "server/upstream/upstream.h"

#include "schema/clock.h"
#include "schema/error.h"
#include "server/observe/log.h"
#include "server/upstream/retry.h"
#include "server/upstream/transfer.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_KEPT 256L
#define IDLE_US		 60000000
#define GONE_US		 1000000

struct upstream {
	struct upstream_address address;
	CURLM *multi; /* NULL: no server to call, and no thread */
	pthread_t thread;

	pthread_mutex_t mutex; /* of the next three */
	struct upstream_call *pushed;
	size_t count; /* of calls that are not done */
	bool stopping;

	struct upstream_call **active; /* those that were taken */
	size_t active_count;
};

void upstream_call_clear(struct upstream_call *call)
{
	text_clear(&call->answer.body);
	call->answer = (struct upstream_answer){ 0 };
}

/* --- the upstream's thread ---------------------------------------------  */

static void upstream_finish(struct upstream *upstream,
	struct upstream_call *call, const struct error *outcome)
{
	struct upstream_progress *progress = call->progress;
	struct upstream_call *last = upstream->active[--upstream->active_count];

	upstream->active[progress->index] = last;
	last->progress->index = progress->index;
	if (progress->running)
		curl_multi_remove_handle(upstream->multi, progress->easy);
	curl_easy_cleanup(progress->easy);
	text_clear(&progress->held);
	text_clear(&progress->tail);
	spread_clear(&progress->spread);
	free(progress);
	call->progress = NULL;
	pthread_mutex_lock(&upstream->mutex);
	upstream->count--;
	pthread_mutex_unlock(&upstream->mutex);
	call->done(call, outcome);
}

/* Not what stands behind "?", which the client wrote. */
static void upstream_log_failure(const struct upstream_call *call,
	CURLcode code, const struct error *error)
{
	char path[256];

	snprintf(path, sizeof(path), "%.*s", (int)strcspn(call->path, "?"),
		call->path);
	log_line(LOG_WARNING, "a call failed", "path", path, "reason",
		error->message, code ? "curl" : NULL, curl_easy_strerror(code),
		NULL);
}

static void upstream_complete(
	struct upstream *upstream, struct upstream_call *call, CURLcode code)
{
	struct upstream_progress *progress = call->progress;
	struct error error = { 0 };

	transfer_end(call, code);
	transfer_count(call);
	transfer_judge(call, code, &error);
	if (error.code)
		upstream_log_failure(call, code, &error);
	curl_multi_remove_handle(upstream->multi, progress->easy);
	progress->running = false;
	if (!error.code || !retry_again(call, code))
		upstream_finish(upstream, call, error.code ? &error : NULL);
}

static void upstream_start_attempt(
	struct upstream *upstream, struct upstream_call *call)
{
	struct upstream_progress *progress = call->progress;
	struct error error;

	if (transfer_prepare(call) ||
		curl_multi_add_handle(upstream->multi, progress->easy)) {
		error_describe(&error, ERROR_UNAVAILABLE, "out of memory");
		upstream_finish(upstream, call, &error);
		return;
	}
	progress->running = true;
}

/* Goes on reading if there is room again. */
static void upstream_go_on(struct upstream_call *call)
{
	struct upstream_progress *progress = call->progress;

	if (!progress->paused || call->full(call))
		return;
	progress->paused = false;
	curl_easy_pause(progress->easy, CURLPAUSE_CONT);
}

/* Returns when this is due again; a call that is left is cancelled. */
static int64_t upstream_look_after(struct upstream_call *call)
{
	struct upstream_progress *progress = call->progress;
	const int64_t now = clock_us(CLOCK_MONOTONIC);

	upstream_go_on(call);
	if (!call->gone)
		return IDLE_US;
	if (now < progress->asked_at + GONE_US)
		return progress->asked_at + GONE_US - now;
	progress->asked_at = now;
	call->cancelled = call->cancelled || call->gone(call);
	return call->cancelled ? 0 : GONE_US;
}

/* Starts or ends a call, if that is due; else says when. */
static int64_t upstream_attend(
	struct upstream *upstream, struct upstream_call *call, bool ending)
{
	const struct upstream_progress *progress = call->progress;
	const int64_t left = progress->start_at - clock_us(CLOCK_MONOTONIC);
	struct error error;

	if (ending || call->cancelled) {
		error_describe(&error, ERROR_UNAVAILABLE,
			ending ? "the server is stopping"
			       : "the call was cancelled");
		upstream_finish(upstream, call, &error);
		return IDLE_US;
	}
	if (progress->running)
		return upstream_look_after(call);
	if (left > 0)
		return left;
	upstream_start_attempt(upstream, call);
	return 0;
}

/* Goes backwards, because the last call takes the index of a finished one. */
static int64_t upstream_attend_all(struct upstream *upstream, bool ending)
{
	int64_t wait = IDLE_US;

	for (size_t i = upstream->active_count; i-- > 0;) {
		const int64_t left =
			upstream_attend(upstream, upstream->active[i], ending);

		wait = left < wait ? left : wait;
	}
	return wait;
}

/* Takes what was pushed; true: there will be nothing more. */
static bool upstream_take_calls(struct upstream *upstream)
{
	struct upstream_call *call;
	bool ending;

	pthread_mutex_lock(&upstream->mutex);
	while ((call = upstream->pushed)) {
		upstream->pushed = call->next;
		call->progress->index = upstream->active_count;
		upstream->active[upstream->active_count++] = call;
	}
	ending = upstream->stopping;
	pthread_mutex_unlock(&upstream->mutex);
	return ending;
}

static void upstream_collect(struct upstream *upstream)
{
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(upstream->multi, &left))) {
		const CURLcode code = message->data.result;
		struct upstream_call *call;

		curl_easy_getinfo(
			message->easy_handle, CURLINFO_PRIVATE, &call);
		upstream_complete(upstream, call, code);
	}
}

static void *upstream_main(void *context)
{
	struct upstream *upstream = context;
	int64_t wait = 0;
	bool ending;
	int running;

	do {
		curl_multi_poll(upstream->multi, NULL, 0,
			(int)((wait + 999) / 1000), NULL);
		ending = upstream_take_calls(upstream);
		curl_multi_perform(upstream->multi, &running);
		upstream_collect(upstream);
		wait = upstream_attend_all(upstream, ending);
	} while (!ending);
	return NULL;
}

/* --- for other threads -------------------------------------------------  */

const char *upstream_library(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}

/* Makes what the thread works with; -1: out of memory. */
static int upstream_equip(struct upstream *upstream, size_t calls_max)
{
	upstream->active = calloc(calls_max, sizeof(struct upstream_call *));
	upstream->multi = curl_multi_init();
	if (!upstream->active || !upstream->multi)
		return -1;
	curl_multi_setopt(
		upstream->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	return 0;
}

static int upstream_start_thread(struct upstream *upstream,
	const struct upstream_options *options, struct error *error)
{
	int failure;

	if (upstream_address_init(&upstream->address, options, error))
		return -1;
	if (upstream_equip(upstream, options->calls_max))
		return error_out_of_memory(error);
	failure = pthread_create(
		&upstream->thread, NULL, upstream_main, upstream);
	if (failure)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot start the caller's thread: %s",
			strerror(failure));
	return 0;
}

int upstream_start(struct upstream **out,
	const struct upstream_options *options, struct error *error)
{
	struct upstream *upstream = calloc(1, sizeof(*upstream));

	if (!upstream || curl_global_init(CURL_GLOBAL_DEFAULT)) {
		free(upstream);
		return error_out_of_memory(error);
	}
	pthread_mutex_init(&upstream->mutex, NULL);
	if (options->url && upstream_start_thread(upstream, options, error)) {
		upstream_free(upstream);
		return -1;
	}
	*out = upstream;
	return 0;
}

int upstream_check(const struct upstream *upstream, struct error *error)
{
	if (upstream->multi)
		return 0;
	return error_set(error, ERROR_NOT_CONFIGURED,
		"this needs a language model, and none is set: --llm-url or "
		"CHATMEM_LLM_URL");
}

/* Counts one more call, if there may be one more. */
static int upstream_admit(struct upstream *upstream, struct upstream_call *call,
	struct error *error)
{
	if (upstream->stopping)
		return error_set(
			error, ERROR_UNAVAILABLE, "the server is stopping");
	if (upstream->count == upstream->address.options.calls_max)
		return error_set(error, ERROR_UNAVAILABLE,
			"%zu calls to the language model are under way already",
			upstream->count);
	upstream->count++;
	call->next = upstream->pushed;
	upstream->pushed = call;
	return 0;
}

int upstream_push(struct upstream *upstream, struct upstream_call *call,
	struct error *error)
{
	const struct upstream_address *address = &upstream->address;
	int result;

	if (upstream_check(upstream, error))
		return -1;
	assert(call->path[0] == '/' && call->done != NULL);
	assert(!call->streams || (call->begun != NULL && call->data != NULL));
	call->progress = calloc(1, sizeof(*call->progress));
	if (!call->progress)
		return error_out_of_memory(error);
	call->progress->address = address;
	call->progress->deadline =
		clock_us(CLOCK_MONOTONIC) + address->options.answer_ms * 1000;
	call->cancelled = false;
	pthread_mutex_lock(&upstream->mutex);
	result = upstream_admit(upstream, call, error);
	pthread_mutex_unlock(&upstream->mutex);
	if (!result) {
		curl_multi_wakeup(upstream->multi);
		return 0;
	}
	free(call->progress);
	call->progress = NULL;
	return -1;
}

void upstream_wake(struct upstream *upstream)
{
	if (upstream->multi)
		curl_multi_wakeup(upstream->multi);
}

void upstream_cancel(struct upstream *upstream, struct upstream_call *call)
{
	call->cancelled = true;
	upstream_wake(upstream);
}

void upstream_stop(struct upstream *upstream)
{
	if (!upstream || !upstream->multi)
		return;
	pthread_mutex_lock(&upstream->mutex);
	upstream->stopping = true;
	pthread_mutex_unlock(&upstream->mutex);
	curl_multi_wakeup(upstream->multi);
	pthread_join(upstream->thread, NULL);
}

void upstream_free(struct upstream *upstream)
{
	if (!upstream)
		return;
	curl_multi_cleanup(upstream->multi);
	upstream_address_clear(&upstream->address);
	free(upstream->active);
	pthread_mutex_destroy(&upstream->mutex);
	free(upstream);
	curl_global_cleanup();
}
