/* SPDX-License-Identifier: MIT */
/*
 * task.h - a request that takes several runs of its handler.
 *
 * It goes from lane to lane as the replies say (enum api_next), holds no thread
 * while it waits, and belongs to one thread at a time.  Once begun it goes on
 * to its end, whether or not its client is still there: whatever waits for the
 * answer is only a viewer.
 */
#ifndef SERVER_WORK_TASK_H
#define SERVER_WORK_TASK_H

#include "server/api/reply.h"
#include "server/api/request.h"

struct upstream;
struct task;
struct tasks;
struct deliveries;
struct memories;
struct metrics;
struct readers;
struct writer;

struct store;
struct store_expected;

struct tasks_options {
	/* api_handle() */
	int (*handle)(struct store *store, const struct request *request,
		struct reply *reply, struct error *error);
	/* api_expect(); NULL: the writer is told nothing */
	void (*expect)(
		const struct request *request, struct store_expected *expected);
	struct readers *readers;
	struct writer *writer;
	struct upstream *upstream;
	bool shared;	  /* store_has_turns() */
	size_t count_max; /* tasks at a time */
	size_t bytes_max; /* of all their requests and questions */
	/* The route that works on a session's memory; NULL: nothing does. */
	const struct api_route *reflect;
	const struct memories *memories;
	/*
	 * Called when the streamed answer of this source->key has grown; from
	 * any thread.
	 */
	void (*grown)(void *context, uint64_t key);
	void *context;
	struct metrics *metrics; /* borrowed; NULL: none */
};

/* All tasks of a server.  The options' parts must outlive the drain. */
int tasks_new(struct tasks **out, const struct tasks_options *options,
	struct error *error);

/*
 * From now on no task begins.  Returns when there is none any more: tasks of
 * requests have `milliseconds` to end by themselves, then those that wait for a
 * lock or for the upstream are refused.  Work on memory is refused at once.
 */
void tasks_drain(struct tasks *tasks, int64_t milliseconds);

/*
 * Frees them, after the drain and when no source of a task is left.  Accepts
 * NULL.
 */
void tasks_free(struct tasks *tasks);

/* The replies of turns that their clients may not have got; or NULL. */
struct deliveries *tasks_deliveries(const struct tasks *tasks);

/* Waits for the answer; its owner embeds it. */
struct task_viewer {
	/*
	 * Called once, from any thread, with the reply, which is the viewer's
	 * from here on, and NULL or why it is to be refused.  A streamed answer
	 * is a reply with a source; the viewer is told when it has begun.
	 */
	void (*told)(struct task_viewer *viewer, struct reply *reply,
		const struct error *error);
	/*
	 * Called once before, from any thread, for a reply that is not
	 * streamed: has the client gone?  NULL: nobody knows.
	 */
	bool (*gone)(struct task_viewer *viewer);
};

/*
 * The start of a task: a request whose run has just made this reply, which asks
 * for a next run.
 */
struct task_start {
	struct request *request; /* is copied; its body and input are taken */
	struct reply *reply;	 /* is taken */
	struct task_viewer *viewer; /* NULL: no viewer waits for the answer */
};

/*
 * Makes a task of it.  ERROR_UNAVAILABLE when there are too many or none may
 * begin; then nothing is taken.
 */
int task_new(struct task **out, struct tasks *tasks,
	const struct task_start *start, struct error *error);

/* Starts the task, which is not the caller's any more. */
void task_go(struct task *task);

/*
 * Begins work on the memory of a session, as the replies of requests ask for.
 * There is one such task for a session: if it is under way it is begun once
 * more when it has ended.  Work that fails is tried again when it is asked for
 * again after a while, from a quarter of a second on, twice as long each time
 * up to four minutes.  Requests go first: work has half of the tasks.
 */
void tasks_reflect(struct tasks *tasks, struct slice tenant, struct slice name);

#endif
