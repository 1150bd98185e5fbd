/* SPDX-License-Identifier: MIT */
/*
 * writer.c - the write lane: one thread, one store handle, group commit.
 *
 * Threads share the queue, and one mutex protects all of it.  Everything else
 * belongs to the writer's thread.
 */
#include "server/work/writer.h"

#include "core/store/change_feed.h"
#include "core/store/expect.h"
#include "schema/error.h"
#include "server/observe/clock.h"
#include "server/observe/metrics.h"
#include "server/work/maintenance.h"
#include "server/work/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH_JOBS  256
#define BATCH_BYTES ((size_t)4 << 20)
#define RERUNS_MOST 2 /* of a batch: for its times, and for what is counted */
#define NEVER	    INT64_MAX

struct writer {
	struct store *store;
	struct writer_options options;
	pthread_t thread;

	pthread_mutex_t mutex; /* of the next four */
	pthread_cond_t wake;
	struct queue queue;
	bool stopping;
	bool failed; /* set by the writer's thread only */

	struct job *batch[BATCH_JOBS];
	struct store_expected expected[BATCH_JOBS];
	bool shared; /* store_is_shared() */
	struct maintenance maintenance;
};

/* --- outcomes --------------------------------------------------------- */

static void writer_push_again(struct writer *writer, struct job *job)
{
	pthread_mutex_lock(&writer->mutex);
	queue_add(&writer->queue, job);
	pthread_mutex_unlock(&writer->mutex);
}

static void writer_finish(
	struct writer *writer, struct job *job, const struct error *outcome)
{
	if (!outcome && job->unfinished)
		writer_push_again(writer, job);
	else if (outcome || !job->erases)
		job->done(job, outcome);
	else
		maintenance_erase(&writer->maintenance, job);
}

/* The disk failed: nothing may be written any more. */
static void writer_fail(struct writer *writer, const struct error *why)
{
	pthread_mutex_lock(&writer->mutex);
	writer->failed = true;
	pthread_mutex_unlock(&writer->mutex);
	maintenance_fail(&writer->maintenance, why);
	writer->options.fatal(writer->options.context);
}

/* --- batches ---------------------------------------------------------- */

/* In its savepoint.  -1: the batch is lost; no `error`: the job knows why. */
static int writer_run_job(
	struct store *store, struct job *job, struct error *error)
{
	bool keep;

	if (store_enter(store, error))
		return -1;
	job->erases = false;
	keep = job->run(job, store) == 0;
	job->erases = job->erases && keep;
	job->unfinished = false;
	if (store_batch_lost(store))
		return keep ? error_set(error, ERROR_UNAVAILABLE,
				      "what was written was undone")
			    : -1;
	job->unfinished = !keep && store_unfinished(store);
	return store_leave(store, keep || job->unfinished, error);
}

/* Counts a commit that was made and tells of it.  -1: it lost the batch. */
static int writer_commit(
	struct writer *writer, size_t jobs, struct error *error)
{
	const struct writer_options *options = &writer->options;
	const int64_t begun = clock_us(CLOCK_MONOTONIC);

	if (store_commit(writer->store, error))
		return store_batch_lost(writer->store) ? -1 : 0;
	metrics_commit(
		options->metrics, jobs, clock_us(CLOCK_MONOTONIC) - begun);
	if (options->changed)
		options->changed(
			options->context, store_changes(writer->store));
	return 0;
}

/* Jobs of one transaction. */
struct writer_batch {
	struct job *const *jobs;
	size_t count;
	size_t loser; /* the one that lost it; `count`: it is not known */
};

/* Says what the jobs of a batch will look up; -1: the batch is lost. */
static int writer_expect(struct writer *writer,
	const struct writer_batch *batch, struct error *error)
{
	size_t count = 0;

	if (!writer->shared)
		return 0;
	for (size_t i = 0; i < batch->count; i++) {
		struct job *job = batch->jobs[i];

		if (job->expects)
			job->expects(job, &writer->expected[count++]);
	}
	return store_expect(writer->store, writer->expected, count,
		store_now(writer->store), error);
}

/*
 * Runs all jobs in one transaction; `error` is their outcome, empty when it is
 * durable.  -1: the batch is lost and nothing of it happened.
 */
static int writer_run_once(
	struct writer *writer, struct writer_batch *batch, struct error *error)
{
	struct store *store = writer->store;
	size_t *i = &batch->loser;

	if (store_ready(store, error) || store_begin(store, error))
		return 0;
	if (writer_expect(writer, batch, error)) {
		*i = batch->count;
		store_rollback(store);
		return -1;
	}
	if (maintenance_date(&writer->maintenance, error)) {
		store_rollback(store);
		return 0;
	}
	for (*i = 0; *i < batch->count; ++*i)
		if (writer_run_job(store, batch->jobs[*i], error)) {
			store_rollback(store);
			return -1;
		}
	return writer_commit(writer, batch->count, error);
}

static void writer_refuse(struct error *error)
{
	error_describe(error, ERROR_UNAVAILABLE,
		"the disk failed and nothing is written any more");
}

static void writer_run_batch(
	struct writer *writer, struct job *const *jobs, size_t count);

/*
 * The job that lost the batch runs alone, those before and after it together.
 * If the commit lost it, the job at fault is not known: each runs alone.
 */
static void writer_run_apart(
	struct writer *writer, const struct writer_batch *batch)
{
	const size_t after = batch->loser + 1;

	if (batch->loser == batch->count) {
		for (size_t i = 0; i < batch->count; i++)
			writer_run_batch(writer, batch->jobs + i, 1);
		return;
	}
	if (batch->loser > 0)
		writer_run_batch(writer, batch->jobs, batch->loser);
	writer_run_batch(writer, batch->jobs + batch->loser, 1);
	if (after < batch->count)
		writer_run_batch(
			writer, batch->jobs + after, batch->count - after);
}

/* As writer_run_once(); no damage makes the writer go on without end. */
static int writer_run(
	struct writer *writer, struct writer_batch *batch, struct error *error)
{
	int result = writer_run_once(writer, batch, error);

	for (int left = RERUNS_MOST;
		result && store_retries(writer->store) && left > 0; left--) {
		*error = (struct error){ 0 };
		result = writer_run_once(writer, batch, error);
	}
	return result;
}

static void writer_run_batch(
	struct writer *writer, struct job *const *jobs, size_t count)
{
	struct writer_batch batch = { jobs, count, 0 };
	struct error error = { 0 };

	if (writer->failed) {
		writer_refuse(&error);
	} else if (writer_run(writer, &batch, &error) && count > 1) {
		writer_run_apart(writer, &batch);
		return;
	}
	for (size_t i = 0; i < count; i++)
		writer_finish(writer, jobs[i], error.code ? &error : NULL);
	if (error.code == ERROR_UNKNOWN)
		writer_fail(writer, &error);
}

/* --- the writer's thread ---------------------------------------------- */

/* Waits for a push, but not beyond the next round of maintenance. */
static int writer_wait_for_push(struct writer *writer)
{
	const int64_t at = maintenance_at(&writer->maintenance);
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
	writer_take_jobs(writer, count);
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
		if (maintenance_run(&writer->maintenance, !count, &error))
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
	metrics_watch(options->metrics, METRICS_QUEUE, &writer->queue.count);
	failure = writer_start_thread(writer);
	if (failure) {
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
	/* After a failure the log is for the next process to recover. */
	if (!writer->failed)
		store_close(writer->store);
	writer_free(writer);
}
