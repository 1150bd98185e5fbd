/* SPDX-License-Identifier: MIT */
/* gc_history.c - is a history needed, when its rows have gone? */
#include "core/store/sql/chain.h"
#include "core/store/sql/gc.h"

/* The parameters of the statements. */
enum { SEEN_BASE = 1, SEEN_UPTO, SEEN_VERSION, SEEN_AFTER };
enum { DELETE_HISTORY = 1 };
enum { ARCHIVES_HISTORY = 1 };
enum { SHOWN_HISTORY = 1 };

const char *const gc_history_sql[SQL_COUNT] = {
	[SQL_HISTORY_SEEN] = "SELECT 1 FROM history WHERE base = ?1"
			     " AND base_upto >= ?2 AND (base_version = ?3"
			     " OR ?3 = 0) AND base_after <= ?4 LIMIT 1",
	[SQL_HISTORY_DELETE] =
		"DELETE FROM history WHERE id = ?1"
		" AND NOT EXISTS (SELECT 1 FROM message WHERE history = ?1)"
		" AND NOT EXISTS (SELECT 1 FROM retired WHERE history = ?1)",
	[SQL_HISTORY_SHOWN] = "SELECT 1 FROM session WHERE history = ?1"
			      " LIMIT 1",
	[SQL_HISTORY_ARCHIVES] = "SELECT 1 FROM retired WHERE history = ?1"
				 " AND archived = 1 LIMIT 1",
};

int store_gc_is_seen(struct store *store, const struct segment *base,
	bool *seen, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_SEEN);
	int found;

	query_number(&query, SEEN_BASE, base->history);
	query_number(&query, SEEN_UPTO, base->upto);
	query_number(&query, SEEN_VERSION, base->version);
	query_number(&query, SEEN_AFTER, base->after);
	found = query_step(&query, error);
	*seen = found > 0;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

int store_gc_delete_history(
	struct store *store, int64_t history, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_DELETE);
	int64_t deleted;

	query_number(&query, DELETE_HISTORY, history);
	return query_run_counting(&query, &deleted, error) ? -1 : deleted > 0;
}

int store_gc_archives(struct store *store, int64_t history, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_ARCHIVES);
	int found;

	query_number(&query, ARCHIVES_HISTORY, history);
	found = query_step(&query, error);
	query_end(&query);
	return found;
}

int store_gc_check_shown(
	struct store *store, int64_t history, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_SHOWN);
	int found;

	query_number(&query, SHOWN_HISTORY, history);
	found = query_step(&query, error);
	query_end(&query);
	if (found <= 0)
		return found;
	return error_set(error, ERROR_DAMAGED,
		"the row of a history is not what was stored");
}
