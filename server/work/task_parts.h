/* SPDX-License-Identifier: MIT */
/*
 * task_parts.h - what the files task*.c share; no other file includes it.
 *
 *	task.c		the life of a task, from run to run
 *	task_table.c	all of them: bounds, locks, the drain
 *	task_stream.c	an answer that is handed on while it comes
 *	task_turns.c	locks that several servers share
 */
#ifndef SERVER_WORK_TASK_PARTS_H
#define SERVER_WORK_TASK_PARTS_H

#include <pthread.h>

#include "core/store/turns.h"
#include "schema/error.h"
#include "server/api/source.h"
#include "server/upstream/upstream.h"
#include "server/work/job.h"
#include "server/work/session_lock.h"
#include "server/work/task.h"

/* A task belongs to the thread that runs it or makes its call. */
struct task {
	struct job job;
	struct upstream_call call;
	struct tasks *tasks;
	struct request *request; /* its own */
	size_t size;		 /* of it, as it was copied */
	struct text continuation;
	struct text asked;  /* the body of the call */
	struct text target; /* its path, where it is its own */
	bool as_is;	    /* see struct reply_call */
	bool falls_back;    /* the same */
	struct stream_filter *filter;
	struct reply reply; /* of the last run */
	struct error error;
	bool failed;
	struct task_viewer *viewer; /* NULL: it is work on memory */
	bool streams;		    /* the viewer was told of a stream */
	bool has_lock;		    /* or waits for it */

	/* The rest is under the lock. */
	struct task *next;
	struct task **link;
	size_t asking; /* bytes of `asked`, counted in */
	struct session_lock lock;
	struct store_turn turn; /* in its place, where servers share it */
	bool waits;		/* for its lock */
	uint64_t memory;	/* of work: the key of its session */
	bool again;		/* work begins once more at its end */

	/* A streamed answer; the source holds a reference to the task. */
	struct source source;
	struct text out;
	size_t taken; /* of `out` */
	bool watched; /* the source is still there */
	bool full;    /* the upstream waits until it has taken more */
	bool broken;  /* it ends before the answer does */
	bool ended;   /* nothing more comes to `out` */
	bool done;    /* only the source is left of it */
};

/* A memory on which work has failed `count` times in a row. */
struct setback {
	uint64_t memory;
	int count;
	int64_t until; /* it is left alone; CLOCK_MONOTONIC, microseconds */
};
#define SETBACKS 256

struct tasks {
	struct tasks_options options;
	struct deliveries *deliveries;
	pthread_mutex_t lock;
	pthread_cond_t ended; /* signalled when a task ends */
	struct task *first;
	struct session_locks session_locks;
	struct turns *turns;  /* NULL: this server is alone */
	_Atomic size_t count; /* read without the lock, too */
	size_t requests;      /* of the count; the rest is work on memory */
	size_t bytes;	      /* of copies of requests, and of questions */
	/* By memory; where two share an entry the newer counts. */
	struct setback setbacks[SETBACKS];
	bool draining; /* no work on memory begins */
	bool stopping; /* nothing begins, no lock is given */
};

/* --- the table ---------------------------------------------------------- */

/*
 * Counts the task in.  -1: refused, or (with no reason) work that is under way
 * and will be begun once more.
 */
int table_join(struct task *task, struct error *error);
/* Counts the task out; false: it is to begin once more. */
bool table_leave(struct task *task);
/* Counts the question in, instead of the one before; -1: refused. */
int table_ask(struct task *task, struct error *error);
/* 1: the task holds its lock; 0: it is started when it does; -1: refused. */
int table_join_lock(struct task *task, struct error *error);
/* Gives the lock back; returns the task that holds it now, or NULL. */
struct task *table_leave_lock(struct task *task);
/* A time on the monotonic clock, and a condition that is timed by it. */
struct timespec table_after(int64_t milliseconds);
void table_condition(pthread_cond_t *condition);

/* --- turns --------------------------------------------------------------- */

int turns_start(struct tasks *tasks, struct error *error);
void turns_stop(struct tasks *tasks);
/* 0: the task belongs to others until it is served, or has failed. */
int turns_join(struct task *task);
/* Gives the turn back, which goes on without the task. */
void turns_leave(struct task *task);
/* Under the lock: are all given back? */
bool turns_are_left(const struct tasks *tasks);

/* --- the stream --------------------------------------------------------- */

/* The call's begun() and data(). */
void stream_begun(struct upstream_call *call);
int stream_data(struct upstream_call *call, struct slice bytes);
/* Has the reader much to take? */
bool stream_is_full(struct upstream_call *call);
/* Has the client of an answer gone that is for nobody else? */
bool stream_is_left(struct upstream_call *call);
/* Ends the stream: as the reply says, or with why it failed. */
void stream_end(struct task *task);

/* --- the life ----------------------------------------------------------- */

/* The task holds its lock now. */
void task_served(struct task *task);
/* Ends a task that has failed. */
void task_fail(struct task *task);
void task_free(struct task *task);

static inline struct task *task_of_job(struct job *job)
{
	return (struct task *)(void *)((char *)job -
				       offsetof(struct task, job));
}

static inline struct task *task_of_call(struct upstream_call *call)
{
	return (struct task *)(void *)((char *)call -
				       offsetof(struct task, call));
}

/*
 * The upstream has refused a call: true if the reply says so now.  False: the
 * task has failed, or its next run is to see the refusal.
 */
bool task_take_refusal(struct task *task, const struct error *outcome);

#endif
