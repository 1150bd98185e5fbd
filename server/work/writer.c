/* SPDX-License-Identifier: MIT */
/*
 * writer.c - the write lane: one thread, one store handle, group commit.
 *
 * Threads share the queue, and one mutex protects all of it.  Everything else
 * belongs to the writer's thread.
 */
#include "server/work/writer_parts.h"

#include "core/store/store.h"
#include "schema/error.h"
#include "server/observe/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH_BYTES ((size_t)4 << 20)
#define GATHER_JOBS 32	   /* fewer are worth to wait for more, */
#define GATHER_NS   250000 /* so long */
#define CALM_JOBS   16	   /* behind a batch of more, others are on their way */
#define NEVER	    INT64_MAX

/* --- the writer's thread ---------------------------------------------- */

/* Waits for a push, but not beyond the next round of maintenance. */
static int writer_wait_for_push(struct writer *writer)
{
	const int64_t at =
		writer->beside ? NEVER : maintenance_at(&writer->maintenance);
	const struct timespec deadline = { .tv_sec = at / 1000,
		.tv_nsec = at % 1000 * 1000000 };

	if (writer->failed || at == NEVER)
		return pthread_cond_wait(&writer->wake, &writer->mutex);
	return pthread_cond_timedwait(&writer->wake, &writer->mutex, &deadline);
}

/* Erasures are finished before the end. */
static bool writer_is_ending(const struct writer *writer)
{
	return writer->stopping && !writer->maintenance.erasing.count;
}

/*
 * The two round trips of a batch of a shared store cost it as much as ten jobs.
 * Clients whose answers are on their way come again in a moment, so that a few
 * jobs wait for them.
 */
static void writer_gather(struct writer *writer)
{
	const struct timespec moment = { .tv_nsec = GATHER_NS };

	if (!writer->shared || !writer->was_crowded || !writer->queue.count ||
		writer->queue.count >= GATHER_JOBS)
		return;
	pthread_mutex_unlock(&writer->mutex);
	nanosleep(&moment, NULL);
	pthread_mutex_lock(&writer->mutex);
}

/* May the first of the queue join a batch of so many bytes? */
static bool writer_may_join(const struct writer *writer, size_t bytes)
{
	const struct job *first = writer->queue.first;

	return bytes + first->bytes <= BATCH_BYTES &&
	       !(writer->shared && first->alone);
}

/* Takes those that come first, one at least; *count of them. */
static void writer_take_jobs(struct writer *writer, size_t *count)
{
	struct queue *queue = &writer->queue;
	size_t bytes = 0;
	bool alone = false;

	while (queue->count && *count < BATCH_JOBS && !alone &&
		(!*count || writer_may_join(writer, bytes))) {
		struct job *job = queue_take(queue);

		bytes += job->bytes;
		alone = writer->shared && job->alone;
		writer->batch[(*count)++] = job;
	}
}

/*
 * Fills the batch with what is queued.  *count is 0 when a round of maintenance
 * is due; false when there is nothing and there will be nothing.
 */
static bool writer_take_batch(struct writer *writer, size_t *count)
{
	const struct queue *queue = &writer->queue;
	bool ending;

	*count = 0;
	pthread_mutex_lock(&writer->mutex);
	while (!queue->count && !writer_is_ending(writer))
		if (writer_wait_for_push(writer) == ETIMEDOUT)
			break;
	writer_gather(writer);
	writer_take_jobs(writer, count);
	writer->was_crowded = *count > 1;
	ending = writer_is_ending(writer);
	pthread_mutex_unlock(&writer->mutex);
	return *count || !ending;
}

static void *writer_main(void *context)
{
	struct writer *writer = context;
	struct error error = { 0 };
	size_t count;

	while (writer_take_batch(writer, &count)) {
		maintenance_look_at_clock(&writer->maintenance);
		if (count)
			writer_run_batch(writer, writer->batch, count);
		writer->maintenance.passing =
			count > CALM_JOBS || writer->queue.count
				? UPKEEP_PASSING
				: UPKEEP_EARLY;
		if (!writer->beside &&
			maintenance_run(&writer->maintenance, !count, &error))
			writer_fail(writer, &error);
	}
	return NULL;
}

/* --- for other threads ------------------------------------------------- */

static int writer_start_thread(struct writer *writer)
{
	pthread_condattr_t attributes;

	pthread_mutex_init(&writer->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	return pthread_create(&writer->thread, NULL, writer_main, writer);
}

static void writer_free(struct writer *writer)
{
	pthread_cond_destroy(&writer->wake);
	pthread_mutex_destroy(&writer->mutex);
	free(writer);
}

int writer_start(struct writer **out, struct store *store,
	const struct writer_options *options, struct error *error)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	int failure;

	if (!writer)
		return error_out_of_memory(error);
	writer->store = store;
	writer->shared = store_is_shared(store);
	writer->options = *options;
	maintenance_start(&writer->maintenance, store, &writer->options);
	queue_init(&writer->queue);
	if (options->beside && maintenance_thread_start(&writer->beside,
				       &writer->options, error)) {
		free(writer);
		return -1;
	}
	metrics_watch(options->metrics, METRICS_QUEUE, &writer->queue.count);
	failure = writer_start_thread(writer);
	if (failure) {
		maintenance_thread_stop(writer->beside);
		writer_free(writer);
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot start the writer's thread: %s",
			strerror(failure));
	}
	*out = writer;
	return 0;
}

int writer_push(struct writer *writer, struct job *job, struct error *error)
{
	int result = 0;

	pthread_mutex_lock(&writer->mutex);
	if (writer->failed) {
		writer_refuse(error);
		result = -1;
	} else if (writer->stopping) {
		result = error_set(
			error, ERROR_UNAVAILABLE, "the server is stopping");
	} else if (!job->accepted &&
		   writer->queue.count >= writer->options.queue_max) {
		result = error_set(error, ERROR_UNAVAILABLE,
			"%zu writes are waiting already", writer->queue.count);
	} else {
		queue_add(&writer->queue, job);
		/* The thread sleeps only while there is nothing to do. */
		if (writer->queue.count == 1)
			pthread_cond_signal(&writer->wake);
	}
	pthread_mutex_unlock(&writer->mutex);
	return result;
}

void writer_stop(struct writer *writer)
{
	if (!writer)
		return;
	pthread_mutex_lock(&writer->mutex);
	writer->stopping = true;
	pthread_cond_signal(&writer->wake);
	pthread_mutex_unlock(&writer->mutex);
	pthread_join(writer->thread, NULL);
	maintenance_thread_stop(writer->beside);
	/* After a failure the log is for the next process to recover. */
	if (!writer->failed)
		store_close(writer->store);
	writer_free(writer);
}
