/* SPDX-License-Identifier: MIT */
/*
 * writer.h - the write lane: one thread, one store handle, group commit.
 *
 * Jobs are taken in order of arrival, all that wait at once (up to 256 or
 * 4 MiB, at least one), each is run in a savepoint of one transaction, and
 * only when that is durable are they finished: a hundred clients share one
 * fsync.
 */
#ifndef SERVER_WRITER_H
#define SERVER_WRITER_H

#include "core/store.h"

struct error;
struct metrics;
struct store_changes;
struct writer;

/* A piece of writing; embedded in what the caller needs to know it by. */
struct writer_job {
	struct writer_job *next; /* the writer's */
	size_t bytes;		 /* counts towards a batch's 4 MiB */
	/*
	 * Does the work.  May be called again after an error that lost the
	 * whole batch, so it begins by forgetting what it did before.  -1
	 * undoes this job alone; `error` is kept by the job's owner.
	 */
	int (*run)(struct writer_job *job, struct store *store);
	/*
	 * Told once, from the writer's thread, when the job's outcome is
	 * final.  `outcome` is NULL when what run() did is durable (or undone,
	 * if it failed), else why nothing is known or nothing was done.  The
	 * job is the caller's again from here on.
	 */
	void (*done)(struct writer_job *job, const struct error *outcome);
	/*
	 * Set by run(): done() waits until the chores of all erasures so far
	 * are done and the log has been truncated; if nothing of that comes
	 * on for too long the outcome is ERROR_UNKNOWN.
	 */
	bool erases;
	int64_t erasure; /* the writer's: the newest that it waits for */
};

struct writer_options {
	size_t queue_max; /* jobs that may wait, 4096 */
	int64_t erase_ms; /* for an erasure to come on, 30000 */
	/* After each commit, from the writer's thread; NULL: nobody asks. */
	void (*changed)(void *context, const struct store_changes *changes);
	/* After a disk failure: the process must end and recover. */
	void (*fatal)(void *context);
	void (*warn)(void *context, const char *line);
	void *context;
	struct metrics *metrics; /* borrowed; NULL: none */
};

/*
 * Takes the store handle, which writer_stop() closes; when this fails it is
 * still the caller's.
 */
int writer_start(struct writer **out, struct store *store,
	const struct writer_options *options, struct error *error);

/* Queues a job: 0, or -1 (full, stopping or failed) with the reason. */
int writer_push(
	struct writer *writer, struct writer_job *job, struct error *error);

/* Runs what is queued, checkpoints, ends the thread.  Accepts NULL. */
void writer_stop(struct writer *writer);

#endif
