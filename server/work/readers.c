/* SPDX-License-Identifier: MIT */
/*
 * readers.c - the reader lane: threads that only read, one queue for all of
 * them.
 */
#include "server/work/readers.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/store.h"
#include "schema/error.h"
#include "server/observe/metrics.h"
#include "server/work/queue.h"

#define TRIES 3 /* of a job whose connection broke */

/* A thread, and what belongs to it. */
struct readers_run_thread {
	struct readers *readers;
	struct store *store;
	pthread_t thread;
};

struct readers {
	size_t queue_max;
	pthread_mutex_t mutex; /* of the next five */
	pthread_cond_t wake;
	struct queue queue;
	struct queue follows; /* the jobs that follow something */
	size_t following;     /* threads that run such a job now */
	bool stopping;
	size_t count; /* of threads; half of them may be following */
	size_t started;
	struct readers_run_thread threads[];
};

/* --- the threads ------------------------------------------------------ */

/* The queue whose first job is next; NULL: none may be run now. */
static struct queue *readers_next(struct readers *readers)
{
	if (readers->follows.count && readers->following < readers->count / 2)
		return &readers->follows;
	return readers->queue.count ? &readers->queue : NULL;
}

/* Takes the next job; NULL: there is none and there will be none. */
static struct job *readers_take_job(struct readers *readers)
{
	struct job *job = NULL;
	struct queue *queue;

	pthread_mutex_lock(&readers->mutex);
	while (!(queue = readers_next(readers)) &&
		(!readers->stopping || readers->follows.count))
		pthread_cond_wait(&readers->wake, &readers->mutex);
	if (queue)
		job = queue_take(queue);
	if (job && job->follows)
		readers->following++;
	pthread_mutex_unlock(&readers->mutex);
	return job;
}

/* Another one that follows may be run now. */
static void readers_leave(struct readers *readers)
{
	pthread_mutex_lock(&readers->mutex);
	readers->following--;
	pthread_cond_broadcast(&readers->wake);
	pthread_mutex_unlock(&readers->mutex);
}

/* 1: it is to be run again, as the connection broke; -1: it was not run. */
static int readers_try_job(
	struct store *store, struct job *job, struct error *error)
{
	bool again;

	if (store_begin(store, error))
		return -1;
	job->run(job, store);
	again = !job->once && store_retries(store);
	store_rollback(store);
	return again;
}

static void readers_run_job(struct store *store, struct job *job)
{
	struct error error = { 0 };
	int tries = TRIES, result;

	do
		result = readers_try_job(store, job, &error);
	while (result > 0 && --tries > 0);
	job->done(job, result < 0 ? &error : NULL);
}

static void *readers_thread_main(void *context)
{
	const struct readers_run_thread *thread = context;
	struct job *job;

	while ((job = readers_take_job(thread->readers)) != NULL) {
		const bool follows = job->follows;

		readers_run_job(thread->store, job);
		if (follows)
			readers_leave(thread->readers);
	}
	return NULL;
}

/* --- for other threads ------------------------------------------------- */

static int readers_start_thread(struct readers *readers,
	const struct store_options *store, struct error *error)
{
	struct readers_run_thread *thread = &readers->threads[readers->started];
	struct store_options own = *store;
	int failure;

	/* Long reads would put out what is asked for often. */
	own.recent = NULL;
	thread->readers = readers;
	if (store_open(&thread->store, &own, STORE_READ, error))
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
	struct readers *readers =
		calloc(1, sizeof(*readers) +
				  options->threads * sizeof(*readers->threads));

	assert(options->threads >= 2);
	*out = NULL;
	if (!readers)
		return error_out_of_memory(error);
	readers->queue_max = options->queue_max;
	pthread_mutex_init(&readers->mutex, NULL);
	pthread_cond_init(&readers->wake, NULL);
	queue_init(&readers->queue);
	queue_init(&readers->follows);
	readers->count = options->threads;
	metrics_watch(options->metrics, METRICS_READERS, &readers->queue.count);
	for (size_t i = 0; i < options->threads; i++) {
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
		queue_add(job->follows ? &readers->follows : &readers->queue,
			job);
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
