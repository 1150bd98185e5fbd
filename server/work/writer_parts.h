/* SPDX-License-Identifier: MIT */
/*
 * writer_parts.h - what the files writer*.c share; no other file includes it.
 *
 *	writer.c	the thread, its queue, and what other threads ask
 *	writer_batch.c	jobs in one transaction, apart if that is lost
 */
#ifndef SERVER_WORK_WRITER_PARTS_H
#define SERVER_WORK_WRITER_PARTS_H

#include <pthread.h>

#include "core/store/expect.h"
#include "server/work/maintenance.h"
#include "server/work/maintenance_thread.h"
#include "server/work/queue.h"
#include "server/work/writer.h"

#define BATCH_JOBS 256

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
	bool shared;	  /* store_is_shared() */
	bool was_crowded; /* the last batch had more jobs than one */
	size_t wary;	  /* jobs until none is expected to be undone */
	struct maintenance maintenance;	   /* only its clock, if it is beside */
	struct maintenance_thread *beside; /* or NULL */
};

/* Runs them, and tells each of its outcome. */
void writer_run_batch(
	struct writer *writer, struct job *const *jobs, size_t count);
/* The disk failed: nothing may be written any more. */
void writer_fail(struct writer *writer, const struct error *why);
void writer_refuse(struct error *error);

#endif
