/* SPDX-License-Identifier: MIT */
/*
 * maintenance.c - the rows of maintenance: how far each came, and when it
 * is due again.
 */
#include "core/store/sql/gc.h"

int store_maintenance_save(struct step *step, struct error *error)
{
	const struct maintenance_row *row = &step->row;
	struct query query = query_start(step->store, SQL_MAINTENANCE_SAVE);

	query_number(&query, 1, row->id);
	query_number(&query, 2, row->again);
	query_number(&query, 3, row->top);
	query_number(&query, 4, row->history);
	query_number(&query, 5, row->phase);
	query_number(&query, 6, row->at);
	query_number(&query, 7, row->at_id);
	return query_run(&query, error);
}

/*
 * When the oldest of what is kept today may go; a little later, so that what
 * was retired bit by bit does not cost a walk through all histories each.
 */
static int maintenance_next_due(
	struct step *step, int64_t *due_at, struct error *error)
{
	struct query query = query_start(step->store, SQL_GC_OLDEST);
	int64_t keep, oldest = INT64_MAX;
	int found;

	query_number(&query, 1, step->row.session);
	query_number(&query, 2, step->now);
	found = query_step(&query, error);
	keep = found > 0 ? query_get_number(&query, 0) : 0;
	for (int i = 1; keep && i <= 2; i++)
		if (query_get_number(&query, i) < oldest)
			oldest = query_get_number(&query, i);
	*due_at = oldest == INT64_MAX ? oldest : oldest + keep + keep / 100;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* The replies kept of an erased session; 1: there may be more of them. */
static int maintenance_erase_replies(struct step *step, struct error *error)
{
	struct query query = query_start(step->store, SQL_IDEMPOTENCY_ERASE);
	int64_t left = step->left;

	query_number(&query, 1, step->row.session);
	query_number(&query, 2, step->left);
	if (store_idempotency_remove(step->store, &query, &left, error))
		return -1;
	return left <= 0;
}

int store_erasures_done(struct store *store, struct error *error)
{
	static const enum sql done[] = { SQL_OWNERS_DONE, SQL_ERASURES_DONE };

	for (size_t i = 0; i < sizeof(done) / sizeof(*done); i++) {
		struct query query = query_start(store, done[i]);

		if (query_run(&query, error))
			return -1;
	}
	return 0;
}

int store_erasure_end(struct store *store, int64_t row, struct error *error)
{
	struct query query = query_start(store, SQL_ERASURE_WORDS);
	bool stale;

	query_number(&query, 1, row);
	if (query_run(&query, error) ||
		store_index_is_stale(store, &stale, error))
		return -1;
	return stale ? 0 : store_erasures_done(store, error);
}

static int maintenance_end(struct step *step, struct error *error)
{
	struct query query;
	int64_t due_at;

	if (maintenance_next_due(step, &due_at, error))
		return -1;
	if (due_at == INT64_MAX && step->row.due_at == ERASURE)
		return store_erasure_end(step->store, step->row.id, error);
	query = query_start(step->store, due_at == INT64_MAX
						 ? SQL_MAINTENANCE_DONE
						 : SQL_MAINTENANCE_LATER);
	query_number(&query, 1, step->row.id);
	if (due_at != INT64_MAX)
		query_number(&query, 2, due_at);
	return query_run(&query, error);
}

/* What memory classes kept; a row may be long. 1: there may be more; 0; -1. */
static int maintenance_erase_states(struct step *step, struct error *error)
{
	struct query query = query_start(step->store, SQL_STATES_ERASE);
	const int64_t most = step->left / 4 + 1;
	int64_t count;

	query_number(&query, 1, step->row.session);
	query_number(&query, 2, most);
	if (query_run_counting(&query, &count, error))
		return -1;
	step->left -= 4 * count;
	return count == most;
}

int store_maintenance_finish(struct step *step, struct error *error)
{
	int more = maintenance_erase_replies(step, error);

	if (more == 0)
		more = maintenance_erase_states(step, error);
	if (more)
		return more < 0 ? -1 : store_maintenance_save(step, error);
	if (!step->row.again)
		return maintenance_end(step, error);
	step->row.again = 0;
	step->row.top = INT64_MAX;
	return store_maintenance_save(step, error);
}

int store_maintenance_load(struct step *step, struct error *error)
{
	struct maintenance_row *row = &step->row;
	struct query query = query_start(step->store, SQL_MAINTENANCE_FIRST);
	int found;

	query_number(&query, 1, step->now);
	found = query_step(&query, error);
	if (found > 0) {
		row->id = query_get_number(&query, 0);
		row->session = query_get_number(&query, 1);
		row->again = query_get_number(&query, 2);
		row->top = query_get_number(&query, 3);
		row->history = query_get_number(&query, 4);
		row->phase = query_get_number(&query, 5);
		row->at = query_get_number(&query, 6);
		row->at_id = query_get_number(&query, 7);
		row->due_at = query_get_number(&query, 8);
	}
	query_end(&query);
	return found;
}
