/* SPDX-License-Identifier: MIT */
/*
 * store_sqlite_index.c - the index of words, filled behind the newest row.
 *
 * No write of a message touches it.  The index has no text of its own: what a
 * row had must be told to it again for the row to be forgotten.  Even then its
 * words stay in the index's segments until all of them are merged.
 */
#include "core/search.h"
#include "core/store_sqlite.h"

/* Adds or forgets the messages of a bound query; how many, and the last. */
static int write_words(struct store *store, struct query *rows, enum sql how,
	int64_t *count, int64_t *last, struct error *error)
{
	struct text text = { 0 };
	int more;

	while ((more = query_step(rows, error)) > 0) {
		struct query query = query_start(store, how);
		struct message_row row;

		store_message_read(rows, &row);
		text.length = 0;
		search_text(&text, &row.message);
		if (text.failed) {
			more = error_out_of_memory(error);
			break;
		}
		*last = query_get_number(rows, 10);
		query_number(&query, 1, *last);
		query_text(&query, 2, text_view(&text));
		query_text(&query, 3, query_get_text(rows, 11));
		if (query_run(&query, error)) {
			more = -1;
			break;
		}
		++*count;
	}
	query_end(rows);
	text_clear(&text);
	return more;
}

static int read_state(
	struct store *store, int64_t *upto, bool *stale, struct error *error)
{
	struct query query = query_start(store, SQL_INDEX_STATE);
	int found = query_step(&query, error);

	*upto = found > 0 ? query_get_number(&query, 0) : 0;
	*stale = found > 0 && query_get_number(&query, 1);
	query_end(&query);
	return found < 0 ? -1 : 0;
}

static int write_state(
	struct store *store, int64_t upto, bool stale, struct error *error)
{
	struct query query = query_start(store, SQL_INDEX_STATE_WRITE);

	query_number(&query, 1, upto);
	query_number(&query, 2, stale);
	return query_run(&query, error);
}

/* --- filling it ------------------------------------------------------- */

void store_index_due(struct store *store, int64_t now)
{
	if (store->options.search && store->index_at == INT64_MAX)
		store->index_at = now + STORE_INDEX_AFTER;
}

int store_index_step(struct store *store, int64_t rows, struct error *error)
{
	struct query query;
	int64_t count = 0;
	int64_t upto;
	bool stale;

	if (read_state(store, &upto, &stale, error))
		return -1;
	query = query_start(store, SQL_INDEX_NEXT);
	query_number(&query, 1, upto);
	query_number(&query, 2, rows);
	if (write_words(store, &query, SQL_INDEX_ADD, &count, &upto, error) ||
		(count && write_state(store, upto, stale, error)))
		return -1;
	store->index_at = count < rows ? INT64_MAX : 0;
	return 0;
}

/* --- emptying it ------------------------------------------------------ */

int store_index_forget(
	struct store *store, struct query *rows, struct error *error)
{
	int64_t count = 0;
	int64_t last, upto;
	bool stale;

	if (write_words(store, rows, SQL_INDEX_FORGET, &count, &last, error) ||
		(count && read_state(store, &upto, &stale, error)))
		return -1;
	return count && !stale ? write_state(store, upto, true, error) : 0;
}

int store_index_is_stale(struct store *store, bool *stale, struct error *error)
{
	int64_t upto;

	return read_state(store, &upto, stale, error);
}

/* A negative number of pages merges all segments; without work it is free. */
int store_index_merge(
	struct store *store, int64_t pages, bool *done, struct error *error)
{
	const int before = sqlite3_total_changes(store->db);
	struct query query = query_start(store, SQL_INDEX_MERGE);
	int64_t upto;
	bool stale;

	query_number(&query, 1, -pages);
	if (query_run(&query, error) || read_state(store, &upto, &stale, error))
		return -1;
	*done = sqlite3_total_changes(store->db) - before < 2;
	return *done && stale ? write_state(store, upto, false, error) : 0;
}

/* Without search there is none; it is made anew when it is wanted again. */
static int drop(struct store *store, struct error *error)
{
	struct query query = query_start(store, SQL_INDEX_DROP);

	return query_run(&query, error) || write_state(store, 0, false, error)
		       ? -1
		       : 0;
}

int store_index_open(struct store *store, struct error *error)
{
	int64_t upto;
	bool stale;

	if (store->options.search)
		return 0;
	store->index_at = INT64_MAX;
	if (read_state(store, &upto, &stale, error))
		return -1;
	if (!upto)
		return 0;
	if (store_run(store, store_sql[SQL_BEGIN_WRITE], error))
		return -1;
	if (drop(store, error) == 0)
		return store_run(store, store_sql[SQL_COMMIT], error);
	sqlite3_exec(store->db, store_sql[SQL_ROLLBACK], NULL, NULL, NULL);
	return -1;
}
