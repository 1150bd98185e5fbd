/* SPDX-License-Identifier: MIT */
/*
 * task_parts.h - what the files task*.c share; nobody else includes it.
 *
 * errand.c         the life of an errand, from hop to hop
 * server/work/task_table.c   all of them: bounds, turns, the drain
 * server/work/task_stream.c  an answer that is handed on while it comes
 */
#ifndef SERVER_WORK_TASK_PARTS_H
#define SERVER_WORK_TASK_PARTS_H

#include <pthread.h>

#include "schema/error.h"
#include "server/upstream/upstream.h"
#include "server/work/job.h"
#include "server/work/session_lock.h"
#include "server/work/task.h"

/* Its owner is the thread that runs it or handles its hop. */
struct errand {
	struct lane_job job;
	struct call call;
	struct errands *errands;
	struct request *request; /* its own */
	size_t size;		 /* of it, as it was copied */
	struct text carry;
	struct text asked; /* the body of the call */
	struct tap *tap;
	struct reply reply; /* of the last run */
	struct error error;
	bool failed;
	struct errand_viewer *viewer; /* NULL: it is work on memory */
	bool streams;		      /* the viewer was told of a stream */
	bool has_turn;		      /* or waits for it */

	/* The rest is under the lock. */
	struct errand *next;
	struct errand **link;
	size_t asking; /* bytes of `asked`, counted in */
	struct turn turn;
	bool waits;	 /* for its turn */
	uint64_t memory; /* of work: whose it is */
	bool again;	 /* begin it once more */

	/* A streamed answer, of which the source has its own reference. */
	struct source source;
	struct text out;
	size_t taken; /* of `out` */
	bool watched; /* the source is still there */
	bool ended;   /* nothing more comes to `out` */
	bool done;    /* only the source is left of it */
};

/* A memory on which work has failed, so often since it last did not. */
struct setback {
	uint64_t memory;
	int count;
	int64_t until; /* it is let alone; CLOCK_MONOTONIC, microseconds */
};
#define SETBACKS 256

struct errands {
	struct errands_options options;
	pthread_mutex_t lock;
	pthread_cond_t ended; /* one of them */
	struct errand *first;
	struct turns turns;
	_Atomic size_t count; /* read without the lock, too */
	size_t requests;      /* of the count; the rest is work on memory */
	size_t bytes;	      /* of copies of requests, and of questions */
	/* By memory; of those that share a place the newest counts. */
	struct setback setbacks[SETBACKS];
	bool draining; /* no work on memory begins */
	bool stopping; /* nothing begins, no turn comes */
};

/* --- the table ---------------------------------------------------------- */

/*
 * Counts it in.  -1: refused, or (with no reason) work that is under way and
 * will be begun once more.
 */
int table_join(struct errand *errand, struct error *error);
/* Counts it out; false: it is to begin once more. */
bool table_leave(struct errand *errand);
/* Counts the question in, instead of the one before; -1: refused. */
int table_ask(struct errand *errand, struct error *error);
/* 1: it has its turn; 0: it will be let go on; -1: refused. */
int table_join_turn(struct errand *errand, struct error *error);
/* Ends its turn; gives the errand that has it now, or NULL. */
struct errand *table_leave_turn(struct errand *errand);

/* --- the stream --------------------------------------------------------- */

/* The call's begun() and data(). */
void stream_begun(struct call *call);
int stream_data(struct call *call, struct slice bytes);
/* The last of it: how the reply ends it, or why it failed. */
void stream_end(struct errand *errand);

/* --- the life ----------------------------------------------------------- */

/* It failed: ends it. */
void errand_fail(struct errand *errand);
void errand_free(struct errand *errand);

static inline struct errand *errand_of_call(struct call *call)
{
	return (struct errand *)(void *)((char *)call -
					 offsetof(struct errand, call));
}

#endif
