/* SPDX-License-Identifier: MIT */
/*
 * task_unit.h - what the tests of tasks share: lanes over a real store, and
 * viewers that wait for the replies.
 */
#ifndef TESTS_UNIT_TASK_UNIT_H
#define TESTS_UNIT_TASK_UNIT_H

#include "server/work/task.h"

#include "server/observe/metrics.h"
#include "server/work/readers.h"
#include "server/work/writer.h"
#include "tests/unit/task_handler.h"

/* --- a server without sockets ----------------------------------------- */

static struct writer *writer;
static struct readers *readers;
static struct tasks *tasks;
static atomic_int grown_count;
static struct metrics metrics;

static inline void grown(void *context, uint64_t key)
{
	(void)context;
	(void)key;
	atomic_fetch_add(&grown_count, 1);
}

static inline void ignore(void *context)
{
	(void)context;
}

static inline void ignore_line(void *context, const char *line)
{
	(void)context;
	(void)line;
}

static inline void start_lanes(void)
{
	static const struct writer_options writer_options = {
		.erase_ms = 1000,
		.fatal = ignore,
		.warn = ignore_line,
	};
	static const struct store_options store_options = { .url = path };
	const struct readers_options readers_options = {
		.threads = 2,
		.store = &store_options,
	};
	struct store *store;

	scratch_file();
	store = open_store(STORE_WRITE);
	ok(store_begin(store, &error));
	make(store, "alice");
	ok(store_commit(store, &error));
	/* Their queues are full from the start: tasks do not mind. */
	ok(writer_start(&writer, store, &writer_options, &error));
	ok(readers_start(&readers, &readers_options, &error));
}

static inline void start_with(size_t count_max, size_t bytes_max)
{
	struct tasks_options options = {
		.handle = handle,
		.count_max = count_max,
		.bytes_max = bytes_max,
		.reflect = (const void *)&work_route,
		.grown = grown,
		.metrics = &metrics,
	};

	start_lanes();
	sem_init(&model_server.pushed, 0, 0);
	sem_init(&work_runs, 0, 0);
	sem_init(&work_goes, 0, 0);
	options.readers = readers;
	options.writer = writer;
	ok(tasks_new(&tasks, &options, &error));
}

static inline void start(void)
{
	start_with(100, 1 << 20);
}

/* A task may still be on its way out when its viewer has been told. */
static inline void wait_until_all_left(void)
{
	while (atomic_load(metrics.gauges[METRICS_TASKS]) > 0)
		usleep(1000);
}

static inline void stop(void)
{
	tasks_drain(tasks, 600000);
	tasks_free(tasks);
	readers_stop(readers);
	writer_stop(writer);
	scratch_end();
}

/* --- who waits -------------------------------------------------------- */

struct view {
	struct task_viewer viewer; /* the first member */
	struct reply reply;
	struct error error;
	sem_t told;
	int order; /* of being told */
};

static atomic_int told_count;

static inline void told(struct task_viewer *viewer, struct reply *reply,
	const struct error *why)
{
	struct view *view = (struct view *)viewer;

	view->reply = *reply;
	*reply = (struct reply){ 0 };
	if (why)
		view->error = *why;
	view->order = atomic_fetch_add(&told_count, 1);
	sem_post(&view->told);
}

/* Makes the first run, as a socket's thread does, and begins the task. */
static inline int begin(struct view *view, const char *tenant,
	const char *session, const char *letters, struct error *why)
{
	struct request request = {
		.tenant = slice_of(tenant),
		.segments = { SLICE("sessions"), slice_of(session) },
		.segment_count = 2,
	};
	struct reply reply = { 0 };
	const struct task_start start = { &request, &reply, &view->viewer };
	struct task *task;

	*view = (struct view){ .viewer.told = told };
	sem_init(&view->told, 0, 0);
	text_string(&request.buffer, letters);
	request.body = text_view(&request.buffer);
	do_letter(NULL, &request, letters[0], &reply, why);
	if (task_new(&task, tasks, &start, why)) {
		reply_clear(&reply);
		request_clear(&request);
		return -1;
	}
	task_go(task);
	return 0;
}

static inline void view_end(struct view *view)
{
	reply_clear(&view->reply);
}

/* It was told this body. */
#define replies(view, words)                                                   \
	do {                                                                   \
		sem_wait(&(view)->told);                                       \
		ck_assert_msg((view)->error.code == ERROR_NONE, "refused: %s", \
			(view)->error.message);                                \
		is(text_view(&(view)->reply.body), words);                     \
		view_end(view);                                                \
	} while (0)

/* It was told this refusal. */
#define refuses(view, reason, words)                            \
	do {                                                    \
		sem_wait(&(view)->told);                        \
		ck_assert_int_eq((view)->error.code, reason);   \
		ck_assert_str_eq((view)->error.message, words); \
		view_end(view);                                 \
	} while (0)

#endif
