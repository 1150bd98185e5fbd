/* SPDX-License-Identifier: MIT */
/*
 * readers.c - the scan lane: threads that read, one queue for all of them.
 */
#include "server/work/readers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/store.h"
#include "schema/error.h"
#include "server/observe/metrics.h"
#include "server/work/queue.h"

/* One of the threads, with what is its own. */
struct scan_thread {
	struct scanner *scanner;
	struct store *store;
	pthread_t thread;
};

struct scanner {
	size_t queue_max;
	pthread_mutex_t mutex; /* of the next three */
	pthread_cond_t wake;
	struct queue queue;
	bool stopping;
	struct scan_thread threads[SCANNER_THREADS];
	size_t started;
};

/* --- the threads ------------------------------------------------------ */

/* NULL: there is nothing and never will be. */
static struct lane_job *take_job(struct scanner *scanner)
{
	struct lane_job *job = NULL;

	pthread_mutex_lock(&scanner->mutex);
	while (!scanner->queue.count && !scanner->stopping)
		pthread_cond_wait(&scanner->wake, &scanner->mutex);
	if (scanner->queue.count)
		job = queue_take(&scanner->queue);
	pthread_mutex_unlock(&scanner->mutex);
	return job;
}

static void run_job(struct store *store, struct lane_job *job)
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

static void *thread_main(void *context)
{
	const struct scan_thread *thread = context;
	struct lane_job *job;

	while ((job = take_job(thread->scanner)) != NULL)
		run_job(thread->store, job);
	return NULL;
}

/* --- for everybody ---------------------------------------------------- */

static int start_thread(struct scanner *scanner,
	const struct store_options *store, struct error *error)
{
	struct scan_thread *thread = &scanner->threads[scanner->started];
	int failure;

	thread->scanner = scanner;
	if (store_open(&thread->store, store, STORE_READ, error))
		return -1;
	failure = pthread_create(&thread->thread, NULL, thread_main, thread);
	if (failure) {
		store_close(thread->store);
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot start a scanner's thread: %s",
			strerror(failure));
	}
	scanner->started++;
	return 0;
}

int scanner_start(struct scanner **out, const struct scanner_options *options,
	struct error *error)
{
	struct scanner *scanner = calloc(1, sizeof(*scanner));

	*out = NULL;
	if (!scanner)
		return error_out_of_memory(error);
	scanner->queue_max = options->queue_max;
	pthread_mutex_init(&scanner->mutex, NULL);
	pthread_cond_init(&scanner->wake, NULL);
	queue_init(&scanner->queue);
	metrics_watch(options->metrics, METRICS_SCANS, &scanner->queue.count);
	for (int i = 0; i < SCANNER_THREADS; i++) {
		if (start_thread(scanner, options->store, error)) {
			scanner_stop(scanner);
			return -1;
		}
	}
	*out = scanner;
	return 0;
}

int scanner_push(
	struct scanner *scanner, struct lane_job *job, struct error *error)
{
	int result = 0;

	pthread_mutex_lock(&scanner->mutex);
	if (scanner->stopping) {
		result = error_set(
			error, ERROR_UNAVAILABLE, "the server is stopping");
	} else if (!job->accepted &&
		   scanner->queue.count >= scanner->queue_max) {
		result = error_set(error, ERROR_UNAVAILABLE,
			"%zu long reads are waiting already",
			scanner->queue.count);
	} else {
		queue_add(&scanner->queue, job);
		pthread_cond_signal(&scanner->wake);
	}
	pthread_mutex_unlock(&scanner->mutex);
	return result;
}

void scanner_stop(struct scanner *scanner)
{
	if (!scanner)
		return;
	pthread_mutex_lock(&scanner->mutex);
	scanner->stopping = true;
	pthread_cond_broadcast(&scanner->wake);
	pthread_mutex_unlock(&scanner->mutex);
	for (size_t i = 0; i < scanner->started; i++) {
		pthread_join(scanner->threads[i].thread, NULL);
		store_close(scanner->threads[i].store);
	}
	pthread_cond_destroy(&scanner->wake);
	pthread_mutex_destroy(&scanner->mutex);
	free(scanner);
}
