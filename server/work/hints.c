/* SPDX-License-Identifier: MIT */
/* hints.c - a thread that tells of changes, and hears of others'. */
#include "server/work/hints.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/store/change_feed.h"
#include "core/store/hints.h"
#include "schema/error.h"

#define GATHER_MS 10
#define LOOK_MS	  1000 /* between two looks at a lost connection */

struct hints {
	struct hints_options options;
	struct store_hints *store; /* the thread's; NULL: lost */
	pthread_t thread;
	int wake;	       /* readable: there is something for the thread */
	pthread_mutex_t mutex; /* of the rest */
	struct store_changes told;
	bool stopping;
};

/* --- the thread ----------------------------------------------------------- */

static void hints_pause(int milliseconds)
{
	const struct timespec pause = { .tv_sec = milliseconds / 1000,
		.tv_nsec = milliseconds % 1000 * 1000000L };

	nanosleep(&pause, NULL);
}

/* Whatever happened while nobody listened. */
static void hints_heard_all(const struct hints *hints)
{
	const struct store_changes all = { .all = true };

	hints->options.heard(hints->options.context, &all);
}

static void hints_lose(struct hints *hints, const struct error *why)
{
	if (hints->store)
		hints->options.warn(hints->options.context, why->message);
	store_hints_close(hints->store);
	hints->store = NULL;
}

/* Takes what is to be told; false: nothing. */
static bool hints_take(struct hints *hints, struct store_changes *changes)
{
	pthread_mutex_lock(&hints->mutex);
	*changes = hints->told;
	hints->told.count = 0;
	hints->told.all = false;
	pthread_mutex_unlock(&hints->mutex);
	return changes->count > 0 || changes->all;
}

static void hints_round(struct hints *hints)
{
	const struct hint_visitor visitor = { hints->options.heard,
		hints->options.context };
	struct store_changes changes;
	struct error error = { 0 };
	eventfd_t count;

	if (store_hints_wait(
		    hints->store, hints->wake, LOOK_MS, visitor, &error)) {
		hints_lose(hints, &error);
		return;
	}
	eventfd_read(hints->wake, &count);
	if (!hints_take(hints, &changes))
		return;
	if (store_hints_tell(hints->store, &changes, &error))
		hints_lose(hints, &error);
	hints_pause(GATHER_MS);
}

static bool hints_is_stopping(struct hints *hints)
{
	bool stopping;

	pthread_mutex_lock(&hints->mutex);
	stopping = hints->stopping;
	pthread_mutex_unlock(&hints->mutex);
	return stopping;
}

static void *hints_main(void *context)
{
	struct hints *hints = context;
	struct error ignored = { 0 };

	while (!hints_is_stopping(hints)) {
		if (hints->store)
			hints_round(hints);
		else if (store_hints_open(&hints->store, hints->options.url,
				 &ignored) == 0)
			hints_heard_all(hints);
		else
			hints_pause(LOOK_MS);
	}
	return NULL;
}

/* --- for other threads ---------------------------------------------------- */

static void hints_free(struct hints *hints)
{
	store_hints_close(hints->store);
	if (hints->wake >= 0)
		close(hints->wake);
	pthread_mutex_destroy(&hints->mutex);
	free(hints);
}

static int hints_open_first(struct hints *hints, struct error *error)
{
	struct error why = { 0 };

	if (store_hints_open(&hints->store, hints->options.url, &why) == 0)
		return 0;
	return error_set(error, why.code, "--db-listen: %s", why.message);
}

int hints_start(struct hints **out, const struct hints_options *options,
	struct error *error)
{
	struct hints *hints = calloc(1, sizeof(*hints));

	*out = NULL;
	if (!hints)
		return error_out_of_memory(error);
	hints->options = *options;
	hints->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_mutex_init(&hints->mutex, NULL);
	if (hints_open_first(hints, error) || hints->wake < 0 ||
		pthread_create(&hints->thread, NULL, hints_main, hints)) {
		if (error->code == ERROR_NONE)
			error_describe(error, ERROR_UNAVAILABLE,
				"cannot start the thread of the hints");
		hints_free(hints);
		return -1;
	}
	*out = hints;
	return 0;
}

void hints_tell(struct hints *hints, const struct store_changes *changes)
{
	struct store_changes *told;

	if (!hints)
		return;
	told = &hints->told;
	pthread_mutex_lock(&hints->mutex);
	told->all = told->all || changes->all ||
		    told->count + changes->count > STORE_CHANGES_MAX;
	for (size_t i = 0; !told->all && i < changes->count; i++)
		told->keys[told->count++] = changes->keys[i];
	pthread_mutex_unlock(&hints->mutex);
	eventfd_write(hints->wake, 1);
}

void hints_stop(struct hints *hints)
{
	if (!hints)
		return;
	pthread_mutex_lock(&hints->mutex);
	hints->stopping = true;
	pthread_mutex_unlock(&hints->mutex);
	eventfd_write(hints->wake, 1);
	pthread_join(hints->thread, NULL);
	hints_free(hints);
}
