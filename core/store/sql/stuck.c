/* SPDX-License-Identifier: MIT */
/*
 * stuck.c - maintenance that a damaged page keeps from being done.
 *
 * The batch that met the page is undone, so it is the next step that puts the
 * row aside: never due, until the store is opened again and it is tried once
 * more.  All other rows go on meanwhile.
 */
#include "core/store/check.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statements. */
enum { MARK_ID = 1 };

const char *const stuck_sql[SQL_COUNT] = {
	[SQL_STUCK_MARK] = "UPDATE maintenance SET due_at = " NEVER
			   ", stage = CASE WHEN stage = 3 THEN 2 ELSE stage END"
			   " WHERE id = ?1",
	[SQL_STUCK_RETRY] = "UPDATE maintenance SET due_at = 0 WHERE stage <> 3"
			    " AND due_at = " NEVER,
};

void store_stuck_note(
	struct store *store, int64_t row, const struct error *error)
{
	if (error->code == ERROR_DAMAGED)
		store->stuck.row = row;
}

bool store_erase_is_stuck(const struct store *store)
{
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

	if (!stuck->retried) {
		query = query_start(store, SQL_STUCK_RETRY);
		stuck->retried = true;
		return query_run(&query, error);
	}
	if (!stuck->row)
		return 0;
	query = query_start(store, SQL_STUCK_MARK);
	query_number(&query, MARK_ID, stuck->row);
	stuck->row = 0;
	return query_run(&query, error);
}
