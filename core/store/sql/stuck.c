/* SPDX-License-Identifier: MIT */
/*
 * stuck.c - maintenance that a damaged page keeps from being done.
 *
 * The batch that met the page is undone, so it is the next step that puts the
 * row aside, and does nothing else: never due, until the store is opened again
 * and it is tried once more.  All other rows go on meanwhile.
 */
#include "core/store/check.h"
#include "core/store/pieces.h"
#include "core/store/sql/gc.h"

/* The parameters of the statements. */
enum { MARK_ID = 1 };

const char *const stuck_sql[SQL_COUNT] = {
	[SQL_STUCK_MARK] = "UPDATE maintenance SET due_at = " NEVER
			   ", stage = CASE WHEN stage = 3 THEN 2 ELSE stage END"
			   " WHERE id = ?1",
	[SQL_STUCK_RETRY] = "UPDATE maintenance SET due_at = 0 WHERE stage <> 3"
			    " AND due_at = " NEVER,
};

/*
 * A row that was made by the step that is undone is not there to be put aside:
 * so the next step does no more than one thing.  A row that is to be tried in
 * another way is not stuck yet.
 */
void store_stuck_note(struct store *store, const struct maintenance_row *row,
	const struct error *error)
{
	if (error->code != ERROR_DAMAGED)
		return;
	store->stuck.careful = true;
	if (store_retries(store))
		return;
	store->stuck.row = row->id;
	store->stuck.session = row->stage == STAGE_OWNED ? 0 : row->session;
}

bool store_erase_is_stuck(const struct store *store, int64_t *session)
{
	*session = store->stuck.session;
	return store->stuck.row != 0;
}

int store_erase_refuse(struct error *error)
{
	error_describe(error, ERROR_DAMAGED,
		"it is erased, but a page of the file is damaged and may keep"
		" what it was: stop the server, and put all that can be read"
		" into a new file with chatmem export and chatmem import");
	error->final = true;
	return -1;
}

int store_stuck_settle(struct store *store, struct error *error)
{
	struct stuck *stuck = &store->stuck;
	struct query query;
	int64_t rows;

	if (stuck->retried && !stuck->row)
		return 0;
	query = query_start(
		store, stuck->retried ? SQL_STUCK_MARK : SQL_STUCK_RETRY);
	if (stuck->retried) {
		query_number(&query, MARK_ID, stuck->row);
		stuck->row = 0;
	}
	stuck->retried = true;
	return query_run_counting(&query, &rows, error) ? -1 : rows > 0;
}
