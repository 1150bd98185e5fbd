/* SPDX-License-Identifier: MIT */
/*
 * job.h - a piece of work for the writer or for the readers, which each run
 * their jobs in threads of their own, in order of arrival.
 */
#ifndef SERVER_WORK_JOB_H
#define SERVER_WORK_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct store;
struct store_expected;

/* Its owner embeds it in what it needs to know the job by. */
struct job {
	struct job *next; /* the lane's */
	size_t bytes;	  /* counts towards a batch's 4 MiB */
	/*
	 * The job goes on with what was begun: a full queue does not refuse it.
	 */
	bool accepted;
	/* It makes room: a disk that is nearly full does not refuse it. */
	bool frees;
	/* It wants a batch of its own where others write to the store, too. */
	bool alone;
	/* Its reader may have gone to sleep: others have half of the readers.
	 */
	bool follows;
	/* A short read: others of its kind may be run with it, as one. */
	bool together;
	/* A read that cannot be run again: a source, which has gone on. */
	bool once;
	/*
	 * May be NULL, but for reads that come together.  Says what the run
	 * will look up, which is borrowed until done().
	 */
	void (*expects)(struct job *job, struct store_expected *expected);
	/*
	 * Does the work, inside a read or a batch.  It may be called again
	 * after an error that lost the whole batch, so it begins by forgetting
	 * what it did before.  -1 undoes this job alone; the job's owner keeps
	 * the reason.  If that is store_unfinished(), the work is kept and the
	 * job is run again.
	 */
	int (*run)(struct job *job, struct store *store);
	/*
	 * Called once, from the lane's thread, when the job's outcome is final.
	 * `outcome` is NULL when what run() did is durable (or undone, if it
	 * failed), else why nothing is known or nothing was done.  From here on
	 * the job belongs to its owner again.
	 */
	void (*done)(struct job *job, const struct error *outcome);
	/*
	 * Set by run(): done() waits until maintenance has finished all
	 * erasures so far and the log has been truncated.  If that makes no
	 * progress for too long, the outcome is ERROR_UNKNOWN.
	 */
	bool erases;
	int64_t erased;	 /* the session, or 0: those of an owner */
	bool unfinished; /* the writer's: store_unfinished() was true */
	int64_t erasure; /* the writer's: the newest that it waits for */
};

#endif
