/* SPDX-License-Identifier: MIT */
/*
 * task_turns.c - the locks of tasks where several servers share a store: a
 * number is drawn there, in a batch, and a thread asks again and again which
 * ones are served.
 *
 * What is left by a task of this server is handed to the next one at once, if
 * that is of this server too.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/array.h"
#include "schema/clock.h"
#include "server/work/task_parts.h"
#include "server/work/writer.h"

#define LOOK_MS 200  /* while a task waits */
#define LIVE_MS 2000 /* while one is served */

struct turns {
	struct tasks *tasks;
	struct job job; /* a look */
	pthread_t thread;
	int64_t look_at; /* the thread's; monotonic milliseconds */
	int64_t live_at;

	/* The rest is under the lock of the tasks. */
	pthread_cond_t wake;
	bool stopping;
	bool looking; /* the job is the writer's */
	size_t leaving;
	struct store_turn *looked; /* of the job, while it looks */
	size_t count;
	size_t capacity;
};

static int64_t task_turns_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

/* --- a task that is served -------------------------------------------------
 */

/* Under the lock.  The task that waits with this number, or NULL. */
static struct task *task_turns_find(
	const struct tasks *tasks, uint64_t key, int64_t number)
{
	struct task *task = tasks->first;

	while (task && !(task->waits && task->turn.key == key &&
			       task->turn.number == number))
		task = task->next;
	return task;
}

/* Of its own thread from here on, if it waits still. */
static struct task *task_turns_take(
	struct tasks *tasks, uint64_t key, int64_t number)
{
	struct task *task;

	pthread_mutex_lock(&tasks->lock);
	task = task_turns_find(tasks, key, number);
	if (task)
		task->waits = false;
	pthread_mutex_unlock(&tasks->lock);
	return task;
}

/* The thread that looks passes over it from here on. */
static void task_turns_forget(struct task *task)
{
	pthread_mutex_lock(&task->tasks->lock);
	task->has_lock = false;
	pthread_mutex_unlock(&task->tasks->lock);
}

static void task_turns_pass(struct task *task)
{
	task_turns_forget(task);
	error_describe(&task->error, ERROR_UNAVAILABLE,
		"others went before this: ask again");
	task_fail(task);
}

/* --- coming and going ------------------------------------------------------
 */

static int task_turns_run_join(struct job *job, struct store *store)
{
	struct task *task = task_of_job(job);

	task->error = (struct error){ 0 };
	task->failed = store_turn_join(store, &task->turn, &task->error) != 0;
	return task->failed ? -1 : 0;
}

/* True: it waits, and belongs to nobody from then on. */
static bool task_turns_waits(struct task *task)
{
	struct tasks *tasks = task->tasks;
	bool waits;

	pthread_mutex_lock(&tasks->lock);
	waits = task->turn.state == STORE_TURN_WAITS && !tasks->stopping;
	task->has_lock = true;
	task->waits = waits;
	pthread_cond_signal(&tasks->turns->wake);
	pthread_mutex_unlock(&tasks->lock);
	return waits;
}

static void task_turns_joined(struct job *job, const struct error *outcome)
{
	struct task *task = task_of_job(job);
	const bool served = task->turn.state == STORE_TURN_SERVED;

	if (outcome)
		task->error = *outcome;
	if (outcome || task->failed)
		task_fail(task);
	else if (task_turns_waits(task))
		return;
	else if (served)
		task_served(task);
	else
		task_turns_pass(task);
}

int turns_join(struct task *task)
{
	task->turn = (struct store_turn){ .key = task->lock.key };
	task->job = (struct job){
		.accepted = true,
		.alone = true,
		.run = task_turns_run_join,
		.done = task_turns_joined,
	};
	return writer_push(
		task->tasks->options.writer, &task->job, &task->error);
}

/* A turn that is given back; it outlives its task. */
struct task_turns_leaving {
	struct job job;
	struct tasks *tasks;
	struct store_turn turn;
};

static struct task_turns_leaving *task_turns_leaving_of(struct job *job)
{
	return (struct task_turns_leaving *)(void *)job;
}

static int task_turns_run_leave(struct job *job, struct store *store)
{
	struct error ignored = { 0 }; /* it will be passed over */

	return store_turn_leave(
		store, &task_turns_leaving_of(job)->turn, &ignored);
}

static void task_turns_left(struct job *job, const struct error *outcome)
{
	struct task_turns_leaving *leaving = task_turns_leaving_of(job);
	struct tasks *tasks = leaving->tasks;
	struct task *next = NULL;

	if (!outcome)
		next = task_turns_take(
			tasks, leaving->turn.key, leaving->turn.number + 1);
	if (next)
		task_served(next);
	free(leaving);
	pthread_mutex_lock(&tasks->lock);
	tasks->turns->leaving--;
	pthread_cond_signal(&tasks->ended);
	pthread_mutex_unlock(&tasks->lock);
}

static void task_turns_count_leaving(struct tasks *tasks)
{
	pthread_mutex_lock(&tasks->lock);
	tasks->turns->leaving++;
	pthread_mutex_unlock(&tasks->lock);
}

/* Where there is no memory for it, it will be passed over. */
void turns_leave(struct task *task)
{
	struct task_turns_leaving *leaving = calloc(1, sizeof(*leaving));
	struct error error = { 0 };

	task_turns_forget(task);
	if (!leaving)
		return;
	leaving->job = (struct job){
		.accepted = true,
		.alone = true,
		.run = task_turns_run_leave,
		.done = task_turns_left,
	};
	leaving->tasks = task->tasks;
	leaving->turn = task->turn;
	task_turns_count_leaving(task->tasks);
	if (writer_push(task->tasks->options.writer, &leaving->job, &error))
		task_turns_left(&leaving->job, &error);
}

bool turns_are_left(const struct tasks *tasks)
{
	return !tasks->turns || tasks->turns->leaving == 0;
}

/* --- looking ---------------------------------------------------------------
 */

static struct turns *task_turns_of_look(struct job *job)
{
	return (struct turns *)(void *)((char *)job -
					offsetof(struct turns, job));
}

static int task_turns_run_look(struct job *job, struct store *store)
{
	struct turns *turns = task_turns_of_look(job);
	struct error ignored = { 0 }; /* the next look comes soon */

	return store_turn_look(store, turns->looked, turns->count, &ignored);
}

static void task_turns_act(struct tasks *tasks, const struct store_turn *turn)
{
	struct task *task;

	if (turn->state == STORE_TURN_WAITS)
		return;
	task = task_turns_take(tasks, turn->key, turn->number);
	if (task && turn->state == STORE_TURN_SERVED)
		task_served(task);
	else if (task)
		task_turns_pass(task);
}

static void task_turns_looked(struct job *job, const struct error *outcome)
{
	struct turns *turns = task_turns_of_look(job);

	for (size_t i = 0; !outcome && i < turns->count; i++)
		task_turns_act(turns->tasks, &turns->looked[i]);
	pthread_mutex_lock(&turns->tasks->lock);
	turns->looking = false;
	pthread_cond_signal(&turns->wake);
	pthread_mutex_unlock(&turns->tasks->lock);
}

/* Under the lock.  Takes up what waits and, now and then, what is served. */
static void task_turns_gather(struct turns *turns, int64_t now)
{
	const bool all = now >= turns->live_at;
	struct store_turn *looked;

	turns->count = 0;
	for (const struct task *task = turns->tasks->first; task;
		task = task->next) {
		if (!task->has_lock || !(task->waits || all))
			continue;
		looked = array_room(turns->looked, &turns->capacity,
			turns->count, sizeof(*looked));
		if (!looked)
			return;
		turns->looked = looked;
		turns->looked[turns->count] = task->turn;
		turns->looked[turns->count++].state = STORE_TURN_WAITS;
	}
	if (all)
		turns->live_at = now + LIVE_MS;
}

/* By their keys, as everybody takes them. */
static int task_turns_order(const void *left, const void *right)
{
	const struct store_turn *a = left, *b = right;

	return a->key < b->key ? -1 : a->key > b->key;
}

/* Under the lock, which it leaves meanwhile. */
static void task_turns_look(struct turns *turns)
{
	struct error error = { 0 };

	task_turns_gather(turns, task_turns_now_ms());
	if (turns->count == 0)
		return;
	qsort(turns->looked, turns->count, sizeof(*turns->looked),
		task_turns_order);
	turns->job = (struct job){
		.accepted = true,
		.alone = true,
		.run = task_turns_run_look,
		.done = task_turns_looked,
	};
	turns->looking = true;
	pthread_mutex_unlock(&turns->tasks->lock);
	if (writer_push(turns->tasks->options.writer, &turns->job, &error))
		task_turns_looked(&turns->job, &error);
	pthread_mutex_lock(&turns->tasks->lock);
}

static void *task_turns_main(void *context)
{
	struct turns *turns = context;
	struct tasks *tasks = turns->tasks;
	struct timespec at;

	pthread_mutex_lock(&tasks->lock);
	while (!turns->stopping || turns->looking) {
		at = table_after(LOOK_MS);
		pthread_cond_timedwait(&turns->wake, &tasks->lock, &at);
		if (turns->looking || turns->stopping ||
			task_turns_now_ms() < turns->look_at)
			continue;
		turns->look_at = task_turns_now_ms() + LOOK_MS;
		task_turns_look(turns);
	}
	pthread_mutex_unlock(&tasks->lock);
	return NULL;
}

int turns_start(struct tasks *tasks, struct error *error)
{
	struct turns *turns = calloc(1, sizeof(*turns));
	int failure;

	if (!turns)
		return error_out_of_memory(error);
	turns->tasks = tasks;
	table_condition(&turns->wake);
	failure = pthread_create(&turns->thread, NULL, task_turns_main, turns);
	if (failure) {
		pthread_cond_destroy(&turns->wake);
		free(turns);
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot start a thread: %s", strerror(failure));
	}
	tasks->turns = turns;
	return 0;
}

void turns_stop(struct tasks *tasks)
{
	struct turns *turns = tasks->turns;

	if (!turns)
		return;
	pthread_mutex_lock(&tasks->lock);
	turns->stopping = true;
	pthread_cond_signal(&turns->wake);
	pthread_mutex_unlock(&tasks->lock);
	pthread_join(turns->thread, NULL);
	pthread_cond_destroy(&turns->wake);
	free(turns->looked);
	free(turns);
}
