/* SPDX-License-Identifier: MIT */
/*
 * pack.c - messages of a session that has gone quiet, next to each other.
 *
 * Rows lie in the order of commits: of a session that was one of many, each
 * lies on another page.  A cursor follows the rows.  Where one ends a block of
 * its history, or the history, and the block lies scattered, all rows of the
 * block get new ids, behind all others and in their order.  Nothing refers to
 * these ids but the index of words, which goes on by the old ones: the table
 * moved_message leads from one to the other.
 */
#include "core/store/sqlite/sqlite.h"

#include <string.h>

#define PACK_QUIET  3600000 /* milliseconds since the last write */
#define PACK_LATER  60000   /* until it looks again */
#define PACK_BLOCK  128	    /* seqs */
#define PACK_PIECES 8	    /* of new rows in a block, fewer are left */
#define PACK_NEAR   2	    /* ids from row to row within a piece */
#define PACK_COST   8	 /* rows looked at in the time that moving one takes */
#define PACK_LONG   2048 /* bytes; such a body has pages of its own */
#define PACK_BYTES  262144 /* of bodies that a step looks at */

struct pack_state {
	int64_t upto;
	int64_t history; /* 0: none is at hand */
	int64_t first;	 /* the seq before the next one to be moved */
	int64_t last;	 /* of the block */
};

struct pack {
	struct sqlite *sqlite;
	struct pack_state state;
	int64_t now;
	int64_t left; /* rows that it may look at */
	int64_t due_at;
};

static int pack_load(struct pack *pack, struct error *error)
{
	struct pack_state *state = &pack->state;
	struct query query = sqlite_start(pack->sqlite, OWN_PACK_STATE);
	const int found = query_step(&query, error);

	if (found > 0)
		*state = (struct pack_state){
			.upto = query_get_number(&query, PACK_UPTO),
			.history = query_get_number(&query, PACK_HISTORY),
			.first = query_get_number(&query, PACK_FIRST),
			.last = query_get_number(&query, PACK_END),
		};
	query_end(&query);
	return found;
}

static int pack_save(const struct pack *pack, struct error *error)
{
	const struct pack_state *state = &pack->state;
	struct query query = sqlite_start(pack->sqlite, OWN_PACK_SAVE);

	query_number(&query, SAVE_UPTO, state->upto);
	query_number(&query, SAVE_HISTORY, state->history);
	query_number(&query, SAVE_FIRST, state->first);
	query_number(&query, SAVE_END, state->last);
	return query_run(&query, error);
}

/* --- which ------------------------------------------------------------ */

static struct query pack_start_block(
	const struct pack *pack, enum own which, const struct pack_state *block)
{
	struct query query = sqlite_start(pack->sqlite, which);

	query_number(&query, BLOCK_HISTORY, block->history);
	query_number(&query, BLOCK_FIRST, block->first);
	query_number(&query, BLOCK_LAST, block->last);
	return query;
}

/* Do new rows of it lie in many pieces?  Their ids say so; 1; 0; -1. */
static int pack_is_scattered(
	struct pack *pack, const struct pack_state *block, struct error *error)
{
	struct query query = pack_start_block(pack, OWN_PACK_BLOCK, block);
	int64_t last = INT64_MAX, pieces = 0, count = 0;
	int found;

	while ((found = query_step(&query, error)) > 0) {
		const int64_t id = query_get_number(&query, BLOCK_ID);

		pieces += !query_get_number(&query, BLOCK_MOVED) &&
			  (id <= last || id - last > PACK_NEAR);
		last = id;
		count++;
	}
	query_end(&query);
	pack->left -= count / PACK_COST;
	return found < 0 ? -1 : pieces >= PACK_PIECES;
}

/* A time to come is damaged, or an import's: it is no reason to wait. */
static bool pack_is_young(struct pack *pack, const struct query *row)
{
	const int64_t at = query_get_number(row, LOOKED_AT);

	if (at > pack->now || pack->now - at >= PACK_QUIET)
		return false;
	pack->due_at = at + PACK_QUIET;
	return true;
}

static int64_t pack_block_of(int64_t seq)
{
	return (seq - 1) / PACK_BLOCK;
}

/* Takes a block to be moved if this row ends one. */
static int pack_look_at(
	struct pack *pack, const struct query *row, struct error *error)
{
	const int64_t seq = query_get_number(row, LOOKED_SEQ);
	const int64_t next = query_get_number(row, LOOKED_NEXT);
	const struct pack_state block = {
		.upto = query_get_number(row, LOOKED_ID),
		.history = query_get_number(row, LOOKED_HISTORY),
		.first = pack_block_of(seq) * PACK_BLOCK,
		.last = seq,
	};
	int scattered;

	pack->state.upto = block.upto;
	pack->left--;
	if (next && pack_block_of(next) == pack_block_of(seq))
		return 0;
	scattered = pack_is_scattered(pack, &block, error);
	if (scattered > 0)
		pack->state = block;
	return scattered;
}

/* 1: there is a block to be moved, or more to be looked at; 0; -1. */
static int pack_look(struct pack *pack, struct error *error)
{
	struct query query = sqlite_start(pack->sqlite, OWN_PACK_NEXT);
	int found = 1, taken = 0;

	query_number(&query, LOOK_AFTER, pack->state.upto);
	query_number(&query, LOOK_MOST, pack->left);
	while (taken == 0 && pack->left > 0 &&
		(found = query_step(&query, error)) > 0 &&
		!pack_is_young(pack, &query))
		taken = pack_look_at(pack, &query, error);
	query_end(&query);
	if (found < 0 || taken < 0)
		return -1;
	if (found == 0 && pack->left > 0)
		pack->due_at = INT64_MAX;
	return taken;
}

/* --- moved ------------------------------------------------------------ */

/* The next rows of the block. */
struct pack_rows {
	struct {
		int64_t id;
		bool stays;
	} row[PACK_BLOCK];
	size_t count;
};

static int pack_read_rows(
	struct pack *pack, struct pack_rows *rows, struct error *error)
{
	struct pack_state *state = &pack->state;
	struct query query = pack_start_block(pack, OWN_PACK_ROWS, state);
	int64_t bytes = 0;
	int found = 1;

	rows->count = 0;
	while (pack->left > 0 && bytes < PACK_BYTES &&
		(found = query_step(&query, error)) > 0) {
		const int64_t length = query_get_number(&query, PACKED_BYTES);

		state->first = query_get_number(&query, PACKED_SEQ);
		rows->row[rows->count].id = query_get_number(&query, PACKED_ID);
		rows->row[rows->count++].stays = length >= PACK_LONG;
		bytes += length;
		pack->left -= PACK_COST;
	}
	query_end(&query);
	if (found == 0)
		state->history = 0;
	return found < 0 ? -1 : 0;
}

static int pack_run(struct pack *pack, enum own which, int64_t from, int64_t to,
	struct error *error)
{
	struct query query = sqlite_start(pack->sqlite, which);

	query_number(&query, MOVE_FROM, from);
	query_number(&query, MOVE_TO, to);
	return query_run(&query, error);
}

/* A row that is damaged, so that its table would not take it, stays too. */
static int pack_move_row(
	struct pack *pack, int64_t from, int64_t to, struct error *error)
{
	struct error failure = { 0 };

	if (from != to && pack_run(pack, OWN_PACK_MOVE, from, to, &failure)) {
		if (sqlite3_errcode(pack->sqlite->db) % 256 !=
			SQLITE_CONSTRAINT) {
			*error = failure;
			return -1;
		}
		to = from;
	}
	return pack_run(pack, OWN_PACK_NOTE, from, to, error);
}

static int pack_note_given(struct pack *pack, int64_t last, struct error *error)
{
	static const enum own notes[] = { OWN_PACK_GIVEN, OWN_PACK_INDEXED };

	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
		struct query query = sqlite_start(pack->sqlite, notes[i]);

		query_number(&query, GIVEN_LAST, last);
		if (query_run(&query, error))
			return -1;
	}
	return 0;
}

/* The greatest id that there was. */
static int pack_find_last(struct pack *pack, int64_t *last, struct error *error)
{
	struct query query = sqlite_start(pack->sqlite, OWN_PACK_LAST);
	const int found = query_step(&query, error);

	*last = found > 0 ? query_get_number(&query, LAST_ID) : INT64_MAX;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

static int pack_move(struct pack *pack, struct error *error)
{
	struct pack_rows rows;
	int64_t last;

	if (pack_read_rows(pack, &rows, error) ||
		pack_find_last(pack, &last, error))
		return -1;
	if (last > INT64_MAX - PACK_BLOCK)
		rows.count = 0;
	for (size_t i = 0; i < rows.count; i++) {
		const int64_t id = rows.row[i].id;

		if (pack_move_row(
			    pack, id, rows.row[i].stays ? id : ++last, error))
			return -1;
	}
	return rows.count ? pack_note_given(pack, last, error) : 0;
}

/* --- a step ------------------------------------------------------------ */

static int pack_some(struct pack *pack, struct error *error)
{
	int more = pack_load(pack, error);
	const struct pack_state before = pack->state;

	while (more > 0 && pack->left > 0) {
		if (pack->state.history)
			more = pack_move(pack, error) ? -1 : 1;
		else
			more = pack_look(pack, error);
	}
	if (more < 0)
		return -1;
	return memcmp(&pack->state, &before, sizeof(before)) == 0
		       ? 0
		       : pack_save(pack, error);
}

/* A row that is moved before it is indexed would be indexed twice. */
static int pack_must_wait(
	struct sqlite *sqlite, bool *waits, struct error *error)
{
	int64_t behind = 0;

	if (sqlite->engine.options.search &&
		sqlite_ask_number(sqlite, OWN_INDEX_BEHIND, &behind, error))
		return -1;
	*waits = behind > 0 || sqlite->words_lost;
	return 0;
}

int sqlite_pack(struct engine *engine, int64_t now, int64_t rows,
	int64_t *due_at, struct error *error)
{
	struct pack pack = {
		.sqlite = sqlite_of(engine),
		.now = now,
		.left = rows,
		.due_at = now,
	};
	bool waits;

	if (pack_must_wait(pack.sqlite, &waits, error))
		return -1;
	if (waits)
		pack.due_at = now + PACK_LATER;
	else if (pack_some(&pack, error))
		return -1;
	*due_at = pack.due_at;
	return 0;
}
