/* SPDX-License-Identifier: MIT */
/*
 * job.h - a piece of work for the writer or for the scanner, which each run
 * their jobs in threads of their own, in order of arrival.
 */
#ifndef SERVER_WORK_JOB_H
#define SERVER_WORK_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

/* Embedded in what its owner needs to know it by. */
struct job {
	struct job *next; /* the lane's */
	size_t bytes;	  /* counts towards a batch's 4 MiB */
	/* Goes on with what was begun: a full queue is no reason to refuse. */
	bool accepted;
	/*
	 * Does the work, inside a read or a batch.  May be called again after
	 * an error that lost the whole batch, so it begins by forgetting what
	 * it did before.  -1 undoes this job alone; the reason is kept by the
	 * job's owner.  If it is store_unfinished() that is kept, and the job
	 * is run again.
	 */
	int (*run)(struct job *job, struct store *store);
	/*
	 * Told once, from the lane's thread, when the job's outcome is final.
	 * `outcome` is NULL when what run() did is durable (or undone, if it
	 * failed), else why nothing is known or nothing was done.  The job is
	 * the caller's again from here on.
	 */
	void (*done)(struct job *job, const struct error *outcome);
	/*
	 * Set by run(): done() waits until the maintenance of all erasures so
	 * far is done and the log has been truncated; if nothing of that comes
	 * on for too long the outcome is ERROR_UNKNOWN.
	 */
	bool erases;
	bool unfinished; /* the writer's: so it was */
	int64_t erasure; /* the writer's: the newest that it waits for */
};

#endif
