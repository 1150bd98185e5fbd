/* SPDX-License-Identifier: MIT */
/*
 * writer.h - the write lane: one thread, one store handle, group commit.
 *
 * The writer takes jobs in order of arrival, all that wait at once (up to 256
 * or 4 MiB, at least one).  It runs all in one transaction, each in a savepoint
 * where one was undone lately, and finishes them only when that is durable: a
 * hundred clients share one fsync.
 *
 * A store that others write to, too, is told before what all of them will look
 * up, and a job that wants to be alone has a batch to itself.
 */
#ifndef SERVER_WORK_WRITER_H
#define SERVER_WORK_WRITER_H

#include "server/work/job.h"

struct error;
struct metrics;
struct store;
struct store_changes;
struct store_options;
struct writer;

struct writer_options {
	size_t queue_max; /* jobs that may wait, 4096 */
	int64_t erase_ms; /* without progress of an erasure, 30000 */
	/* Called after each commit, from the writer's thread; NULL: never. */
	void (*changed)(void *context, const struct store_changes *changes);
	/* Called after a disk failure: the process must end and recover. */
	void (*fatal)(void *context);
	void (*warn)(void *context, const char *line);
	void *context;
	struct metrics *metrics; /* borrowed; NULL: none */
	/* Maintenance opens a handle of its own with these; NULL: it has none.
	 */
	const struct store_options *beside;
};

/*
 * Takes the store handle, which writer_stop() closes; when this fails it is
 * still the caller's.
 */
int writer_start(struct writer **out, struct store *store,
	const struct writer_options *options, struct error *error);

/* Queues a job: 0, or -1 (full, stopping or failed) with the reason. */
int writer_push(struct writer *writer, struct job *job, struct error *error);

/* Runs what is queued, checkpoints, ends the thread.  Accepts NULL. */
void writer_stop(struct writer *writer);

#endif
