/* SPDX-License-Identifier: MIT */
/*
 * readers.h - the reader lane: threads, each with a store handle that only
 * reads, for what would keep a socket's thread from its other connections.
 */
#ifndef SERVER_WORK_READERS_H
#define SERVER_WORK_READERS_H

#include "server/work/job.h"

struct metrics;
struct readers;
struct store_options;

struct readers_options {
	size_t threads;			   /* two at least */
	size_t queue_max;		   /* jobs that may wait */
	const struct store_options *store; /* borrowed for the start */
	struct metrics *metrics;	   /* borrowed; NULL: none */
};

/* The writer's handle must be open. */
int readers_start(struct readers **out, const struct readers_options *options,
	struct error *error);

/*
 * Queues a job, which is run inside a read of its own: 0, or -1 (full, or
 * stopping) with the reason.
 */
int readers_push(struct readers *readers, struct job *job, struct error *error);

/* Runs what is queued and ends the threads.  Accepts NULL. */
void readers_stop(struct readers *readers);

#endif
