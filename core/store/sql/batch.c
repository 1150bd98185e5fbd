/* SPDX-License-Identifier: MIT */
/*
 * batch.c - batches, their members, and what the engine does between them.
 */
#include "core/store/backup.h"
#include "core/store/expect.h"
#include "core/store/figures.h"
#include "core/store/pieces.h"
#include "core/store/sql/session_cache.h"
#include "schema/clock.h"

/* So long a row that came down to the disk says that the next one would. */
#define PROBE_MS 1000

/* The parameters of the statements. */
enum { PROBE_NOW = 1, PROBE_PAUSE };

/* And the columns of their rows. */
enum { IS_PROBED_AT };

const char *const batch_sql[SQL_COUNT] = {
	[SQL_PROBE] = "INSERT INTO probe (id, probed_at) VALUES (1, ?1)"
		      " ON CONFLICT (id) DO UPDATE SET probed_at = ?1 WHERE NOT"
		      " (probe.probed_at > ?1 - ?2 AND probe.probed_at <= ?1)",
	[SQL_PROBED_AT] = "SELECT probed_at FROM probe WHERE id = 1",
};

int store_begin(struct store *store, struct error *error)
{
	bool failed;

	store_reading_begin(store);
	failed = store->ops->begin(store->engine, error) != 0;
	if (store->engine->estranged)
		store_writing_doubt(store);
	if (failed)
		return -1;
	store->batch = true;
	if (store->engine->estranged)
		store_cache_drop_all(store);
	store->engine->estranged = false;
	store_cache_begin(store);
	store_writing_begin(store);
	return 0;
}

int store_begin_freeing(struct store *store, struct error *error)
{
	int result;

	store->engine->frees = true;
	result = store_begin(store, error);
	store->engine->frees = false;
	return result;
}

int store_begin_step(struct store *store, struct error *error)
{
	const bool adds = store_maintenance_may_wait(store, store_now(store)) &&
			  !store->engine->index.merging;

	return adds ? store_begin(store, error)
		    : store_begin_freeing(store, error);
}

static void batch_end(struct store *store)
{
	store->batch = false;
	store->settle.count = 0;
	store_usage_end(store);
	store_expect_end(store);
}

/* Nothing of the batch happened. */
static void batch_undone(struct store *store)
{
	batch_end(store);
	store->due_at = 0;
	store_cache_undo_all(store);
}

void store_rollback(struct store *store)
{
	const bool doubts = store_usage_is_wanted(store) &&
			    !store->usage.mending && store_batch_lost(store);

	store_reading_end(store);
	store_expect_newest_end(store);
	store->ops->rollback(store->engine);
	batch_undone(store);
	if (doubts && store->mode == STORE_WRITE)
		store_usage_mend(store);
}

int store_commit(struct store *store, struct error *error)
{
	bool done;

	if (store_settle(store, error) || store_usage_settle(store, error)) {
		store_rollback(store);
		return -1;
	}
	store_writing_commit(store);
	done = store->ops->commit(store->engine, error) == COMMIT_DONE;
	store_writing_end(store, done);
	if (!done) {
		batch_undone(store);
		return -1;
	}
	batch_end(store);
	store->shunned = (struct shunned){ 0 };
	return 0;
}

int64_t store_now(const struct store *store)
{
	return store->ops->now ? store->ops->now(store->engine)
			       : clock_ms(CLOCK_REALTIME);
}

void store_hold(struct store *store, int64_t until)
{
	store->held_from = until;
}

void store_release(struct store *store)
{
	store_due(store, 0);
}

int64_t store_believed(const struct store *store, int64_t now)
{
	return now < store->held_from ? now : store->held_from;
}

bool store_batch_lost(const struct store *store)
{
	return store->retries || store->usage.doubted ||
	       store->ops->lost(store->engine);
}

bool store_retries(struct store *store)
{
	const bool retries =
		store->retries ||
		(store->ops->again && store->ops->again(store->engine));

	store->retries = false;
	return retries;
}

void store_expect_no_undo(struct store *store, bool none)
{
	store->engine->no_undo = none;
}

int store_enter(struct store *store, struct error *error)
{
	if (store->ops->enter(store->engine, error))
		return -1;
	store->unfinished = false;
	store->settle.member++;
	store_usage_enter(store);
	store_cache_enter(store);
	store_writing_enter(store);
	return 0;
}

int store_leave(struct store *store, bool keep, struct error *error)
{
	const int result = store->ops->leave(store->engine, keep, error);

	if (result || !keep) {
		store_cache_undo(store);
		store_writing_undo(store);
		store_settle_undo(store);
		store_usage_undo(store);
		store_expect_undo(store);
	}
	return result;
}

bool store_unfinished(const struct store *store)
{
	return store->unfinished;
}

/* --- between batches --------------------------------------------------- */

const char *store_durability(const struct store *store)
{
	return store->ops->durability ? store->ops->durability(store->engine)
				      : NULL;
}

int store_ready(struct store *store, struct error *error)
{
	return store->ops->ready(store->engine, error);
}

static int batch_upkeep(
	struct store *store, enum store_upkeep how, struct error *error)
{
	return store->ops->upkeep
		       ? store->ops->upkeep(store->engine, how, error)
		       : 1;
}

/*
 * On a damaged page they stay, which is told once: nobody waits for them, as
 * all else is gone.
 */
static int batch_forget_receipts(struct store *store, struct error *error)
{
	int forgot;

	if (store->stuck.receipts)
		return 0;
	forgot = store_erase_forget(store, error);
	if (forgot >= 0 || error->code != ERROR_DAMAGED)
		return forgot;
	*error = (struct error){ 0 };
	store->stuck.receipts = true;
	if (store->options.warn)
		store->options.warn(store->options.warn_context,
			"a page of the file is damaged and keeps the names of "
			"sessions that are erased: stop the server, and put all"
			" that can be read into a new file with chatmem export "
			"and chatmem import");
	return 0;
}

/* The receipts go after the bytes; their names are bytes, too. */
int store_upkeep(
	struct store *store, enum store_upkeep how, struct error *error)
{
	const int done = batch_upkeep(store, how, error);
	int forgot;

	if (done != 1 || how != UPKEEP_WHOLE)
		return done;
	forgot = batch_forget_receipts(store, error);
	return forgot > 0 ? batch_upkeep(store, how, error) : forgot ? -1 : 1;
}

struct store_figures store_figures(struct store *store)
{
	struct store_figures figures = { -1, -1, -1, -1, -1, -1, -1, -1 };
	struct recent_figures recent;

	if (store->ops->figures)
		store->ops->figures(store->engine, &figures);
	if (!store->options.recent)
		return figures;
	recent = store_recent_figures(store->options.recent);
	figures.cache_bytes = (int64_t)recent.bytes;
	figures.cache_hits = (int64_t)recent.hits;
	figures.cache_misses = (int64_t)recent.misses;
	return figures;
}

int store_backup(struct store *store, const char *path, struct error *error)
{
	return store->ops->backup
		       ? store->ops->backup(store->engine, path, error)
		       : error_set(error, ERROR_NOT_CONFIGURED,
				 "this store is backed up by its own tools");
}

int store_note_backup(struct store *store, int64_t at, struct error *error)
{
	return store->ops->note_backup
		       ? store->ops->note_backup(store->engine, at, error)
		       : 0;
}

int store_probe(struct store *store, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_PROBE);

	query_number(&query, PROBE_NOW, store_believed(store, now));
	query_number(&query, PROBE_PAUSE, PROBE_MS);
	return query_run(&query, error);
}

int store_probed_at(struct store *store, int64_t *at, struct error *error)
{
	struct query query = query_start(store, SQL_PROBED_AT);
	int found = query_step(&query, error);

	*at = found > 0 ? query_get_number(&query, IS_PROBED_AT) : 0;
	query_end(&query);
	return found < 0 ? -1 : 0;
}
