/* SPDX-License-Identifier: MIT */
/*
 * writer_batch.c - jobs in one transaction, apart if that is lost.
 *
 * All of it belongs to the writer's thread.
 */
#include "server/work/writer_parts.h"

#include "core/store/change_feed.h"
#include "core/store/due.h"
#include "core/store/store.h"
#include "schema/clock.h"
#include "schema/error.h"
#include "server/observe/metrics.h"

#include <time.h>

/* Of a batch: for its times, for what is counted, for a job that is undone. */
#define RERUNS_MOST 2
/* So many jobs after a batch that was lost can be undone alone. */
#define WARY_JOBS 1000
#define ALONE_US  10000000 /* that a job of a shared store is run again */
#define PAUSE_NS  2000000  /* before it is */

/* --- outcomes --------------------------------------------------------- */

static void writer_batch_push_again(struct writer *writer, struct job *job)
{
	pthread_mutex_lock(&writer->mutex);
	queue_add(&writer->queue, job);
	pthread_mutex_unlock(&writer->mutex);
}

static void writer_batch_finish(
	struct writer *writer, struct job *job, const struct error *outcome)
{
	if (!outcome && job->unfinished)
		writer_batch_push_again(writer, job);
	else if (outcome || !job->erases)
		job->done(job, outcome);
	else if (writer->beside)
		maintenance_thread_erase(writer->beside, job);
	else
		maintenance_erase(&writer->maintenance, job);
}

void writer_fail(struct writer *writer, const struct error *why)
{
	pthread_mutex_lock(&writer->mutex);
	writer->failed = true;
	pthread_mutex_unlock(&writer->mutex);
	maintenance_fail(&writer->maintenance, why);
	writer->options.fatal(writer->options.context);
}

/* --- batches ---------------------------------------------------------- */

/* -1: the batch is lost; no `error`: the job knows why. */
static int writer_batch_run_job(
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

/* Maintenance beside the writer learns what the batch has made due. */
static void writer_batch_tell_due(struct writer *writer)
{
	struct store_due due;

	if (!writer->beside)
		return;
	due = store_due_take(writer->store);
	if (due.rows < INT64_MAX || due.words < INT64_MAX)
		maintenance_thread_add(writer->beside, &due);
}

/* Counts a commit that was made and tells of it.  -1: it lost the batch. */
static int writer_batch_commit(
	struct writer *writer, size_t jobs, struct error *error)
{
	const struct writer_options *options = &writer->options;
	const int64_t begun = clock_us(CLOCK_MONOTONIC);

	if (store_commit(writer->store, error)) {
		/* Nobody knows what is due if nobody knows what is stored. */
		writer_batch_tell_due(writer);
		return store_batch_lost(writer->store) ? -1 : 0;
	}
	metrics_commit(
		options->metrics, jobs, clock_us(CLOCK_MONOTONIC) - begun);
	maintenance_is_dated(&writer->maintenance);
	writer_batch_tell_due(writer);
	if (options->changed)
		options->changed(
			options->context, store_changes(writer->store));
	return 0;
}

/* Where one was undone lately, others may be. */
static void writer_batch_trust(struct writer *writer, size_t jobs)
{
	store_expect_no_undo(writer->store, writer->wary == 0);
	writer->wary = writer->wary > jobs ? writer->wary - jobs : 0;
}

/* Jobs of one transaction. */
struct writer_batch {
	struct job *const *jobs;
	size_t count;
	size_t loser; /* the one that lost it; `count`: it is not known */
};

/* Says what the jobs of a batch will look up; -1: the batch is lost. */
static int writer_batch_expect(struct writer *writer,
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

/* How many of them make room. */
static size_t writer_batch_count_freeing(const struct writer_batch *batch)
{
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++)
		count += batch->jobs[i]->frees;
	return count;
}

static int writer_batch_begin(struct store *store,
	const struct writer_batch *batch, struct error *error)
{
	const bool frees = writer_batch_count_freeing(batch) == batch->count;

	if (store_ready(store, error)) {
		if (!frees || error->code != ERROR_STORAGE)
			return -1;
		*error = (struct error){ 0 };
	}
	return frees ? store_begin_freeing(store, error)
		     : store_begin(store, error);
}

/*
 * Runs all jobs in one transaction; `error` is their outcome, empty when it is
 * durable.  -1: the batch is lost and nothing of it happened.
 */
static int writer_batch_run_once(
	struct writer *writer, struct writer_batch *batch, struct error *error)
{
	struct store *store = writer->store;
	size_t *i = &batch->loser;

	if (writer_batch_begin(store, batch, error))
		return 0;
	if (writer_batch_expect(writer, batch, error)) {
		*i = batch->count;
		store_rollback(store);
		return -1;
	}
	if (maintenance_date(&writer->maintenance, error)) {
		store_rollback(store);
		return 0;
	}
	writer_batch_trust(writer, batch->count);
	for (*i = 0; *i < batch->count; ++*i)
		if (writer_batch_run_job(store, batch->jobs[*i], error)) {
			writer->wary = WARY_JOBS;
			store_rollback(store);
			return -1;
		}
	return writer_batch_commit(writer, batch->count, error);
}

void writer_refuse(struct error *error)
{
	error_describe(error, ERROR_UNAVAILABLE,
		"the disk failed and nothing is written any more");
}

/*
 * The job that lost the batch runs alone, those before and after it together.
 * If the commit lost it, the job at fault is not known: each runs alone.
 */
static void writer_batch_run_apart(
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

/*
 * No damage makes the writer go on without end.  A job that is alone and meets
 * other processes has more patience: there is nothing else to be tried.
 */
static bool writer_batch_may_run_again(const struct writer *writer,
	const struct writer_batch *batch, int runs, int64_t begun)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (runs <= RERUNS_MOST)
		return true;
	if (!writer->shared || batch->count > 1 ||
		clock_us(CLOCK_MONOTONIC) - begun > ALONE_US)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

/* As writer_batch_run_once(), again if that may go well. */
static int writer_batch_run(
	struct writer *writer, struct writer_batch *batch, struct error *error)
{
	const int64_t begun = clock_us(CLOCK_MONOTONIC);
	int runs = 1;

	while (writer_batch_run_once(writer, batch, error)) {
		if (!store_retries(writer->store) ||
			!writer_batch_may_run_again(
				writer, batch, runs++, begun))
			return -1;
		*error = (struct error){ 0 };
	}
	return 0;
}

/* Was it refused, and some jobs of it make room? */
static bool writer_batch_is_mixed(
	const struct writer_batch *batch, const struct error *error)
{
	const size_t freeing = writer_batch_count_freeing(batch);

	return error->code == ERROR_STORAGE && freeing > 0 &&
	       freeing < batch->count;
}

void writer_run_batch(
	struct writer *writer, struct job *const *jobs, size_t count)
{
	struct writer_batch batch = { jobs, count, 0 };
	struct error error = { 0 };

	if (writer->failed) {
		writer_refuse(&error);
	} else if (writer_batch_run(writer, &batch, &error) && count > 1) {
		writer_batch_run_apart(writer, &batch);
		return;
	}
	if (writer_batch_is_mixed(&batch, &error)) {
		batch.loser = batch.count;
		writer_batch_run_apart(writer, &batch);
		return;
	}
	for (size_t i = 0; i < count; i++)
		writer_batch_finish(
			writer, jobs[i], error.code ? &error : NULL);
	if (error.code == ERROR_UNKNOWN && !writer->shared)
		writer_fail(writer, &error);
}
