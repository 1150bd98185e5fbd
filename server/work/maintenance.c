/* SPDX-License-Identifier: MIT */
/* maintenance.c - what the writer does between batches: checkpoints and chores.
 */
#include "server/work/maintenance.h"

#include "core/store/change_feed.h"
#include "schema/error.h"
#include "server/observe/clock.h"

#define PASSIVE_PAGES 10000
#define RESTART_BYTES ((int64_t)64 << 20)
#define IDLE_MS	      1000  /* without work; then the log is emptied */
#define ERASE_MS      100   /* between two tries for an erasure */
#define CHORE_MS      60000 /* between two looks for what is due */
#define STEP_US	      5000  /* that a step of a chore may take */
#define STEP_ROWS     1024  /* and the most that it looks at */
#define STEP_SHARE    9	    /* while requests wait, one part in ten */
#define INDEX_SHARE   39    /* or in forty, when only the index waits */
#define NEVER	      INT64_MAX

static int64_t now_ms(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

void upkeep_start(struct upkeep *upkeep, struct store *store,
	const struct writer_options *options)
{
	*upkeep = (struct upkeep){
		.store = store,
		.options = options,
		.truncate_at = now_ms() + IDLE_MS,
		.rows = 64,
	};
	queue_init(&upkeep->erasing);
}

int64_t upkeep_at(const struct upkeep *upkeep)
{
	return upkeep->truncate_at < upkeep->chore_at ? upkeep->truncate_at
						      : upkeep->chore_at;
}

/* --- erasures --------------------------------------------------------- */

/* Has the first job that erases no chore to wait for? */
static bool is_erased(const struct upkeep *upkeep)
{
	return upkeep->erasing.count &&
	       (!upkeep->oldest_erasure ||
		       upkeep->oldest_erasure > upkeep->erasing.first->erasure);
}

static void finish_erasing(struct upkeep *upkeep, const struct error *outcome)
{
	while (outcome ? upkeep->erasing.count > 0 : is_erased(upkeep)) {
		struct lane_job *job = queue_take(&upkeep->erasing);

		job->done(job, outcome);
	}
}

void upkeep_erase(struct upkeep *upkeep, struct lane_job *job)
{
	struct error error = { 0 };

	/* What cannot be told now, the next step will tell. */
	if (store_erase_open(upkeep->store, &upkeep->oldest_erasure,
		    &job->erasure, &error)) {
		upkeep->oldest_erasure = 1;
		job->erasure = NEVER;
	}
	if (!upkeep->erasing.count)
		upkeep->erase_until = now_ms() + upkeep->options->erase_ms;
	queue_add(&upkeep->erasing, job);
	if (is_erased(upkeep))
		upkeep->truncate_at = now_ms();
}

void upkeep_fail(struct upkeep *upkeep, const struct error *why)
{
	upkeep->failed = true;
	finish_erasing(upkeep, why);
}

/* --- checkpoints ------------------------------------------------------ */

static void disk_failed(struct upkeep *upkeep, const struct error *why)
{
	upkeep_fail(upkeep, why);
	upkeep->failure = *why;
}

/* True when it was done; a disk that fails here may have lost pages. */
static bool checkpoint(struct upkeep *upkeep, enum store_checkpoint how)
{
	struct error error = { 0 };
	const int done = store_checkpoint(upkeep->store, how, &error);

	if (done >= 0)
		return done;
	upkeep->options->warn(upkeep->options->context, error.message);
	if (error.code != ERROR_STORAGE && error.code != ERROR_UNAVAILABLE)
		disk_failed(upkeep, &error);
	return false;
}

static void give_up_erasing(struct upkeep *upkeep)
{
	struct error error = { 0 };

	if (!upkeep->erasing.count || now_ms() < upkeep->erase_until)
		return;
	error_describe(&error, ERROR_UNKNOWN,
		is_erased(upkeep) ? "it is erased, but a reader keeps what it "
				    "was in the log"
				  : "it is erased, but what it was cannot be "
				    "deleted yet");
	finish_erasing(upkeep, &error);
}

static void truncate_log(struct upkeep *upkeep)
{
	const int64_t pause = is_erased(upkeep) ? ERASE_MS : IDLE_MS;

	if (checkpoint(upkeep, CHECKPOINT_TRUNCATE)) {
		upkeep->truncate_at = NEVER;
		finish_erasing(upkeep, NULL);
		return;
	}
	upkeep->truncate_at = now_ms() + pause;
	give_up_erasing(upkeep);
}

/* PASSIVE alone never begins the log anew while readers overlap. */
static void shorten_log(struct upkeep *upkeep)
{
	if (store_log_pages(upkeep->store) < PASSIVE_PAGES)
		return;
	checkpoint(upkeep, CHECKPOINT_PASSIVE);
	if (!upkeep->failed && store_log_bytes(upkeep->store) > RESTART_BYTES)
		checkpoint(upkeep, CHECKPOINT_RESTART);
}

/* --- chores ----------------------------------------------------------- */

/* As many rows as a step has the time for. */
static void adjust_rows(struct upkeep *upkeep, int64_t took)
{
	if (took > STEP_US && upkeep->rows > 1)
		upkeep->rows /= 2;
	else if (took < STEP_US / 4 && upkeep->rows < STEP_ROWS)
		upkeep->rows *= 2;
}

/* The work alone: a commit takes its time however few the rows are. */
static int work(struct upkeep *upkeep, struct error *error)
{
	const int64_t start = clock_us(CLOCK_MONOTONIC);
	const int64_t now = clock_us(CLOCK_REALTIME) / 1000;

	if (store_chore_step(upkeep->store, now, upkeep->rows, error))
		return -1;
	adjust_rows(upkeep, clock_us(CLOCK_MONOTONIC) - start);
	return 0;
}

/* One step in a transaction of its own. */
static int step(struct upkeep *upkeep, struct error *error)
{
	struct store *store = upkeep->store;
	int64_t newest;

	if (store_begin(store, error))
		return -1;
	if (work(upkeep, error)) {
		store_rollback(store);
		return -1;
	}
	if (store_commit(store, error))
		return -1;
	if (upkeep->options->changed)
		upkeep->options->changed(
			upkeep->options->context, store_changes(store));
	return store_erase_open(store, &upkeep->oldest_erasure, &newest, error);
}

static void chore_failed(struct upkeep *upkeep, const struct error *why)
{
	upkeep->options->warn(upkeep->options->context, why->message);
	upkeep->retry_at = now_ms() + IDLE_MS;
	if (why->code == ERROR_UNKNOWN)
		disk_failed(upkeep, why);
	else
		give_up_erasing(upkeep);
}

/* After a step requests have the thread for many times as long. */
static void do_chore(struct upkeep *upkeep)
{
	const int64_t start = clock_us(CLOCK_MONOTONIC);
	const int64_t share = store_chore_may_wait(upkeep->store,
				      clock_us(CLOCK_REALTIME) / 1000)
				      ? INDEX_SHARE
				      : STEP_SHARE;
	struct error error = { 0 };
	int64_t took;

	if (step(upkeep, &error)) {
		chore_failed(upkeep, &error);
		return;
	}
	took = clock_us(CLOCK_MONOTONIC) - start;
	upkeep->rest_until = now_ms() + took * share / 1000;
	if (is_erased(upkeep)) {
		upkeep->truncate_at = now_ms();
		return;
	}
	upkeep->erase_until = now_ms() + upkeep->options->erase_ms;
	if (upkeep->truncate_at == NEVER)
		upkeep->truncate_at = now_ms() + IDLE_MS;
	shorten_log(upkeep);
}

/* By the clock of the day, which may be set; so it is asked now and then. */
static void plan_chores(struct upkeep *upkeep)
{
	const bool waits = upkeep->erasing.count && upkeep->oldest_erasure;
	const int64_t due = waits ? 0 : store_chore_due(upkeep->store);
	const int64_t wait = due - clock_us(CLOCK_REALTIME) / 1000;

	upkeep->chore_at = NEVER;
	if (due == INT64_MAX)
		return;
	upkeep->chore_at = now_ms() + (wait < CHORE_MS ? wait : CHORE_MS);
	if (upkeep->chore_at < upkeep->retry_at)
		upkeep->chore_at = upkeep->retry_at;
}

static void do_chores(struct upkeep *upkeep, bool idle)
{
	const int64_t now = now_ms();

	plan_chores(upkeep);
	if (now < upkeep->chore_at || (!idle && now < upkeep->rest_until))
		return;
	do_chore(upkeep);
	plan_chores(upkeep);
}

int upkeep_run(struct upkeep *upkeep, bool idle, struct error *error)
{
	if (!upkeep->failed)
		do_chores(upkeep, idle);
	if (!upkeep->failed && !idle)
		shorten_log(upkeep);
	if (!idle && !is_erased(upkeep))
		upkeep->truncate_at = now_ms() + IDLE_MS;
	else if (!upkeep->failed && now_ms() >= upkeep->truncate_at)
		truncate_log(upkeep);
	if (upkeep->failure.code == ERROR_NONE)
		return 0;
	*error = upkeep->failure;
	upkeep->failure.code = ERROR_NONE;
	return -1;
}
