/* SPDX-License-Identifier: MIT */
/* task_table.c - all errands of a server: bounds, turns, the drain. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "core/store/change_feed.h"
#include "server/observe/clock.h"
#include "server/observe/metrics.h"
#include "server/work/task_parts.h"

static int refuse(struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE, "shutting down");
}

/* --- coming and going ---------------------------------------------------- */

static bool is_work(const struct errand *errand)
{
	return !errand->viewer;
}

/* Work on this memory that is under way, or NULL. */
static struct errand *find_work(const struct errands *errands, uint64_t memory)
{
	struct errand *errand = errands->first;

	while (errand && !(is_work(errand) && errand->memory == memory))
		errand = errand->next;
	return errand;
}

/* --- work that fails ----------------------------------------------------- */

#define REST_US	  250000 /* after the first failure; twice after each more */
#define DOUBLINGS 10

static bool rests(const struct errands *errands, uint64_t memory)
{
	const struct setback *setback = &errands->setbacks[memory % SETBACKS];

	return setback->memory == memory &&
	       setback->until > clock_us(CLOCK_MONOTONIC);
}

/* Every load may ask for it, and every try may cost money. */
static void note_end(const struct errand *errand)
{
	struct setback *setback =
		&errand->errands->setbacks[errand->memory % SETBACKS];
	const bool same = setback->memory == errand->memory;
	const int count = same ? setback->count : 0;

	if (errand->failed)
		*setback = (struct setback){
			.memory = errand->memory,
			.count = count + (count < DOUBLINGS),
			.until = clock_us(CLOCK_MONOTONIC) +
				 ((int64_t)REST_US << count),
		};
	else if (same)
		*setback = (struct setback){ 0 };
}

/* --- coming in ----------------------------------------------------------- */

static int admit_work(const struct errand *errand)
{
	const struct errands *errands = errand->errands;
	struct errand *twin = find_work(errands, errand->memory);

	if (twin)
		twin->again = true;
	/* Half of the places are for requests. */
	return twin || rests(errands, errand->memory) ||
			       errands->count - errands->requests >=
				       (errands->options.count_max + 1) / 2
		       ? -1
		       : 0;
}

static int admit(const struct errand *errand, struct error *error)
{
	const struct errands *errands = errand->errands;
	const struct errands_options *options = &errands->options;

	if (errands->stopping || (errands->draining && is_work(errand)))
		return refuse(error);
	if (is_work(errand) && admit_work(errand))
		return -1;
	if (errands->count >= options->count_max ||
		errands->bytes + errand->size > options->bytes_max)
		return error_set(error, ERROR_UNAVAILABLE,
			"%zu requests wait for a language model already",
			errands->count);
	return 0;
}

static void link_in(struct errand *errand)
{
	struct errands *errands = errand->errands;

	errand->next = errands->first;
	errand->link = &errands->first;
	if (errand->next)
		errand->next->link = &errand->next;
	errands->first = errand;
	errands->count++;
	errands->requests += !is_work(errand);
	errands->bytes += errand->size;
}

static void link_out(struct errand *errand)
{
	struct errands *errands = errand->errands;

	*errand->link = errand->next;
	if (errand->next)
		errand->next->link = errand->link;
	errands->count--;
	errands->requests -= !is_work(errand);
	errands->bytes -= errand->size + errand->asking;
	pthread_cond_signal(&errands->ended);
}

int table_join(struct errand *errand, struct error *error)
{
	struct errands *errands = errand->errands;
	const struct request *request = errand->request;
	int result;

	if (is_work(errand))
		errand->memory = store_session_key(
			request->tenant, request->segments[1]);
	pthread_mutex_lock(&errands->lock);
	result = admit(errand, error);
	if (!result)
		link_in(errand);
	pthread_mutex_unlock(&errands->lock);
	return result;
}

bool table_leave(struct errand *errand)
{
	struct errands *errands = errand->errands;
	bool again, gone;

	pthread_mutex_lock(&errands->lock);
	if (is_work(errand))
		note_end(errand);
	again = errand->again && !errand->failed && !errands->draining;
	errand->again = false;
	gone = !again && !errand->watched;
	errand->done = !again;
	if (!again)
		link_out(errand);
	pthread_mutex_unlock(&errands->lock);
	if (gone)
		errand_free(errand);
	return !again;
}

int table_ask(struct errand *errand, struct error *error)
{
	struct errands *errands = errand->errands;
	const size_t most = errands->options.bytes_max;
	int result = 0;
	size_t others;

	pthread_mutex_lock(&errands->lock);
	others = errands->bytes - errand->asking;
	if (others + errand->asked.length > most) {
		result = error_set(error, ERROR_UNAVAILABLE,
			"too much waits for a language model already");
	} else {
		errand->asking = errand->asked.length;
		errands->bytes = others + errand->asking;
	}
	pthread_mutex_unlock(&errands->lock);
	return result;
}

/* --- turns --------------------------------------------------------------- */

int table_join_turn(struct errand *errand, struct error *error)
{
	struct errands *errands = errand->errands;
	int result = -1;

	pthread_mutex_lock(&errands->lock);
	if (errands->stopping) {
		refuse(error);
	} else {
		errand->has_turn = true;
		result = turns_join(&errands->turns, &errand->turn);
		errand->waits = !result;
	}
	pthread_mutex_unlock(&errands->lock);
	return result;
}

static struct errand *errand_of_turn(struct turn *turn)
{
	return turn ? (struct errand *)(void *)((char *)turn -
						offsetof(struct errand, turn))
		    : NULL;
}

/* Under the lock. */
static struct errand *pass_turn(struct errand *errand)
{
	struct errands *errands = errand->errands;
	struct errand *next =
		errand_of_turn(turns_leave(&errands->turns, &errand->turn));

	errand->has_turn = false;
	errand->waits = false;
	if (next)
		next->waits = false;
	return next;
}

struct errand *table_leave_turn(struct errand *errand)
{
	struct errands *errands = errand->errands;
	struct errand *next;

	pthread_mutex_lock(&errands->lock);
	next = pass_turn(errand);
	pthread_mutex_unlock(&errands->lock);
	return next;
}

/* --- the drain ----------------------------------------------------------- */

/* Takes one out of its line; NULL: nobody waits. */
static struct errand *take_waiting(struct errands *errands)
{
	struct errand *errand = errands->first;

	while (errand && !errand->waits)
		errand = errand->next;
	if (errand)
		pass_turn(errand);
	return errand;
}

/* Nobody gets a turn any more, and the upstream's answers are given up. */
static void give_up(struct errands *errands)
{
	struct errand *errand;

	errands->stopping = true;
	while ((errand = take_waiting(errands))) {
		pthread_mutex_unlock(&errands->lock);
		refuse(&errand->error);
		errand_fail(errand);
		pthread_mutex_lock(&errands->lock);
	}
	pthread_mutex_unlock(&errands->lock);
	caller_stop(errands->options.caller);
	pthread_mutex_lock(&errands->lock);
}

static struct timespec after(int64_t milliseconds)
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

void errands_drain(struct errands *errands, int64_t milliseconds)
{
	const struct timespec deadline = after(milliseconds);
	int waited = 0;

	pthread_mutex_lock(&errands->lock);
	errands->draining = true;
	while (errands->requests > 0 && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(
			&errands->ended, &errands->lock, &deadline);
	give_up(errands);
	while (errands->count > 0)
		pthread_cond_wait(&errands->ended, &errands->lock);
	pthread_mutex_unlock(&errands->lock);
}

/* --- for everybody ------------------------------------------------------- */

int errands_new(struct errands **out, const struct errands_options *options,
	struct error *error)
{
	struct errands *errands = calloc(1, sizeof(*errands));
	pthread_condattr_t attributes;

	*out = errands;
	if (!errands)
		return error_out_of_memory(error);
	errands->options = *options;
	pthread_mutex_init(&errands->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&errands->ended, &attributes);
	pthread_condattr_destroy(&attributes);
	metrics_watch(options->metrics, METRICS_ERRANDS, &errands->count);
	return 0;
}

void errands_free(struct errands *errands)
{
	if (!errands)
		return;
	pthread_cond_destroy(&errands->ended);
	pthread_mutex_destroy(&errands->lock);
	free(errands);
}
