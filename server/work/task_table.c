/* SPDX-License-Identifier: MIT */
/* task_table.c - all tasks of a server: bounds, locks, the drain. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "core/store/change_feed.h"
#include "schema/clock.h"
#include "server/observe/deliveries.h"
#include "server/observe/metrics.h"
#include "server/work/task_parts.h"

static int task_table_refuse(struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE, "shutting down");
}

/* --- coming and going ---------------------------------------------------- */

static bool task_table_is_work(const struct task *task)
{
	return !task->viewer;
}

/* Work on this memory that is under way, or NULL. */
static struct task *task_table_find_work(
	const struct tasks *tasks, uint64_t memory)
{
	struct task *task = tasks->first;

	while (task && !(task_table_is_work(task) && task->memory == memory))
		task = task->next;
	return task;
}

/* --- work that fails ----------------------------------------------------- */

#define REST_US	  250000 /* after the first failure; twice after each more */
#define DOUBLINGS 10

static bool task_table_rests(const struct tasks *tasks, uint64_t memory)
{
	const struct setback *setback = &tasks->setbacks[memory % SETBACKS];

	return setback->memory == memory &&
	       setback->until > clock_us(CLOCK_MONOTONIC);
}

/* Every load may ask for the work, and every attempt may cost money. */
static void task_table_note_end(const struct task *task)
{
	struct setback *setback =
		&task->tasks->setbacks[task->memory % SETBACKS];
	const bool same = setback->memory == task->memory;
	const int count = same ? setback->count : 0;

	if (task->failed)
		*setback = (struct setback){
			.memory = task->memory,
			.count = count + (count < DOUBLINGS),
			.until = clock_us(CLOCK_MONOTONIC) +
				 ((int64_t)REST_US << count),
		};
	else if (same)
		*setback = (struct setback){ 0 };
}

/* --- coming in ----------------------------------------------------------- */

static int task_table_admit_work(const struct task *task)
{
	const struct tasks *tasks = task->tasks;
	struct task *duplicate = task_table_find_work(tasks, task->memory);

	if (duplicate)
		duplicate->again = true;
	/* Half of the tasks are kept for requests. */
	return duplicate || task_table_rests(tasks, task->memory) ||
			       tasks->count - tasks->requests >=
				       (tasks->options.count_max + 1) / 2
		       ? -1
		       : 0;
}

static int task_table_admit(const struct task *task, struct error *error)
{
	const struct tasks *tasks = task->tasks;
	const struct tasks_options *options = &tasks->options;

	if (tasks->stopping || (tasks->draining && task_table_is_work(task)))
		return task_table_refuse(error);
	if (task_table_is_work(task) && task_table_admit_work(task))
		return -1;
	if (tasks->count >= options->count_max ||
		tasks->bytes + task->size > options->bytes_max)
		return error_set(error, ERROR_UNAVAILABLE,
			"%zu requests wait for a language model already",
			tasks->count);
	return 0;
}

static void task_table_link_in(struct task *task)
{
	struct tasks *tasks = task->tasks;

	task->next = tasks->first;
	task->link = &tasks->first;
	if (task->next)
		task->next->link = &task->next;
	tasks->first = task;
	tasks->count++;
	tasks->requests += !task_table_is_work(task);
	tasks->bytes += task->size;
}

static void task_table_link_out(struct task *task)
{
	struct tasks *tasks = task->tasks;

	*task->link = task->next;
	if (task->next)
		task->next->link = task->link;
	tasks->count--;
	tasks->requests -= !task_table_is_work(task);
	tasks->bytes -= task->size + task->asking;
	pthread_cond_signal(&tasks->ended);
}

int table_join(struct task *task, struct error *error)
{
	struct tasks *tasks = task->tasks;
	const struct request *request = task->request;
	int result;

	if (task_table_is_work(task))
		task->memory = store_session_key((struct session_ref){
			request->tenant, request->segments[1] });
	pthread_mutex_lock(&tasks->lock);
	result = task_table_admit(task, error);
	if (!result)
		task_table_link_in(task);
	pthread_mutex_unlock(&tasks->lock);
	return result;
}

bool table_leave(struct task *task)
{
	struct tasks *tasks = task->tasks;
	bool again, gone;

	pthread_mutex_lock(&tasks->lock);
	if (task_table_is_work(task))
		task_table_note_end(task);
	again = task->again && !task->failed && !tasks->draining;
	task->again = false;
	gone = !again && !task->watched;
	task->done = !again;
	if (!again)
		task_table_link_out(task);
	pthread_mutex_unlock(&tasks->lock);
	if (gone)
		task_free(task);
	return !again;
}

int table_ask(struct task *task, struct error *error)
{
	struct tasks *tasks = task->tasks;
	const size_t most = tasks->options.bytes_max;
	int result = 0;
	size_t others;

	pthread_mutex_lock(&tasks->lock);
	others = tasks->bytes - task->asking;
	if (others + task->asked.length > most) {
		result = error_set(error, ERROR_UNAVAILABLE,
			"too much waits for a language model already");
	} else {
		task->asking = task->asked.length;
		tasks->bytes = others + task->asking;
	}
	pthread_mutex_unlock(&tasks->lock);
	return result;
}

/* --- locks --------------------------------------------------------------- */

int table_join_lock(struct task *task, struct error *error)
{
	struct tasks *tasks = task->tasks;
	int result = -1;

	pthread_mutex_lock(&tasks->lock);
	if (tasks->stopping) {
		task_table_refuse(error);
	} else {
		task->has_lock = true;
		result = session_lock_join(&tasks->session_locks, &task->lock);
		task->waits = !result;
	}
	pthread_mutex_unlock(&tasks->lock);
	return result;
}

static struct task *task_table_of_lock(struct session_lock *lock)
{
	return lock ? (struct task *)(void *)((char *)lock -
					      offsetof(struct task, lock))
		    : NULL;
}

/* Under the lock. */
static struct task *task_table_pass_lock(struct task *task)
{
	struct tasks *tasks = task->tasks;
	struct task *next = NULL;

	if (!tasks->turns)
		next = task_table_of_lock(
			session_lock_leave(&tasks->session_locks, &task->lock));
	task->has_lock = false;
	task->waits = false;
	if (next)
		next->waits = false;
	return next;
}

struct task *table_leave_lock(struct task *task)
{
	struct tasks *tasks = task->tasks;
	struct task *next;

	assert(task->has_lock);
	pthread_mutex_lock(&tasks->lock);
	next = task_table_pass_lock(task);
	pthread_mutex_unlock(&tasks->lock);
	return next;
}

/* --- the drain ----------------------------------------------------------- */

/* Takes one that waits out of its line; NULL: none waits. */
static struct task *task_table_take_waiting(struct tasks *tasks)
{
	struct task *task = tasks->first;

	while (task && !task->waits)
		task = task->next;
	if (task)
		task_table_pass_lock(task);
	return task;
}

/* Gives no lock any more, and gives the upstream's answers up. */
static void task_table_give_up(struct tasks *tasks)
{
	struct task *task;

	tasks->stopping = true;
	while ((task = task_table_take_waiting(tasks))) {
		pthread_mutex_unlock(&tasks->lock);
		task_table_refuse(&task->error);
		task_fail(task);
		pthread_mutex_lock(&tasks->lock);
	}
	pthread_mutex_unlock(&tasks->lock);
	upstream_stop(tasks->options.upstream);
	pthread_mutex_lock(&tasks->lock);
}

struct timespec table_after(int64_t milliseconds)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += milliseconds / 1000;
	at.tv_nsec += milliseconds % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	return at;
}

void tasks_drain(struct tasks *tasks, int64_t milliseconds)
{
	const struct timespec deadline = table_after(milliseconds);
	int waited = 0;

	pthread_mutex_lock(&tasks->lock);
	tasks->draining = true;
	while (tasks->requests > 0 && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(
			&tasks->ended, &tasks->lock, &deadline);
	task_table_give_up(tasks);
	while (tasks->count > 0 || !turns_are_left(tasks))
		pthread_cond_wait(&tasks->ended, &tasks->lock);
	pthread_mutex_unlock(&tasks->lock);
}

void table_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* --- for other threads --------------------------------------------------- */

int tasks_new(struct tasks **out, const struct tasks_options *options,
	struct error *error)
{
	struct tasks *tasks = calloc(1, sizeof(*tasks));

	assert(options->handle && options->readers && options->writer);
	*out = tasks;
	if (!tasks)
		return error_out_of_memory(error);
	tasks->options = *options;
	if (deliveries_new(
		    &tasks->deliveries, clock_ms(CLOCK_REALTIME), error)) {
		free(tasks);
		*out = NULL;
		return -1;
	}
	pthread_mutex_init(&tasks->lock, NULL);
	table_condition(&tasks->ended);
	metrics_watch(options->metrics, METRICS_TASKS, &tasks->count);
	if (!options->shared || turns_start(tasks, error) == 0)
		return 0;
	tasks_free(tasks);
	*out = NULL;
	return -1;
}

struct deliveries *tasks_deliveries(const struct tasks *tasks)
{
	return tasks ? tasks->deliveries : NULL;
}

void tasks_free(struct tasks *tasks)
{
	if (!tasks)
		return;
	assert(tasks->count == 0); /* tasks_drain() came first */
	turns_stop(tasks);
	deliveries_free(tasks->deliveries);
	pthread_cond_destroy(&tasks->ended);
	pthread_mutex_destroy(&tasks->lock);
	free(tasks);
}
