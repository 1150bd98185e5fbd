/* SPDX-License-Identifier: MIT */
/*
 * watch.c - what other servers do to the sessions that are followed here.
 *
 * Once a second a reader asks for the versions of all of them, in one
 * statement, and the notifier is told of those that moved.  A session that was
 * not asked for before counts as moved: it may have been between the look of
 * its follower and this one.
 */
#include "server/http/exchange.h"
#include "server/http/waiter.h"

#include <stdlib.h>
#include <string.h>

#include "core/store/change_feed.h"
#include "schema/array.h"
#include "schema/error.h"
#include "server/work/readers.h"

#define LOOK_MILLISECONDS 1000

/* A session that is followed. */
struct watch_session {
	uint64_t key;
	size_t tenant; /* bytes of the names, which are in one text */
	size_t name;
	size_t at;
	struct store_version is;
};

struct watch_list {
	struct watch_session *all; /* by key, each once */
	size_t count;
	size_t capacity;
	struct text names;
};

struct watch {
	struct job job; /* a look */
	struct httpd *httpd;
	int64_t look_at; /* the timer's */
	_Atomic bool looking;
	/* The rest is the timer's, and the job's while it looks. */
	struct watch_list now;
	struct watch_list before;
};

/* --- what is followed ----------------------------------------------------- */

static void watch_add(void *context, const struct waiter *waiter)
{
	struct watch_list *list = context;
	struct watch_session *all = array_room(
		list->all, &list->capacity, list->count, sizeof(*all));

	if (!all)
		return;
	list->all = all;
	all[list->count++] = (struct watch_session){
		.key = waiter->key,
		.tenant = waiter->ref.tenant.length,
		.name = waiter->ref.name.length,
		.at = list->names.length,
	};
	text_slice(&list->names, waiter->ref.tenant);
	text_slice(&list->names, waiter->ref.name);
}

static int watch_order(const void *left, const void *right)
{
	const struct watch_session *a = left, *b = right;

	return a->key < b->key ? -1 : a->key > b->key;
}

/* Two sessions may have one key: then the other one is read again later. */
static void watch_sort(struct watch_list *list)
{
	size_t count = 0;

	if (list->count == 0)
		return;
	qsort(list->all, list->count, sizeof(*list->all), watch_order);
	for (size_t i = 0; i < list->count; i++)
		if (i == 0 || list->all[i].key != list->all[count - 1].key)
			list->all[count++] = list->all[i];
	list->count = count;
}

static void watch_gather(struct watch *watch)
{
	struct watch_list *list = &watch->now;

	list->count = 0;
	list->names.length = 0;
	notifier_visit(watch->httpd->options.notifier, watch_add, list);
	watch_sort(list);
}

/* --- a look --------------------------------------------------------------- */

static struct watch *watch_of(struct job *job)
{
	return (struct watch *)(void *)job;
}

static void watch_name(const struct watch_list *list, struct session_ref *refs)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct watch_session *session = &list->all[i];
		const char *names = list->names.data + session->at;

		refs[i].tenant = (struct slice){ names, session->tenant };
		refs[i].name = (struct slice){ names + session->tenant,
			session->name };
	}
}

static int watch_ask(
	struct store *store, struct watch_list *list, struct error *error)
{
	struct session_ref *refs = calloc(list->count, sizeof(*refs));
	struct store_version *are = calloc(list->count, sizeof(*are));
	int result = -1;

	if (refs && are) {
		watch_name(list, refs);
		result = store_versions(store, refs, list->count, are, error);
	}
	for (size_t i = 0; result == 0 && i < list->count; i++)
		list->all[i].is = are[i];
	free(refs);
	free(are);
	return result;
}

/* If it fails it is done again in a second. */
static int watch_run_job(struct job *job, struct store *store)
{
	struct watch *watch = watch_of(job);
	struct error ignored = { 0 };

	if (watch_ask(store, &watch->now, &ignored) == 0)
		return 0;
	watch->now.count = 0;
	return -1;
}

static bool watch_has_moved(
	const struct watch_list *before, const struct watch_session *session)
{
	const struct watch_session *was =
		before->count ? bsearch(session, before->all, before->count,
					sizeof(*session), watch_order)
			      : NULL;

	return !was || was->is.session != session->is.session ||
	       was->is.version != session->is.version;
}

static void watch_finish_job(struct job *job, const struct error *outcome)
{
	struct watch *watch = watch_of(job);
	const struct watch_list before = watch->before;

	if (outcome)
		watch->now.count = 0;
	for (size_t i = 0; i < watch->now.count; i++)
		if (watch_has_moved(&before, &watch->now.all[i]))
			notifier_changed_one(watch->httpd->options.notifier,
				watch->now.all[i].key);
	watch->before = watch->now;
	watch->now = before;
	atomic_store(&watch->looking, false);
	atomic_fetch_sub(&watch->httpd->suspended, 1);
}

/* As exchange_push(): a stop waits for what was pushed. */
static void watch_push(struct watch *watch)
{
	struct httpd *httpd = watch->httpd;
	struct error error = { 0 };

	watch->job = (struct job){
		.accepted = true, .run = watch_run_job, .done = watch_finish_job
	};
	atomic_store(&watch->looking, true);
	atomic_fetch_add(&httpd->suspended, 1);
	atomic_fetch_add(&httpd->pushing, 1);
	if (atomic_load(&httpd->state) == HTTPD_STOPPING ||
		readers_push(httpd->options.readers, &watch->job, &error))
		watch_finish_job(&watch->job, &error);
	atomic_fetch_sub(&httpd->pushing, 1);
}

/* --- for other files ------------------------------------------------------ */

void watch_tick(struct watch *watch, int64_t now)
{
	if (!watch || now < watch->look_at || atomic_load(&watch->looking))
		return;
	watch->look_at = now + LOOK_MILLISECONDS;
	watch_gather(watch);
	if (watch->now.count > 0 && !watch->now.names.failed)
		watch_push(watch);
	else
		watch->before.count = 0;
}

struct watch *watch_new(struct httpd *httpd)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (watch)
		watch->httpd = httpd;
	return watch;
}

static void watch_clear(struct watch_list *list)
{
	free(list->all);
	text_clear(&list->names);
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	watch_clear(&watch->now);
	watch_clear(&watch->before);
	free(watch);
}
