/* SPDX-License-Identifier: MIT */
/*
 * readers.c - the reader lane: threads that only read, a queue for all of them
 * of each kind of read.
 */
#include "server/work/readers.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/store/expect.h"
#include "core/store/store.h"
#include "schema/error.h"
#include "server/observe/metrics.h"
#include "server/work/queue.h"

#define TRIES	 3  /* of a job whose connection broke */
#define TOGETHER 16 /* jobs that are asked for at once */
/* Two or three of them cost more so than one by one. */
#define TOGETHER_FROM 4

/* Kinds of jobs; those that come first are run first. */
enum readers_kind { KIND_FOLLOWS, KIND_SHORT, KIND_OTHER, KIND_COUNT };

/* The jobs of a kind. */
struct readers_line {
	struct queue queue;
	size_t running; /* threads that run some of them now */
	size_t run;	/* the jobs that these have */
	size_t few;	/* as many jobs have a thread each */
	size_t most;	/* threads, where there are more of them */
};

/* Jobs that are run as one. */
struct readers_batch {
	struct readers_line *line; /* NULL: there are none */
	struct job *jobs[TOGETHER];
	size_t count;
};

/* A thread, and what belongs to it. */
struct readers_run_thread {
	struct readers *readers;
	struct store *store;
	pthread_t thread;
};

struct readers {
	size_t queue_max;
	_Atomic size_t waiting; /* jobs that nobody follows */
	pthread_mutex_t mutex;	/* of the next three */
	pthread_cond_t wake;
	struct readers_line lines[KIND_COUNT];
	bool stopping;
	size_t started;
	struct readers_run_thread threads[];
};

/*
 * Reads that follow something leave others half of the threads.  Many short
 * ones come together in a few threads: what a round trip costs is shared.  A
 * few of them would wait for each other there, while connections are free.
 */
static void readers_open_lines(struct readers *readers, size_t threads)
{
	struct readers_line *lines = readers->lines;

	for (size_t i = 0; i < KIND_COUNT; i++)
		queue_init(&lines[i].queue);
	lines[KIND_FOLLOWS].few = lines[KIND_FOLLOWS].most = threads / 2;
	lines[KIND_SHORT].few = threads / 2;
	lines[KIND_SHORT].most = threads < 16 ? 1 : threads / 8;
	lines[KIND_OTHER].few = lines[KIND_OTHER].most = threads;
}

static enum readers_kind readers_kind_of(const struct job *job)
{
	return job->follows    ? KIND_FOLLOWS
	       : job->together ? KIND_SHORT
			       : KIND_OTHER;
}

/* --- the threads ------------------------------------------------------ */

/* May a thread run the first job that waits? */
static bool readers_have_room(const struct readers_line *line)
{
	const bool few = line->run + line->queue.count <= line->few;

	return line->running < (few ? line->few : line->most);
}

/* The line whose first job is next; NULL: none may be run now. */
static struct readers_line *readers_next(struct readers *readers)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		struct readers_line *line = &readers->lines[i];

		if (line->queue.count && readers_have_room(line))
			return line;
	}
	return NULL;
}

/* Takes the first job, and those behind it that may be run with it. */
static void readers_take_jobs(
	struct readers *readers, struct readers_batch *batch)
{
	struct readers_line *line = batch->line;
	const bool together = line == &readers->lines[KIND_SHORT] &&
			      line->queue.count >= TOGETHER_FROM;
	const size_t most = together ? TOGETHER : 1;

	line->running++;
	for (batch->count = 0; line->queue.count && batch->count < most;)
		batch->jobs[batch->count++] = queue_take(&line->queue);
	line->run += batch->count;
	if (line != &readers->lines[KIND_FOLLOWS])
		readers->waiting -= batch->count;
	/* A push wakes one thread, which may have been told of others. */
	if (readers_next(readers))
		pthread_cond_signal(&readers->wake);
}

static void readers_leave(const struct readers_batch *batch)
{
	batch->line->running--;
	batch->line->run -= batch->count;
}

/*
 * After those that were taken before.  False: there is nothing and there will
 * be nothing, but for threads that run something of that kind now.
 */
static bool readers_take_batch(
	struct readers *readers, struct readers_batch *batch)
{
	pthread_mutex_lock(&readers->mutex);
	if (batch->line)
		readers_leave(batch);
	while (!(batch->line = readers_next(readers)) && !readers->stopping)
		pthread_cond_wait(&readers->wake, &readers->mutex);
	if (batch->line)
		readers_take_jobs(readers, batch);
	pthread_mutex_unlock(&readers->mutex);
	return batch->line != NULL;
}

/* -1: the jobs are to be run one by one. */
static int readers_expect(
	struct store *store, struct job *const *jobs, size_t count)
{
	struct store_expected expected[TOGETHER];
	struct error ignored = { 0 };

	for (size_t i = 0; i < count; i++)
		jobs[i]->expects(jobs[i], &expected[i]);
	return store_expect(store, expected, count, 0, &ignored);
}

/* 1: it is to be run again, as the connection broke; -1: it was not run. */
static int readers_try_job(
	struct store *store, struct job *job, struct error *error)
{
	bool again;

	if (store_begin(store, error))
		return -1;
	if (job->expects)
		readers_expect(store, &job, 1);
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

/* False: they are to be run one by one. */
static bool readers_run_together(
	struct store *store, const struct readers_batch *batch)
{
	struct error ignored = { 0 };
	bool good;

	if (store_begin(store, &ignored))
		return false;
	good = readers_expect(store, batch->jobs, batch->count) == 0;
	for (size_t i = 0; good && i < batch->count; i++) {
		batch->jobs[i]->run(batch->jobs[i], store);
		good = !store_batch_lost(store);
	}
	store_retries(store);
	store_rollback(store);
	for (size_t i = 0; good && i < batch->count; i++)
		batch->jobs[i]->done(batch->jobs[i], NULL);
	return good;
}

static void readers_run(struct store *store, const struct readers_batch *batch)
{
	if (batch->count > 1 && readers_run_together(store, batch))
		return;
	for (size_t i = 0; i < batch->count; i++)
		readers_run_job(store, batch->jobs[i]);
}

static void *readers_thread_main(void *context)
{
	const struct readers_run_thread *thread = context;
	struct readers_batch batch = { 0 };

	while (readers_take_batch(thread->readers, &batch))
		readers_run(thread->store, &batch);
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
	readers_open_lines(readers, options->threads);
	metrics_watch(options->metrics, METRICS_READERS, &readers->waiting);
	for (size_t i = 0; i < options->threads; i++) {
		if (readers_start_thread(readers, options->store, error)) {
			readers_stop(readers);
			return -1;
		}
	}
	*out = readers;
	return 0;
}

/* Where all of a kind are busy, they take it when they have done. */
static void readers_add(struct readers *readers, struct job *job)
{
	struct readers_line *line = &readers->lines[readers_kind_of(job)];

	queue_add(&line->queue, job);
	if (!job->follows)
		readers->waiting++;
	if (readers_have_room(line))
		pthread_cond_signal(&readers->wake);
}

int readers_push(struct readers *readers, struct job *job, struct error *error)
{
	int result = 0;

	pthread_mutex_lock(&readers->mutex);
	if (readers->stopping) {
		result = error_set(
			error, ERROR_UNAVAILABLE, "the server is stopping");
	} else if (!job->accepted && readers->waiting >= readers->queue_max) {
		result = error_set(error, ERROR_UNAVAILABLE,
			"%zu long reads are waiting already", readers->waiting);
	} else {
		readers_add(readers, job);
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
