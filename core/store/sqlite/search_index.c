/* SPDX-License-Identifier: MIT */
/*
 * search_index.c - the index of words, filled behind the newest row.
 *
 * No write of a message touches it.  The index has no text of its own: what a
 * row had must be told to it again for the row to be forgotten.  Even then its
 * words stay in the index's segments until all of them are merged.
 */
#include "core/store/damage.h"
#include "core/store/pieces.h"
#include "core/store/sqlite/sqlite.h"

#include <string.h>

/* Messages that are added or forgotten. */
struct search_index_telling {
	enum own how;
	size_t bytes;  /* of text, after which it ends */
	int64_t count; /* so many were told */
	int64_t last;  /* the id of the last one */
	bool more;     /* there are others */
	bool damaged;  /* one or more, that have no words any more */
	struct text text;
};

/* The words of a damaged message are not known. */
static int search_index_read_text(struct search_index_telling *telling,
	const struct query *row, struct error *error)
{
	struct message_row message;
	struct error damage = { 0 };

	telling->text.length = 0;
	if (damage_read_message(row, query_get_number(row, ROW_HISTORY),
		    &message, &damage) == 0)
		search_text(&telling->text, &message.message);
	else if (damage.code == ERROR_DAMAGED)
		telling->damaged = true;
	else
		*error = damage;
	if (telling->text.failed)
		return error_out_of_memory(error);
	return damage.code && damage.code != ERROR_DAMAGED ? -1 : 0;
}

/*
 * Many megabytes, each word another one, would hold the writer for seconds.
 * Returns the bytes of the text, which its place stands behind.
 */
static size_t search_index_add_place(struct text *text, struct slice place)
{
	if (text->length > STORE_INDEX_TEXT)
		text->length = STORE_INDEX_TEXT;
	for (size_t i = 0; i < text->length; i++)
		if (text->data[i] == OWN_INDEX_MARK)
			text->data[i] = ' ';
	text_slice(text, place);
	return text->length - place.length;
}

static int search_index_tell_row(struct sqlite *sqlite,
	struct search_index_telling *telling, const struct query *row,
	struct error *error)
{
	struct query query = sqlite_start(sqlite, telling->how);
	size_t bytes;

	if (search_index_read_text(telling, row, error))
		return -1;
	bytes = search_index_add_place(
		&telling->text, query_get_text(row, ROW_PLACE));
	if (telling->text.failed)
		return error_out_of_memory(error);
	telling->last = query_get_number(row, ROW_ID);
	query_number(&query, TELL_ID, query_get_number(row, ROW_INDEXED_AS));
	query_text(&query, TELL_TEXT, text_view(&telling->text));
	if (sqlite_index_note(sqlite, query_run(&query, error)))
		return -1;
	telling->count++;
	telling->bytes -= bytes < telling->bytes ? bytes : telling->bytes;
	return 0;
}

/* Ends the bound query. */
static int search_index_tell(struct sqlite *sqlite,
	struct search_index_telling *telling, struct query *rows,
	struct error *error)
{
	int found = 1;

	while (telling->bytes > 0 && (found = query_step(rows, error)) > 0)
		if (search_index_tell_row(sqlite, telling, rows, error)) {
			found = -1;
			break;
		}
	telling->more = found > 0;
	query_end(rows);
	text_clear(&telling->text);
	return found < 0 ? -1 : 0;
}

/* The row of the table; upto is -1 when the next start is to empty it. */
struct search_index_state {
	int64_t upto;
	int64_t stale; /* since when; 0: it is not */
	bool merging;
};

static int search_index_read_state(struct sqlite *sqlite,
	struct search_index_state *state, struct error *error)
{
	struct query query = sqlite_start(sqlite, OWN_INDEX_STATE);
	int found = query_step(&query, error);

	*state = (struct search_index_state){ 0 };
	if (found > 0) {
		state->upto = query_get_number(&query, STATE_UPTO);
		state->stale = query_get_number(&query, STATE_STALE_AT);
		state->merging = query_get_number(&query, STATE_MERGING);
	}
	if (state->stale > INT64_MAX - STORE_MERGE_AFTER)
		state->stale = INT64_MAX - STORE_MERGE_AFTER;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

static int search_index_write_state(struct sqlite *sqlite,
	struct search_index_state state, struct error *error)
{
	struct query query = sqlite_start(sqlite, OWN_INDEX_STATE_WRITE);

	query_number(&query, WRITE_UPTO, state.upto);
	query_number(&query, WRITE_STALE_AT, state.stale);
	query_number(&query, WRITE_MERGING, state.merging);
	return query_run(&query, error);
}

/*
 * Until a savepoint FTS5 keeps what it was told in memory, where no merge sees
 * it and the time of a step does not count it.
 */
static int search_index_flush(struct sqlite *sqlite, struct error *error)
{
	struct query enter = sqlite_start(sqlite, OWN_ENTER);
	struct query keep = sqlite_start(sqlite, OWN_KEEP);

	return sqlite_index_note(sqlite, query_run(&enter, error)) ||
			       sqlite_index_note(
				       sqlite, query_run(&keep, error))
		       ? -1
		       : 0;
}

/* --- filling it ------------------------------------------------------- */

static int search_index_add_words(struct sqlite *sqlite,
	struct search_index_state *state, int64_t rows, struct error *error)
{
	struct query query = sqlite_start(sqlite, OWN_INDEX_NEXT);
	struct search_index_telling telling = { .how = OWN_INDEX_ADD,
		.bytes = STORE_INDEX_STEP,
		.last = state->upto };

	query_number(&query, NEXT_AFTER, state->upto);
	query_number(&query, NEXT_MOST, rows);
	if (search_index_tell(sqlite, &telling, &query, error))
		return -1;
	state->upto = telling.last;
	sqlite->engine.index.due_at =
		telling.more || telling.count == rows ? 0 : INT64_MAX;
	if (telling.count == 0)
		return 0;
	return search_index_write_state(sqlite, *state, error) ||
			       search_index_flush(sqlite, error)
		       ? -1
		       : 0;
}

static int search_index_merge(
	struct sqlite *sqlite, int64_t pages, struct error *error);

static int search_index_fill(
	struct sqlite *sqlite, int64_t now, int64_t rows, struct error *error)
{
	struct search_index_state state;

	if (search_index_read_state(sqlite, &state, error))
		return -1;
	if (state.stale && state.stale + STORE_MERGE_AFTER <= now)
		return search_index_merge(sqlite, rows, error);
	if (search_index_add_words(sqlite, &state, rows, error))
		return -1;
	if (state.stale)
		engine_index_due(
			&sqlite->engine, state.stale + STORE_MERGE_AFTER);
	return 0;
}

/* --- emptying it ------------------------------------------------------ */

/* The rows that go, of which some may not be in it. */
static struct query search_index_start_rows(
	struct sqlite *sqlite, const struct engine_rows *rows)
{
	struct query query = sqlite_start(sqlite,
		rows->retired ? OWN_INDEX_OF_RETIRED : OWN_INDEX_OF_LIVE);

	query_number(&query, ROWS_HISTORY, rows->history);
	query_number(&query, ROWS_AFTER, rows->after);
	query_number(&query, ROWS_UPTO, rows->upto);
	if (rows->retired) {
		query_number(&query, ROWS_AFTER_ID, rows->after_id);
		query_number(&query, ROWS_UPTO_ID, rows->upto_id);
		query_number(&query, ROWS_ARCHIVED, rows->archived);
	}
	return query;
}

static int search_index_begin_anew(struct sqlite *sqlite, struct error *error);

static int search_index_forget(struct sqlite *sqlite,
	const struct engine_rows *rows, int64_t now, struct error *error)
{
	struct search_index_telling telling = { .how = OWN_INDEX_FORGET,
		.bytes = SIZE_MAX };
	struct search_index_state state = { 0 };
	struct query query = search_index_start_rows(sqlite, rows);

	if (search_index_tell(sqlite, &telling, &query, error))
		return -1;
	if (telling.damaged)
		return search_index_begin_anew(sqlite, error);
	if (telling.count &&
		(search_index_flush(sqlite, error) ||
			search_index_read_state(sqlite, &state, error)))
		return -1;
	if (telling.count == 0 || state.stale)
		return 0;
	state.stale = now;
	engine_index_due(&sqlite->engine, now + STORE_MERGE_AFTER);
	return search_index_write_state(sqlite, state, error);
}

int sqlite_index_is_stale(
	struct engine *engine, bool *stale, struct error *error)
{
	struct search_index_state state;

	if (search_index_read_state(sqlite_of(engine), &state, error))
		return -1;
	*stale = state.stale && !sqlite_of(engine)->words_lost;
	return 0;
}

static int search_index_drop(struct sqlite *sqlite, struct error *error)
{
	struct query query = sqlite_start(sqlite, OWN_INDEX_DROP);

	return query_run(&query, error) ||
			       search_index_write_state(sqlite,
				       (struct search_index_state){ 0 }, error)
		       ? -1
		       : 0;
}

/* An empty one has no words of what was erased; it is filled again. */
static int search_index_begin_anew(struct sqlite *sqlite, struct error *error)
{
	sqlite_warn(sqlite, "the index of words is made anew");
	sqlite->engine.index.damaged = false;
	sqlite->engine.index.merging = false;
	engine_index_due(&sqlite->engine, 0);
	return sqlite_index_unless_lost(
		sqlite, search_index_drop(sqlite, error), error);
}

/* A segment that may have kept words, which no merge takes up by itself. */
static int search_index_merge_lone(struct sqlite *sqlite, struct error *error)
{
	bool small;

	if (sqlite_index_is_small(sqlite, &small, error))
		return -1;
	return small ? search_index_begin_anew(sqlite, error)
		     : sqlite_index_stir(sqlite, error);
}

/*
 * It begins anew when the index was told something since the last step, and
 * would never end if that came often enough: so it goes first, after a restart
 * too.
 */
static int search_index_merge(
	struct sqlite *sqlite, int64_t pages, struct error *error)
{
	struct engine *engine = &sqlite->engine;
	struct search_index_state state;
	struct index_segments segments;

	if (search_index_flush(sqlite, error) ||
		sqlite_index_segments(sqlite, &segments, error))
		return -1;
	if (segments.levels >= STORE_INDEX_LEVELS)
		return search_index_begin_anew(sqlite, error);
	if (sqlite_index_merge_pages(sqlite, pages, error))
		return -1;
	if (!engine->index.merging && segments.count > 0 &&
		segments.top_is_empty)
		return search_index_merge_lone(sqlite, error);
	if (search_index_read_state(sqlite, &state, error))
		return -1;
	if (!state.stale || (engine->index.merging && state.merging))
		return 0;
	state.merging = engine->index.merging;
	if (!state.merging) {
		state.stale = 0;
		/* A look for what else there is to do. */
		engine_index_due(engine, 0);
	}
	return search_index_write_state(sqlite, state, error);
}

/* --- an index that is damaged -------------------------------------- */

/* FTS5 empties its tables without reading them. */
static int search_index_unless_damaged(
	struct sqlite *sqlite, int result, struct error *error)
{
	if (result == 0 || !sqlite->engine.index.damaged)
		return result;
	*error = (struct error){ 0 };
	return search_index_begin_anew(sqlite, error);
}

int sqlite_index_fill(
	struct engine *engine, int64_t now, int64_t rows, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);

	if (sqlite->words_lost) {
		engine->index.due_at = INT64_MAX;
		return 0;
	}
	if (engine->index.damaged)
		return search_index_begin_anew(sqlite, error);
	return search_index_unless_damaged(
		sqlite, search_index_fill(sqlite, now, rows, error), error);
}

int sqlite_index_forget(struct engine *engine, const struct engine_rows *rows,
	int64_t now, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);

	if (sqlite->words_lost)
		return search_index_write_state(sqlite,
			(struct search_index_state){ .upto = -1 }, error);
	return search_index_unless_damaged(
		sqlite, search_index_forget(sqlite, rows, now, error), error);
}

int sqlite_index_merge(
	struct engine *engine, int64_t pages, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);

	if (sqlite->words_lost)
		return 0;
	return search_index_unless_damaged(
		sqlite, search_index_merge(sqlite, pages, error), error);
}

/* Without search there is none; it is made anew when it is wanted again. */
int sqlite_index_open(struct sqlite *sqlite, struct error *error)
{
	const bool search = sqlite->engine.options.search;
	struct search_index_state state;

	if (search_index_read_state(sqlite, &state, error))
		return -1;
	sqlite->engine.index.merging = search && state.merging;
	if (!search)
		sqlite->engine.index.due_at = INT64_MAX;
	if (search ? state.upto >= 0 : !state.upto)
		return 0;
	if (sqlite_execute(sqlite, sqlite_own[OWN_BEGIN_WRITE], error))
		return -1;
	if (sqlite_index_unless_lost(
		    sqlite, search_index_drop(sqlite, error), error) == 0)
		return sqlite_execute(sqlite, sqlite_own[OWN_COMMIT], error);
	sqlite3_exec(sqlite->db, sqlite_own[OWN_ROLLBACK], NULL, NULL, NULL);
	return sqlite->words_lost ? 0 : -1;
}
