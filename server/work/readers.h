/* SPDX-License-Identifier: MIT */
/*
 * readers.h - the scan lane: two threads, each with a store handle that only
 * reads, for what would keep a socket's thread from its other connections.
 */
#ifndef SERVER_WORK_READERS_H
#define SERVER_WORK_READERS_H

#include "server/work/job.h"

struct metrics;
struct scanner;
struct store_options;

#define SCANNER_THREADS 2

struct scanner_options {
	size_t queue_max;		   /* jobs that may wait */
	const struct store_options *store; /* borrowed for the start */
	struct metrics *metrics;	   /* borrowed; NULL: none */
};

/* The writer's handle must be open. */
int scanner_start(struct scanner **out, const struct scanner_options *options,
	struct error *error);

/*
 * Queues a job, which is run inside a read of its own: 0, or -1 (full, or
 * stopping) with the reason.
 */
int scanner_push(
	struct scanner *scanner, struct lane_job *job, struct error *error);

/* Runs what is queued and ends the threads.  Accepts NULL. */
void scanner_stop(struct scanner *scanner);

#endif
