/* SPDX-License-Identifier: MIT */
/*
 * readers.c - the reader lane: threads that only read, one queue for all of
 * them.
 */
#include "server/work/readers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/store.h"
#include "schema/error.h"
#include "server/observe/metrics.h"
#include "server/work/queue.h"

/* A thread, and what belongs to it. */
struct readers_run_thread {
	struct readers *readers;
	struct store *store;
	pthread_t thread;
};

struct readers {
	size_t queue_max;
	pthread_mutex_t mutex; /* of the next three */
	pthread_cond_t wake;
	struct queue queue;
	bool stopping;
	struct readers_run_thread threads[SCANNER_THREADS];
	size_t started;
};

/* --- the threads ------------------------------------------------------ */

/* Takes the next job; NULL: there is none and there will be none. */
static struct job *readers_take_job(struct readers *readers)
{
	struct job *job = NULL;

	pthread_mutex_lock(&readers->mutex);
	while (!readers->queue.count && !readers->stopping)
		pthread_cond_wait(&readers->wake, &readers->mutex);
	if (readers->queue.count)
		job = queue_take(&readers->queue);
	pthread_mutex_unlock(&readers->mutex);
	return job;
}

static void readers_run_job(struct store *store, struct job *job)
{
	struct error error = { 0 };

	if (store_begin(store, &error)) {
		job->done(job, &error);
		return;
	}
	job->run(job, store);
	store_rollback(store);
	job->done(job, NULL);
}

static void *readers_thread_main(void *context)
{
	const struct readers_run_thread *thread = context;
	struct job *job;

	while ((job = readers_take_job(thread->readers)) != NULL)
		readers_run_job(thread->store, job);
	return NULL;
}

/* --- for other threads ------------------------------------------------- */

static int readers_start_thread(struct readers *readers,
	const struct store_options *store, struct error *error)
{
	struct readers_run_thread *thread = &readers->threads[readers->started];
	int failure;

	thread->readers = readers;
	if (store_open(&thread->store, store, STORE_READ, error))
		return -1;
	failure = pthread_create(
		&thread->thread, NULL, readers_thread_main, thread);
	if (failure) {
		store_close(thread->store);
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot start a reader's thread: %s",
			strerror(failure));
	}
	readers->started++;
	return 0;
}

int readers_start(struct readers **out, const struct readers_options *options,
	struct error *error)
{
	struct readers *readers = calloc(1, sizeof(*readers));

	*out = NULL;
	if (!readers)
		return error_out_of_memory(error);
	readers->queue_max = options->queue_max;
	pthread_mutex_init(&readers->mutex, NULL);
	pthread_cond_init(&readers->wake, NULL);
	queue_init(&readers->queue);
	metrics_watch(options->metrics, METRICS_READERS, &readers->queue.count);
	for (int i = 0; i < SCANNER_THREADS; i++) {
		if (readers_start_thread(readers, options->store, error)) {
			readers_stop(readers);
			return -1;
		}
	}
	*out = readers;
	return 0;
}

int readers_push(struct readers *readers, struct job *job, struct error *error)
{
	int result = 0;

	pthread_mutex_lock(&readers->mutex);
	if (readers->stopping) {
		result = error_set(
			error, ERROR_UNAVAILABLE, "the server is stopping");
	} else if (!job->accepted &&
		   readers->queue.count >= readers->queue_max) {
		result = error_set(error, ERROR_UNAVAILABLE,
			"%zu long reads are waiting already",
			readers->queue.count);
	} else {
		queue_add(&readers->queue, job);
		pthread_cond_signal(&readers->wake);
	}
	pthread_mutex_unlock(&readers->mutex);
	return result;
}

void readers_stop(struct readers *readers)
{
	if (!readers)
		return;
	pthread_mutex_lock(&readers->mutex);
	readers->stopping = true;
	pthread_cond_broadcast(&readers->wake);
	pthread_mutex_unlock(&readers->mutex);
	for (size_t i = 0; i < readers->started; i++) {
		pthread_join(readers->threads[i].thread, NULL);
		store_close(readers->threads[i].store);
	}
	pthread_cond_destroy(&readers->wake);
	pthread_mutex_destroy(&readers->mutex);
	free(readers);
}
