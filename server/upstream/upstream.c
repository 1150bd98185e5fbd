/* SPDX-License-Identifier: MIT */
/*
 * upstream.c - requests to a language model: one thread for all of them.
 *
 * What threads share stands under one mutex; a call that was taken from there
 * belongs to the caller's thread, as everything of libcurl's does but for the
 * wake-up.
 */
#include "server/upstream/upstream.h"

#include "schema/error.h"
#include "server/observe/clock.h"
#include "server/observe/log.h"
#include "server/upstream/transfer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_KEPT 256L
#define IDLE_US		 60000000

struct caller {
	struct upstream upstream;
	CURLM *multi; /* NULL: there is nobody to call, and no thread */
	pthread_t thread;

	pthread_mutex_t mutex; /* of the next three */
	struct call *pushed;
	size_t count; /* of calls that are not done */
	bool stopping;

	struct call **active; /* those that were taken */
	size_t active_count;
};

void call_clear(struct call *call)
{
	text_clear(&call->answer.body);
	call->answer = (struct call_answer){ 0 };
}

/* --- the caller's thread ----------------------------------------------- */

static void finish(
	struct caller *caller, struct call *call, const struct error *outcome)
{
	struct call_progress *progress = call->progress;
	struct call *last = caller->active[--caller->active_count];

	caller->active[progress->place] = last;
	last->progress->place = progress->place;
	if (progress->running)
		curl_multi_remove_handle(caller->multi, progress->easy);
	curl_easy_cleanup(progress->easy);
	free(progress);
	call->progress = NULL;
	pthread_mutex_lock(&caller->mutex);
	caller->count--;
	pthread_mutex_unlock(&caller->mutex);
	call->done(call, outcome);
}

static void complete(struct caller *caller, struct call *call, CURLcode code)
{
	struct call_progress *progress = call->progress;
	struct error error = { 0 };

	transfer_judge(call, code, &error);
	if (error.code)
		log_line(LOG_WARNING, "a call failed", "path", call->path,
			"reason", error.message, code ? "curl" : NULL,
			curl_easy_strerror(code), NULL);
	curl_multi_remove_handle(caller->multi, progress->easy);
	progress->running = false;
	if (!error.code || !transfer_again(call, code))
		finish(caller, call, error.code ? &error : NULL);
}

static void start_attempt(struct caller *caller, struct call *call)
{
	struct call_progress *progress = call->progress;
	struct error error;

	if (transfer_prepare(call) ||
		curl_multi_add_handle(caller->multi, progress->easy)) {
		error_describe(&error, ERROR_UNAVAILABLE, "out of memory");
		finish(caller, call, &error);
		return;
	}
	progress->running = true;
}

/* Starts it or ends it, if that is due; else says when. */
static int64_t attend(struct caller *caller, struct call *call, bool ending)
{
	const struct call_progress *progress = call->progress;
	const int64_t left = progress->start_at - clock_us(CLOCK_MONOTONIC);
	struct error error;

	if (ending || call->cancelled) {
		error_describe(&error, ERROR_UNAVAILABLE,
			ending ? "the server is stopping"
			       : "the call was cancelled");
		finish(caller, call, &error);
		return IDLE_US;
	}
	if (progress->running)
		return IDLE_US;
	if (left > 0)
		return left;
	start_attempt(caller, call);
	return 0;
}

/* Backwards, because the last takes the place of what is finished. */
static int64_t attend_all(struct caller *caller, bool ending)
{
	int64_t wait = IDLE_US;

	for (size_t i = caller->active_count; i-- > 0;) {
		const int64_t left = attend(caller, caller->active[i], ending);

		wait = left < wait ? left : wait;
	}
	return wait;
}

/* Takes what was pushed; true: nothing more will be. */
static bool take_calls(struct caller *caller)
{
	struct call *call;
	bool ending;

	pthread_mutex_lock(&caller->mutex);
	while ((call = caller->pushed)) {
		caller->pushed = call->next;
		call->progress->place = caller->active_count;
		caller->active[caller->active_count++] = call;
	}
	ending = caller->stopping;
	pthread_mutex_unlock(&caller->mutex);
	return ending;
}

static void collect(struct caller *caller)
{
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(caller->multi, &left))) {
		const CURLcode code = message->data.result;
		struct call *call;

		curl_easy_getinfo(
			message->easy_handle, CURLINFO_PRIVATE, &call);
		complete(caller, call, code);
	}
}

static void *caller_main(void *context)
{
	struct caller *caller = context;
	int64_t wait = 0;
	bool ending;
	int running;

	do {
		curl_multi_poll(caller->multi, NULL, 0,
			(int)((wait + 999) / 1000), NULL);
		ending = take_calls(caller);
		curl_multi_perform(caller->multi, &running);
		collect(caller);
		wait = attend_all(caller, ending);
	} while (!ending);
	return NULL;
}

/* --- for everybody ----------------------------------------------------- */

const char *caller_library(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}

/* What the thread works with; -1: out of memory. */
static int equip(struct caller *caller, size_t calls_max)
{
	caller->active = calloc(calls_max, sizeof(struct call *));
	caller->multi = curl_multi_init();
	if (!caller->active || !caller->multi)
		return -1;
	curl_multi_setopt(
		caller->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	return 0;
}

static int start_thread(struct caller *caller,
	const struct caller_options *options, struct error *error)
{
	int failure;

	if (upstream_init(&caller->upstream, options, error))
		return -1;
	if (equip(caller, options->calls_max))
		return error_out_of_memory(error);
	failure = pthread_create(&caller->thread, NULL, caller_main, caller);
	if (failure)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot start the caller's thread: %s",
			strerror(failure));
	return 0;
}

int caller_start(struct caller **out, const struct caller_options *options,
	struct error *error)
{
	struct caller *caller = calloc(1, sizeof(*caller));

	if (!caller || curl_global_init(CURL_GLOBAL_DEFAULT)) {
		free(caller);
		return error_out_of_memory(error);
	}
	pthread_mutex_init(&caller->mutex, NULL);
	if (options->url && start_thread(caller, options, error)) {
		caller_free(caller);
		return -1;
	}
	*out = caller;
	return 0;
}

int caller_check(const struct caller *caller, struct error *error)
{
	if (caller->multi)
		return 0;
	return error_set(error, ERROR_NOT_CONFIGURED,
		"this needs a language model, and none is set: --llm-url or "
		"CHATMEM_LLM_URL");
}

/* Counts one more call, if it may be. */
static int admit(struct caller *caller, struct call *call, struct error *error)
{
	if (caller->stopping)
		return error_set(
			error, ERROR_UNAVAILABLE, "the server is stopping");
	if (caller->count == caller->upstream.options.calls_max)
		return error_set(error, ERROR_UNAVAILABLE,
			"%zu calls to the language model are under way already",
			caller->count);
	caller->count++;
	call->next = caller->pushed;
	caller->pushed = call;
	return 0;
}

int caller_push(struct caller *caller, struct call *call, struct error *error)
{
	const struct upstream *upstream = &caller->upstream;
	int result;

	if (caller_check(caller, error))
		return -1;
	call->progress = calloc(1, sizeof(*call->progress));
	if (!call->progress)
		return error_out_of_memory(error);
	call->progress->upstream = upstream;
	call->progress->deadline =
		clock_us(CLOCK_MONOTONIC) + upstream->options.answer_ms * 1000;
	call->cancelled = false;
	pthread_mutex_lock(&caller->mutex);
	result = admit(caller, call, error);
	pthread_mutex_unlock(&caller->mutex);
	if (!result) {
		curl_multi_wakeup(caller->multi);
		return 0;
	}
	free(call->progress);
	call->progress = NULL;
	return -1;
}

void caller_cancel(struct caller *caller, struct call *call)
{
	call->cancelled = true;
	if (caller->multi)
		curl_multi_wakeup(caller->multi);
}

void caller_stop(struct caller *caller)
{
	if (!caller || !caller->multi)
		return;
	pthread_mutex_lock(&caller->mutex);
	caller->stopping = true;
	pthread_mutex_unlock(&caller->mutex);
	curl_multi_wakeup(caller->multi);
	pthread_join(caller->thread, NULL);
}

void caller_free(struct caller *caller)
{
	if (!caller)
		return;
	curl_multi_cleanup(caller->multi);
	upstream_clear(&caller->upstream);
	free(caller->active);
	pthread_mutex_destroy(&caller->mutex);
	free(caller);
	curl_global_cleanup();
}
