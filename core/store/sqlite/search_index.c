/* SPDX-License-Identifier: MIT */
/*
 * search_index.c - the index of words, filled behind the newest row.
 *
 * No write of a message touches it.  The index has no text of its own: what a
 * row had must be told to it again for the row to be forgotten.  Even then its
 * words stay in the index's segments until all of them are merged.
 */
#include "core/store/search_text.h"
#include "core/store/sqlite/sqlite.h"

/* Messages that are added or forgotten. */
struct search_index_telling {
	enum sql how;
	size_t bytes;  /* of text, after which it ends */
	int64_t count; /* so many were told */
	int64_t last;  /* the id of the last one */
	bool more;     /* there are others */
	struct text text;
};

/* Many megabytes, each word another one, would hold the writer for seconds. */
static int search_index_tell_row(struct store *store,
	struct search_index_telling *telling, const struct query *row,
	struct error *error)
{
	struct query query = query_start(store, telling->how);
	struct message_row message;
	struct slice text;

	store_message_read(row, &message);
	telling->text.length = 0;
	search_text(&telling->text, &message.message);
	if (telling->text.failed)
		return error_out_of_memory(error);
	text = text_view(&telling->text);
	if (text.length > STORE_INDEX_TEXT)
		text.length = STORE_INDEX_TEXT;
	telling->last = query_get_number(row, 10);
	query_number(&query, 1, telling->last);
	query_text(&query, 2, text);
	query_text(&query, 3, query_get_text(row, 11));
	if (query_run(&query, error))
		return -1;
	telling->count++;
	telling->bytes -=
		text.length < telling->bytes ? text.length : telling->bytes;
	return 0;
}

/* Ends the bound query. */
static int search_index_tell(struct store *store,
	struct search_index_telling *telling, struct query *rows,
	struct error *error)
{
	int found = 1;

	while (telling->bytes > 0 && (found = query_step(rows, error)) > 0)
		if (search_index_tell_row(store, telling, rows, error)) {
			found = -1;
			break;
		}
	telling->more = found > 0;
	query_end(rows);
	text_clear(&telling->text);
	return found < 0 ? -1 : 0;
}

/* The row of the table. */
struct state {
	int64_t upto;
	int64_t stale; /* since when; 0: it is not */
	bool merging;  /* kept as a `stale` below zero */
};

static int search_index_read_state(
	struct store *store, struct state *state, struct error *error)
{
	struct query query = query_start(store, SQL_INDEX_STATE);
	int found = query_step(&query, error);

	*state = (struct state){ 0 };
	if (found > 0) {
		state->upto = query_get_number(&query, 0);
		state->stale = query_get_number(&query, 1);
		state->merging = state->stale < 0;
		if (state->merging)
			state->stale = -state->stale;
	}
	query_end(&query);
	return found < 0 ? -1 : 0;
}

static int search_index_write_state(
	struct store *store, struct state state, struct error *error)
{
	struct query query = query_start(store, SQL_INDEX_STATE_WRITE);

	query_number(&query, 1, state.upto);
	query_number(&query, 2, state.merging ? -state.stale : state.stale);
	return query_run(&query, error);
}

/*
 * Until a savepoint FTS5 keeps what it was told in memory, where no merge sees
 * it and the time of a step does not count it.
 */
static int search_index_flush(struct store *store, struct error *error)
{
	struct query enter = query_start(store, SQL_ENTER);
	struct query keep = query_start(store, SQL_KEEP);

	return query_run(&enter, error) || query_run(&keep, error) ? -1 : 0;
}

/* --- filling it ------------------------------------------------------- */

static void search_index_due(struct store *store, int64_t due_at)
{
	if (store->options.search && due_at < store->index_at)
		store->index_at = due_at;
}

void store_index_due(struct store *store, int64_t now)
{
	search_index_due(store, now + STORE_INDEX_AFTER);
}

static int search_index_add_words(struct store *store, struct state *state,
	int64_t rows, struct error *error)
{
	struct query query = query_start(store, SQL_INDEX_NEXT);
	struct search_index_telling telling = { .how = SQL_INDEX_ADD,
		.bytes = STORE_INDEX_STEP,
		.last = state->upto };

	query_number(&query, 1, state->upto);
	query_number(&query, 2, rows);
	if (search_index_tell(store, &telling, &query, error))
		return -1;
	state->upto = telling.last;
	store->index_at = telling.more || telling.count == rows ? 0 : INT64_MAX;
	if (telling.count == 0)
		return 0;
	return search_index_write_state(store, *state, error) ||
			       search_index_flush(store, error)
		       ? -1
		       : 0;
}

int store_index_step(
	struct store *store, int64_t now, int64_t rows, struct error *error)
{
	struct state state;

	if (search_index_read_state(store, &state, error))
		return -1;
	if (state.stale && state.stale + STORE_MERGE_AFTER <= now)
		return store_index_merge(store, rows, error);
	if (search_index_add_words(store, &state, rows, error))
		return -1;
	if (state.stale)
		search_index_due(store, state.stale + STORE_MERGE_AFTER);
	return 0;
}

/* --- emptying it ------------------------------------------------------ */

int store_index_forget(struct store *store, struct query *rows, int64_t now,
	struct error *error)
{
	struct search_index_telling telling = { .how = SQL_INDEX_FORGET,
		.bytes = SIZE_MAX };
	struct state state = { 0 };

	if (search_index_tell(store, &telling, rows, error) ||
		(telling.count &&
			search_index_read_state(store, &state, error)))
		return -1;
	if (telling.count == 0 || state.stale)
		return 0;
	state.stale = now;
	search_index_due(store, now + STORE_MERGE_AFTER);
	return search_index_write_state(store, state, error);
}

int store_index_is_stale(struct store *store, bool *stale, struct error *error)
{
	struct state state;

	if (search_index_read_state(store, &state, error))
		return -1;
	*stale = state.stale;
	return 0;
}

/*
 * A negative number of pages merges all segments; without work it is free.  It
 * begins anew when the index was told something since the last step, and would
 * never end if that came often enough: so it goes first, after a restart too.
 */
int store_index_merge(struct store *store, int64_t pages, struct error *error)
{
	struct query query;
	struct state state;
	int before;

	if (search_index_flush(store, error))
		return -1;
	before = sqlite3_total_changes(store->db);
	query = query_start(store, SQL_INDEX_MERGE);
	query_number(&query, 1, -pages);
	if (query_run(&query, error) ||
		search_index_read_state(store, &state, error))
		return -1;
	store->merging = sqlite3_total_changes(store->db) - before >= 2;
	if (!state.stale || (store->merging && state.merging))
		return 0;
	state.merging = store->merging;
	if (!state.merging) {
		state.stale = 0;
		search_index_due(
			store, 0); /* a look for what else there is to do */
	}
	return search_index_write_state(store, state, error);
}

/* Without search there is none; it is made anew when it is wanted again. */
static int search_index_drop(struct store *store, struct error *error)
{
	struct query query = query_start(store, SQL_INDEX_DROP);

	return query_run(&query, error) || search_index_write_state(store,
						   (struct state){ 0 }, error)
		       ? -1
		       : 0;
}

int store_index_open(struct store *store, struct error *error)
{
	struct state state;

	if (search_index_read_state(store, &state, error))
		return -1;
	if (store->options.search) {
		store->merging = state.merging;
		return 0;
	}
	store->index_at = INT64_MAX;
	if (!state.upto)
		return 0;
	if (store_run(store, store_sql[SQL_BEGIN_WRITE], error))
		return -1;
	if (search_index_drop(store, error) == 0)
		return store_run(store, store_sql[SQL_COMMIT], error);
	sqlite3_exec(store->db, store_sql[SQL_ROLLBACK], NULL, NULL, NULL);
	return -1;
}
