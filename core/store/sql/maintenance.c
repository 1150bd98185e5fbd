/* SPDX-License-Identifier: MIT */
/*
 * maintenance.c - what is due, in steps: passes through histories, erasures,
 * what expired, old records, the index of words, checksums.
 *
 * The rows say how far each came, and when it is due again.
 */
#include "core/store/pieces.h"
#include "core/store/sql/gc.h"

#define MAINTENANCE_LATER 60000 /* milliseconds */

/* The parameters of the statements. */
enum { DUE_KEPT = 1, DUE_NOW };
enum { FIRST_NOW = 1 };
enum {
	SAVE_ID = 1,
	SAVE_AGAIN,
	SAVE_TOP,
	SAVE_HISTORY,
	SAVE_PHASE,
	SAVE_AT,
	SAVE_AT_ID
};
enum { OLDEST_SESSION = 1, OLDEST_NOW };
enum { LATER_ID = 1, LATER_DUE_AT };
enum { WORDS_ID = 1 };

/* And the columns of their rows. */
enum { IS_OLDEST_KEEP, IS_OLDEST_RETIRED, IS_OLDEST_ENDED };
enum { IS_NEXT_AT };
enum {
	IS_ID,
	IS_SESSION,
	IS_AGAIN,
	IS_TOP,
	IS_HISTORY,
	IS_PHASE,
	IS_AT,
	IS_AT_ID,
	IS_STAGE
};

const char *const maintenance_sql[SQL_COUNT] = {
	[SQL_OWNERS_DONE] = "DELETE FROM owner_erasure WHERE id IN (SELECT"
			    " owner_erasure FROM maintenance WHERE stage = 3)",
	[SQL_MAINTENANCE_DUE] =
		"SELECT min(CASE WHEN EXISTS (SELECT 1 FROM maintenance"
		" WHERE stage < 4 AND due_at < " NEVER
		") THEN 0 ELSE coalesce((SELECT min(due_at)"
		" FROM maintenance WHERE stage = 4), " NEVER
		") END, coalesce((SELECT " EXPIRES_AT " FROM session"
		" WHERE ttl_seconds IS NOT NULL ORDER BY " EXPIRES_AT
		" LIMIT 1), " NEVER "), coalesce((SELECT iif(kept_at > ?2, 0,"
		" kept_at + ?1) FROM idempotency_record ORDER BY id LIMIT 1), " NEVER
		"), coalesce((SELECT expires_at FROM response"
		" ORDER BY expires_at LIMIT 1), " NEVER "))",
	[SQL_MAINTENANCE_FIRST] =
		"SELECT id, session, again, coalesce(top, " NEVER "), history,"
		" phase, at, at_id, stage FROM maintenance WHERE id = coalesce("
		"(SELECT id FROM maintenance WHERE stage < 4 AND due_at < " NEVER
		" ORDER BY stage, due_at, id LIMIT 1),"
		" (SELECT id FROM maintenance WHERE stage = 4 AND due_at <= ?1"
		" ORDER BY due_at, id LIMIT 1))",
	[SQL_MAINTENANCE_SAVE] =
		"UPDATE maintenance SET again = ?2, top = nullif(?3, " NEVER
		"), history = nullif(?4, 0), phase = ?5, at = ?6, at_id = ?7"
		" WHERE id = ?1",
	/* When the oldest that is kept was retired or ended. */
	[SQL_GC_OLDEST] =
		"SELECT keep, min(coalesce((SELECT retired_at FROM retired"
		" WHERE retired.history = history.id AND retired_at >"
		" ?2 - keep ORDER BY retired_at LIMIT 1), " NEVER ")),"
		" min(CASE WHEN ended_at > ?2 - keep THEN ended_at"
		" ELSE " NEVER " END) FROM (SELECT id AS alive,"
		" " RETAINED_FOR " * 1000 AS keep"
		" FROM session WHERE id = ?1) AS kept"
		" JOIN history ON history.session = alive"
		" GROUP BY alive, keep",
	[SQL_MAINTENANCE_LATER] =
		"UPDATE maintenance SET stage = 4, due_at = ?2,"
		" top = NULL, history = NULL WHERE id = ?1",
	[SQL_MAINTENANCE_DONE] = "DELETE FROM maintenance WHERE id = ?1",
	[SQL_ERASURE_WORDS] = "UPDATE maintenance SET stage = 3 WHERE id = ?1",
	/* A session's row stays until the log is truncated: its receipt. */
	[SQL_ERASURES_DONE] = "UPDATE maintenance SET due_at = " NEVER
			      " WHERE stage = 3 AND session IS NOT NULL",
	[SQL_OWNER_RECEIPTS_DONE] = "DELETE FROM maintenance"
				    " WHERE stage = 3 AND session IS NULL",
};

static int maintenance_save(struct gc_step *step, struct error *error)
{
	const struct maintenance_row *row = &step->row;
	struct query query = query_start(step->store, SQL_MAINTENANCE_SAVE);

	query_number(&query, SAVE_ID, row->id);
	query_number(&query, SAVE_AGAIN, row->again);
	query_number(&query, SAVE_TOP, row->top);
	query_number(&query, SAVE_HISTORY, row->history);
	query_number(&query, SAVE_PHASE, row->phase);
	query_number(&query, SAVE_AT, row->at);
	query_number(&query, SAVE_AT_ID, row->at_id);
	return query_run(&query, error);
}

/*
 * When the oldest of what is kept today may go; a little later, so that what
 * was retired bit by bit does not cost a walk through all histories each.
 */
static int maintenance_next_due(
	struct gc_step *step, int64_t *due_at, struct error *error)
{
	struct query query = query_start(step->store, SQL_GC_OLDEST);
	int64_t keep, oldest = INT64_MAX;
	int found;

	query_number(&query, OLDEST_SESSION, step->row.session);
	query_number(&query, OLDEST_NOW, step->now);
	found = query_step(&query, error);
	keep = found > 0 ? query_get_number(&query, IS_OLDEST_KEEP) : 0;
	for (int i = IS_OLDEST_RETIRED; keep && i <= IS_OLDEST_ENDED; i++)
		if (query_get_number(&query, i) < oldest)
			oldest = query_get_number(&query, i);
	*due_at = oldest == INT64_MAX ? oldest : oldest + keep + keep / 100;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* The records of an erased session; 1: there may be more of them. */
static int maintenance_erase_records(struct gc_step *step, struct error *error)
{
	int64_t left = step->left;

	if (store_idempotency_erase(
		    step->store, step->row.session, &left, error))
		return -1;
	return left <= 0;
}

static int maintenance_erasures_done(struct store *store, struct error *error)
{
	static const enum sql done[] = { SQL_OWNERS_DONE,
		SQL_OWNER_RECEIPTS_DONE, SQL_ERASURES_DONE };

	for (size_t i = 0; i < sizeof(done) / sizeof(*done); i++) {
		struct query query = query_start(store, done[i]);

		if (query_run(&query, error))
			return -1;
	}
	return 0;
}

static int maintenance_end_erasure(
	struct store *store, int64_t row, struct error *error)
{
	struct query query = query_start(store, SQL_ERASURE_WORDS);
	bool stale;

	query_number(&query, WORDS_ID, row);
	if (query_run(&query, error) ||
		store_index_is_stale(store, &stale, error))
		return -1;
	return stale ? 0 : maintenance_erasures_done(store, error);
}

static int maintenance_end(struct gc_step *step, struct error *error)
{
	struct query query;
	int64_t due_at;

	if (maintenance_next_due(step, &due_at, error))
		return -1;
	if (due_at == INT64_MAX && step->row.stage == STAGE_ERASURE)
		return maintenance_end_erasure(
			step->store, step->row.id, error);
	query = query_start(step->store, due_at == INT64_MAX
						 ? SQL_MAINTENANCE_DONE
						 : SQL_MAINTENANCE_LATER);
	query_number(&query, LATER_ID, step->row.id);
	if (due_at != INT64_MAX)
		query_number(&query, LATER_DUE_AT, due_at);
	return query_run(&query, error);
}

/*
 * Erases what classes kept, and responses: some rows, which may be long; 1:
 * more; 0; -1.
 */
static int maintenance_erase_long(struct gc_step *step, struct error *error)
{
	static int (*const erase[])(struct store * store, int64_t session,
		int64_t most, int64_t * count, struct error * error) = {
		store_memory_state_erase, store_response_erase
	};
	int64_t most = step->left / 4 + 1, count = 0;

	for (size_t i = 0; most > 0 && i < 2; i++) {
		if (erase[i](step->store, step->row.session, most, &count,
			    error))
			return -1;
		step->left -= 4 * count;
		most -= count;
	}
	return most == 0;
}

static int maintenance_finish(struct gc_step *step, struct error *error)
{
	int more = maintenance_erase_records(step, error);

	if (more == 0)
		more = maintenance_erase_long(step, error);
	if (more)
		return more < 0 ? -1 : maintenance_save(step, error);
	if (!step->row.again)
		return maintenance_end(step, error);
	step->row.again = 0;
	step->row.top = INT64_MAX;
	return maintenance_save(step, error);
}

static int maintenance_load(struct gc_step *step, struct error *error)
{
	struct maintenance_row *row = &step->row;
	struct query query = query_start(step->store, SQL_MAINTENANCE_FIRST);
	int found;

	query_number(&query, FIRST_NOW, step->now);
	found = query_step(&query, error);
	if (found > 0) {
		row->id = query_get_number(&query, IS_ID);
		row->session = query_get_number(&query, IS_SESSION);
		row->again = query_get_number(&query, IS_AGAIN);
		row->top = query_get_number(&query, IS_TOP);
		row->history = query_get_number(&query, IS_HISTORY);
		row->phase = query_get_number(&query, IS_PHASE);
		row->at = query_get_number(&query, IS_AT);
		row->at_id = query_get_number(&query, IS_AT_ID);
		row->stage = query_get_number(&query, IS_STAGE);
	}
	query_end(&query);
	return found;
}

/* --- the steps --------------------------------------------------------- */

/* Once for all erasures, when nothing else of them is left. */
static int maintenance_merge_words(struct gc_step *step, struct error *error)
{
	struct engine *engine = step->store->engine;

	if (engine->ops->merge(engine, step->left, error))
		return -1;
	step->left = 1;
	return engine->index.merging
		       ? 0
		       : maintenance_erasures_done(step->store, error);
}

static int maintenance_work(struct gc_step *step, struct error *error)
{
	struct store *store = step->store;
	int end;

	if (store->engine->index.merging || step->row.stage == STAGE_WORDS)
		return maintenance_merge_words(step, error);
	if (!step->row.session) {
		end = store_owner_step(store, step->row.id, step->now, error);
		if (end)
			return end < 0 ? -1 : 0;
		return maintenance_end_erasure(store, step->row.id, error);
	}
	end = store_gc_step(step, error);
	if (end < 0)
		return -1;
	return end ? maintenance_finish(step, error)
		   : maintenance_save(step, error);
}

/* When it will be that late by the clock that is believed. */
static int64_t maintenance_by_the_clock(int64_t due_at, int64_t ahead)
{
	return due_at < INT64_MAX - ahead ? due_at + ahead : INT64_MAX;
}

/* Rows first, then what is due by a clock, then what may wait. */
static int maintenance_do_rows(struct gc_step *step, struct error *error)
{
	struct store *store = step->store;
	int found = 1;

	while (found > 0 && step->left > 0) {
		found = store->engine->index.merging
				? 1
				: maintenance_load(step, error);
		if (found > 0 && maintenance_work(step, error)) {
			store_stuck_note(store, &step->row, error);
			return -1;
		}
		step->left -= found > 0; /* the last row is for what follows */
	}
	step->idle = found == 0;
	return found < 0 ? -1 : 0;
}

static int maintenance_expire(struct gc_step *step, struct error *error)
{
	return store_expire_step(step->store, step->now, &step->left, error);
}

static int maintenance_purge_records(struct gc_step *step, struct error *error)
{
	if (step->left > 0 && store_idempotency_purge(step->store, step->clock,
				      &step->left, error))
		return -1;
	return store_response_purge(step->store, step->now, &step->left, error);
}

static int maintenance_fill_words(struct gc_step *step, struct error *error)
{
	struct engine *engine = step->store->engine;
	const int64_t rows = step->left > 0 ? step->left : 1;

	return step->idle && engine->index.due_at <= step->clock
		       ? engine->ops->fill(engine, step->clock, rows, error)
		       : 0;
}

/* Of these each is left out after it met a damaged page. */
enum { PART_EXPIRY, PART_RECORDS, PART_WORDS, PART_COUNT };
static int (*const maintenance_parts[])(
	struct gc_step *step, struct error *error) = {
	[PART_EXPIRY] = maintenance_expire,
	[PART_RECORDS] = maintenance_purge_records,
	[PART_WORDS] = maintenance_fill_words,
};

static int maintenance_do_parts(struct gc_step *step, struct error *error)
{
	unsigned *out = &step->store->stuck.parts;

	for (unsigned i = 0; i < PART_COUNT; i++) {
		if (*out & 1U << i || maintenance_parts[i](step, error) == 0)
			continue;
		if (error->code == ERROR_DAMAGED)
			*out |= 1U << i;
		return -1;
	}
	if (*out & 1U << PART_WORDS)
		step->store->engine->index.due_at = INT64_MAX;
	if (!step->idle || step->left <= 0)
		return 0;
	return store_checksum_fill(step->store, step->left, error) ||
			       store_seal_fill(step->store, step->left, error)
		       ? -1
		       : 0;
}

/* A part that is left out is due all the time. */
static void maintenance_set_due(struct gc_step *step, int64_t due_at)
{
	struct store *store = step->store;

	store->due_at =
		maintenance_by_the_clock(due_at, step->clock - step->now);
	if (step->idle && store->stuck.parts &&
		store->due_at < step->clock + MAINTENANCE_LATER)
		store->due_at = step->clock + MAINTENANCE_LATER;
}

int store_maintenance_step(
	struct store *store, int64_t now, int64_t rows, struct error *error)
{
	struct gc_step step = {
		.store = store,
		.now = store_believed(store, now),
		.clock = now,
		.left = store->stuck.careful ? 1 : rows,
	};
	struct query query;
	int found = store_stuck_settle(store, error);

	if (found)
		return found < 0 ? -1 : 0;
	if (maintenance_do_rows(&step, error) ||
		maintenance_do_parts(&step, error))
		return -1;
	store->stuck.careful = false;
	query = query_start(store, SQL_MAINTENANCE_DUE);
	query_number(&query, DUE_KEPT, IDEMPOTENCY_DUE);
	query_number(&query, DUE_NOW, now);
	found = query_step(&query, error);
	if (found > 0)
		maintenance_set_due(
			&step, query_get_number(&query, IS_NEXT_AT));
	query_end(&query);
	return found < 0 ? -1 : 0;
}
