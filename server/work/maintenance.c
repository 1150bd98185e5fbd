/* SPDX-License-Identifier: MIT */
/*
 * maintenance.c - what the writer does between batches: checkpoints, and steps
 * of the store's maintenance.
 */
#include "server/work/maintenance.h"

#include "core/store/change_feed.h"
#include "core/store/check.h"
#include "core/store/expect.h"
#include "schema/clock.h"
#include "schema/error.h"
#include "server/work/pace.h"

#define IDLE_MS	    1000  /* without work; then it empties the log */
#define ERASE_MS    100	  /* between two attempts at an erasure */
#define LOOK_MS	    60000 /* between two looks at what is due */
#define FAR_ROWS    256	  /* or what it does if the store is far away */
#define FAR_IDLE_MS 50	  /* without requests, until such a store is idle, */
#define GAP_MS	    20	  /* or one that is near, for the index, */
#define GAP_US	    2000  /* whose steps are this long until then */
#define STEP_SHARE  9	  /* while requests wait, one part in ten */
#define INDEX_SHARE 39	  /* or in forty, when only the index waits */
#define NEVER	    INT64_MAX

static int64_t maintenance_now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

void maintenance_start(struct maintenance *maintenance, struct store *store,
	const struct writer_options *options)
{
	*maintenance = (struct maintenance){
		.store = store,
		.options = options,
		.upkeep_at = maintenance_now_ms() + IDLE_MS,
		.rows = PACE_FIRST,
	};
	queue_init(&maintenance->erasing);
	packing_start(&maintenance->packing, store, maintenance_now_ms());
	maintenance_start_clock(maintenance);
}

int64_t maintenance_at(const struct maintenance *maintenance)
{
	const int64_t at = maintenance->upkeep_at < maintenance->step_at
				   ? maintenance->upkeep_at
				   : maintenance->step_at;

	return at < maintenance->packing.at ? at : maintenance->packing.at;
}

/* --- erasures --------------------------------------------------------- */

/* Has all that the first erasing job waits for been erased? */
static bool maintenance_is_erased(const struct maintenance *maintenance)
{
	return maintenance->erasing.count &&
	       (!maintenance->oldest_erasure ||
		       maintenance->oldest_erasure >
			       maintenance->erasing.first->erasure);
}

static void maintenance_finish_erasing(
	struct maintenance *maintenance, const struct error *outcome)
{
	while (outcome ? maintenance->erasing.count > 0
		       : maintenance_is_erased(maintenance)) {
		struct job *job = queue_take(&maintenance->erasing);

		job->done(job, outcome);
	}
}

/* All others go on waiting. */
static void maintenance_refuse_stuck(
	struct maintenance *maintenance, int64_t session)
{
	struct queue *erasing = &maintenance->erasing;
	struct error stuck = { 0 };

	store_erase_refuse(&stuck);
	for (size_t left = erasing->count; left > 0; left--) {
		struct job *job = queue_take(erasing);

		if (job->erased == session)
			job->done(job, &stuck);
		else
			queue_add(erasing, job);
	}
}

/* An erasure that had no number is one of those that go on now. */
static void maintenance_number(struct maintenance *maintenance, int64_t newest)
{
	struct queue *erasing = &maintenance->erasing;

	for (size_t left = erasing->count; left > 0; left--) {
		struct job *job = queue_take(erasing);

		if (job->erasure == NEVER)
			job->erasure = newest;
		queue_add(erasing, job);
	}
}

void maintenance_erase(struct maintenance *maintenance, struct job *job)
{
	struct error error = { 0 };

	/* The next step will tell what cannot be told now. */
	if (store_erase_open(maintenance->store, &maintenance->oldest_erasure,
		    &job->erasure, &error)) {
		maintenance->oldest_erasure = 1;
		job->erasure = NEVER;
	}
	if (!maintenance->erasing.count)
		maintenance->erase_until =
			maintenance_now_ms() + maintenance->options->erase_ms;
	queue_add(&maintenance->erasing, job);
	if (maintenance_is_erased(maintenance))
		maintenance->upkeep_at = maintenance_now_ms();
}

void maintenance_fail(struct maintenance *maintenance, const struct error *why)
{
	maintenance->failed = true;
	maintenance_finish_erasing(maintenance, why);
}

/* --- upkeep ----------------------------------------------------------- */

static void maintenance_disk_failed(
	struct maintenance *maintenance, const struct error *why)
{
	maintenance_fail(maintenance, why);
	maintenance->failure = *why;
}

/*
 * True when the checkpoint was made.  A disk that fails here may have lost
 * pages.
 */
static bool maintenance_upkeep(
	struct maintenance *maintenance, enum store_upkeep how)
{
	struct error error = { 0 };
	const int done = store_upkeep(maintenance->store, how, &error);

	if (done >= 0)
		return done;
	maintenance->options->warn(
		maintenance->options->context, error.message);
	if (error.code != ERROR_STORAGE && error.code != ERROR_UNAVAILABLE &&
		error.code != ERROR_DAMAGED)
		maintenance_disk_failed(maintenance, &error);
	return false;
}

static void maintenance_give_up_erasing(struct maintenance *maintenance)
{
	struct error error = { 0 };

	if (!maintenance->erasing.count ||
		maintenance_now_ms() < maintenance->erase_until)
		return;
	error_describe(&error, ERROR_UNKNOWN,
		maintenance_is_erased(maintenance)
			? "it is erased, but a reader, or a page that is "
			  "damaged, keeps what it was"
			: "it is erased, but what it was cannot be "
			  "deleted yet");
	maintenance_finish_erasing(maintenance, &error);
}

static void maintenance_upkeep_whole(struct maintenance *maintenance)
{
	const int64_t pause =
		maintenance_is_erased(maintenance) ? ERASE_MS : IDLE_MS;

	if (maintenance_upkeep(maintenance, UPKEEP_WHOLE)) {
		maintenance->upkeep_at = NEVER;
		maintenance_finish_erasing(maintenance, NULL);
		return;
	}
	maintenance->upkeep_at = maintenance_now_ms() + pause;
	maintenance_give_up_erasing(maintenance);
}

/* Behind a step, whose commit is in the log. */
static void maintenance_upkeep_soon(struct maintenance *maintenance)
{
	if (maintenance->upkeep_at == NEVER)
		maintenance->upkeep_at = maintenance_now_ms() + IDLE_MS;
	maintenance_upkeep(maintenance, maintenance->passing);
}

/* --- steps ------------------------------------------------------------ */

/*
 * A moment without requests is none for the index, which can wait, nor for a
 * store that is far away: while its answers travel there are none either.
 */
static bool maintenance_is_busy(const struct maintenance *maintenance)
{
	const struct store *store = maintenance->store;

	return maintenance_now_ms() < maintenance->busy_until &&
	       (store_is_shared(store) ||
		       (!maintenance->erasing.count &&
			       store_maintenance_may_wait(
				       store, store_now(store))));
}

/* A store that is far away takes its time however few they are. */
static void maintenance_adjust_rows(
	struct maintenance *maintenance, int64_t took)
{
	maintenance->rows =
		store_is_shared(maintenance->store)
			? FAR_ROWS
			: pace_rows(maintenance->rows, took,
				  maintenance_is_busy(maintenance) ? GAP_US
								   : PACE_US);
}

/*
 * Only the work is measured: a commit takes its time however few the rows are.
 */
static int maintenance_work(
	struct maintenance *maintenance, struct error *error)
{
	const int64_t start = clock_us(CLOCK_MONOTONIC);
	const int64_t now = store_now(maintenance->store);

	if (store_maintenance_step(
		    maintenance->store, now, maintenance->rows, error) ||
		store_probe(maintenance->store, now, error))
		return -1;
	maintenance_adjust_rows(maintenance, clock_us(CLOCK_MONOTONIC) - start);
	return 0;
}

/* Makes one step, in a transaction of its own. */
static int maintenance_step(
	struct maintenance *maintenance, struct error *error)
{
	struct store *store = maintenance->store;
	int64_t newest;

	if (store_begin_step(store, error))
		return -1;
	if (maintenance_work(maintenance, error)) {
		store_rollback(store);
		return -1;
	}
	if (store_commit(store, error))
		return -1;
	maintenance->probed = maintenance_until(maintenance);
	if (maintenance->options->changed)
		maintenance->options->changed(
			maintenance->options->context, store_changes(store));
	if (store_erase_open(
		    store, &maintenance->oldest_erasure, &newest, error))
		return -1;
	maintenance_number(maintenance, newest);
	return 0;
}

static void maintenance_step_failed(
	struct maintenance *maintenance, const struct error *why)
{
	int64_t session;

	maintenance->options->warn(maintenance->options->context, why->message);
	maintenance->retry_at = maintenance_now_ms() + IDLE_MS;
	if (why->code == ERROR_UNKNOWN && !store_is_shared(maintenance->store))
		maintenance_disk_failed(maintenance, why);
	else if (store_erase_is_stuck(maintenance->store, &session))
		maintenance_refuse_stuck(maintenance, session);
	else
		maintenance_give_up_erasing(maintenance);
}

/* After a step the requests have the thread for many times as long. */
static void maintenance_do_step(struct maintenance *maintenance, bool idle)
{
	const int64_t start = clock_us(CLOCK_MONOTONIC);
	const int64_t share =
		!idle && store_maintenance_may_wait(maintenance->store,
				 store_now(maintenance->store))
			? INDEX_SHARE
			: STEP_SHARE;
	struct error error = { 0 };
	int64_t took;

	if (maintenance_step(maintenance, &error)) {
		maintenance_step_failed(maintenance, &error);
		return;
	}
	took = clock_us(CLOCK_MONOTONIC) - start;
	maintenance->rest_until = maintenance_now_ms() + took * share / 1000;
	if (maintenance_is_erased(maintenance)) {
		maintenance->upkeep_at = maintenance_now_ms();
		return;
	}
	maintenance->erase_until =
		maintenance_now_ms() + maintenance->options->erase_ms;
	maintenance_upkeep_soon(maintenance);
}

/* Only while there is nothing else to do. */
static void maintenance_pack(struct maintenance *maintenance)
{
	const int64_t now = maintenance_now_ms();
	struct error error = { 0 };

	if (now < maintenance->packing.at || now >= maintenance->step_at ||
		maintenance->erasing.count)
		return;
	if (packing_step(&maintenance->packing, maintenance->store, &error)) {
		maintenance->options->warn(
			maintenance->options->context, error.message);
		if (error.code == ERROR_UNKNOWN)
			maintenance_disk_failed(maintenance, &error);
		return;
	}
	maintenance_upkeep_soon(maintenance);
}

/*
 * A step is due by the clock of the day, which may be set; so the store is
 * asked now and then.
 */
static void maintenance_plan_steps(struct maintenance *maintenance)
{
	const bool waits =
		maintenance->erasing.count && maintenance->oldest_erasure;
	const int64_t due =
		waits ? 0 : store_maintenance_due(maintenance->store);
	const int64_t wait = due - store_now(maintenance->store);
	const int64_t until = maintenance->rest_until < maintenance->busy_until
				      ? maintenance->rest_until
				      : maintenance->busy_until;

	maintenance->step_at = NEVER;
	if (due == INT64_MAX)
		return;
	maintenance->step_at =
		maintenance_now_ms() + (wait < LOOK_MS ? wait : LOOK_MS);
	if (maintenance->step_at < maintenance->retry_at)
		maintenance->step_at = maintenance->retry_at;
	if (maintenance->step_at < until && maintenance_is_busy(maintenance))
		maintenance->step_at = until;
}

static void maintenance_note_batch(struct maintenance *maintenance)
{
	maintenance->busy_until =
		maintenance_now_ms() +
		(store_is_shared(maintenance->store) ? FAR_IDLE_MS : GAP_MS);
	packing_note_write(&maintenance->packing, maintenance_now_ms());
}

static void maintenance_do_steps(struct maintenance *maintenance, bool idle)
{
	const int64_t now = maintenance_now_ms();

	maintenance_plan_steps(maintenance);
	if (now < maintenance->step_at ||
		((!idle || maintenance_is_busy(maintenance)) &&
			now < maintenance->rest_until))
		return;
	maintenance_do_step(maintenance, idle);
	maintenance_plan_steps(maintenance);
}

int maintenance_run(
	struct maintenance *maintenance, bool idle, struct error *error)
{
	if (!idle)
		maintenance_note_batch(maintenance);
	if (!maintenance->failed)
		maintenance_do_steps(maintenance, idle);
	if (!maintenance->failed && idle)
		maintenance_pack(maintenance);
	if (!maintenance->failed && !idle)
		maintenance_upkeep(maintenance, maintenance->passing);
	if (!idle && !maintenance_is_erased(maintenance))
		maintenance->upkeep_at = maintenance_now_ms() + IDLE_MS;
	else if (!maintenance->failed &&
		 maintenance_now_ms() >= maintenance->upkeep_at)
		maintenance_upkeep_whole(maintenance);
	if (maintenance->failure.code == ERROR_NONE)
		return 0;
	*error = maintenance->failure;
	maintenance->failure.code = ERROR_NONE;
	return -1;
}
