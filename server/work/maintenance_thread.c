/* SPDX-License-Identifier: MIT */
/* maintenance_thread.c - maintenance beside the writer. */
#include "server/work/maintenance_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/store/due.h"
#include "core/store/store.h"
#include "schema/error.h"
#include "server/work/maintenance.h"

#define NEVER INT64_MAX

struct maintenance_thread {
	struct maintenance maintenance; /* the thread's own */
	struct writer_options options;
	pthread_t thread;

	pthread_mutex_t mutex; /* of the rest */
	pthread_cond_t wake;
	struct queue erasing; /* that it has not taken yet */
	struct store_due due;
	bool is_told; /* of `due` */
	bool stopping;
};

/* --- the thread ----------------------------------------------------------- */

static bool maintenance_thread_is_over(const struct maintenance_thread *thread)
{
	return thread->stopping && !thread->erasing.count &&
	       !thread->maintenance.erasing.count;
}

/* Waits until it is told something, but not beyond the next round. */
static void maintenance_thread_sleep(struct maintenance_thread *thread)
{
	const int64_t at = maintenance_at(&thread->maintenance);
	const struct timespec deadline = { .tv_sec = at / 1000,
		.tv_nsec = at % 1000 * 1000000 };
	int result = 0;

	while (!thread->is_told && !thread->erasing.count &&
		!maintenance_thread_is_over(thread) && result != ETIMEDOUT)
		result = at == NEVER ? pthread_cond_wait(
					       &thread->wake, &thread->mutex)
				     : pthread_cond_timedwait(&thread->wake,
					       &thread->mutex, &deadline);
}

/* Takes an erasure, or what else it was told; false: there is no more to do. */
static bool maintenance_thread_hear(struct maintenance_thread *thread)
{
	struct maintenance *maintenance = &thread->maintenance;
	struct job *job = NULL;
	bool is_over;

	pthread_mutex_lock(&thread->mutex);
	maintenance_thread_sleep(thread);
	is_over = maintenance_thread_is_over(thread);
	if (thread->erasing.count)
		job = queue_take(&thread->erasing);
	if (thread->is_told)
		store_due_add(maintenance->store, &thread->due);
	thread->is_told = false;
	pthread_mutex_unlock(&thread->mutex);
	if (job)
		maintenance_erase(maintenance, job);
	return !is_over;
}

static void *maintenance_thread_main(void *context)
{
	struct maintenance_thread *thread = context;
	struct maintenance *maintenance = &thread->maintenance;
	struct error error = { 0 };

	while (maintenance_thread_hear(thread)) {
		maintenance_look_at_clock(maintenance);
		if (maintenance_run(maintenance, true, &error))
			maintenance->options->fatal(
				maintenance->options->context);
	}
	return NULL;
}

/* --- for other threads ---------------------------------------------------- */

static void maintenance_thread_free(struct maintenance_thread *thread)
{
	store_close(thread->maintenance.store);
	pthread_cond_destroy(&thread->wake);
	pthread_mutex_destroy(&thread->mutex);
	free(thread);
}

static int maintenance_thread_begin(struct maintenance_thread *thread)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&thread->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&thread->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	return pthread_create(
		&thread->thread, NULL, maintenance_thread_main, thread);
}

int maintenance_thread_start(struct maintenance_thread **out,
	const struct writer_options *options, struct error *error)
{
	struct maintenance_thread *thread = calloc(1, sizeof(*thread));
	struct store *store;
	int failure;

	if (!thread)
		return error_out_of_memory(error);
	if (store_open(&store, options->beside, STORE_WRITE, error)) {
		free(thread);
		return -1;
	}
	queue_init(&thread->erasing);
	thread->options = *options;
	thread->options.beside = NULL; /* that is here */
	maintenance_start(&thread->maintenance, store, &thread->options);
	failure = maintenance_thread_begin(thread);
	if (failure) {
		maintenance_thread_free(thread);
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot start the thread of maintenance: %s",
			strerror(failure));
	}
	*out = thread;
	return 0;
}

void maintenance_thread_add(
	struct maintenance_thread *thread, const struct store_due *due)
{
	pthread_mutex_lock(&thread->mutex);
	if (!thread->is_told)
		thread->due = *due;
	if (due->rows < thread->due.rows)
		thread->due.rows = due->rows;
	if (due->words < thread->due.words)
		thread->due.words = due->words;
	thread->is_told = true;
	pthread_cond_signal(&thread->wake);
	pthread_mutex_unlock(&thread->mutex);
}

void maintenance_thread_erase(
	struct maintenance_thread *thread, struct job *job)
{
	pthread_mutex_lock(&thread->mutex);
	queue_add(&thread->erasing, job);
	pthread_cond_signal(&thread->wake);
	pthread_mutex_unlock(&thread->mutex);
}

void maintenance_thread_stop(struct maintenance_thread *thread)
{
	if (!thread)
		return;
	pthread_mutex_lock(&thread->mutex);
	thread->stopping = true;
	pthread_cond_signal(&thread->wake);
	pthread_mutex_unlock(&thread->mutex);
	pthread_join(thread->thread, NULL);
	maintenance_thread_free(thread);
}
