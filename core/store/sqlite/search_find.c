/* SPDX-License-Identifier: MIT */
/*
 * search_find.c - what the index of words finds.
 *
 * It gives rowids, which may be late: each is looked up in the tables when it
 * is handed on.
 */
#include "core/store/sqlite/sqlite.h"

#include <stdlib.h>

#define HITS_MAX 10000

/* Of SQLite's virtual machine; a page of the index that is read takes four. */
#define STEPS_A_LOOK 16 /* at how many there were */
#define STEPS_A_HIT  32

struct search_find_hit {
	int64_t id;
	double closeness;
};

struct search_find {
	struct sqlite *sqlite;
	const struct engine_search *what;
	struct text match; /* for FTS5 */
	struct search_find_hit *hits;
	size_t count;
	int64_t steps; /* done to find them */
	bool spent;    /* more than what was allowed */
};

/* --- as FTS5 is asked --------------------------------------------------- */

/* Quoted, so nothing of it is syntax; it holds no quotation mark. */
static void search_find_write_part(
	struct text *match, const struct search_part *part)
{
	text_byte(match, '"');
	for (size_t i = 0; i < part->text.length; i++) {
		const char byte = part->text.data[i];

		text_byte(match, byte && byte != OWN_INDEX_MARK ? byte : ' ');
	}
	text_string(match, part->prefix ? "\" * AND " : "\" AND ");
}

static void search_find_write_place(
	struct text *match, const struct engine_search *what)
{
	text_string(match, "(\"");
	for (size_t i = 0; i < what->history_count; i++)
		text_format(match, "%s|h%lld", i ? "\" OR \"" : "",
			(long long)what->histories[i]);
	if (!what->history_count) {
		text_string(match, "|t");
		for (size_t i = 0; i < what->tenant.length; i++)
			text_format(match, "%02x",
				(unsigned char)what->tenant.data[i]);
	}
	text_string(match, "\")");
}

/* --- the newest, then the best of these --------------------------------- */

static int search_find_compare(const void *left, const void *right)
{
	const struct search_find_hit *a = left, *b = right;

	if (a->closeness != b->closeness)
		return a->closeness < b->closeness ? 1 : -1;
	return (a->id < b->id) - (a->id > b->id);
}

/* A hit is work that was not in vain. */
static int search_find_is_spent(void *context)
{
	struct search_find *find = context;
	const int64_t hits = (int64_t)find->count;

	find->steps += STEPS_A_LOOK;
	find->spent = find->steps > find->what->steps + STEPS_A_HIT * hits;
	return find->spent;
}

/* It is made of the messages, so it is the writer's to make it anew. */
static int search_find_blame_index(struct sqlite *sqlite, struct error *error)
{
	if (sqlite->engine.mode == STORE_WRITE)
		engine_index_due(&sqlite->engine, 0);
	*error = (struct error){ 0 };
	return error_set(error, ERROR_UNAVAILABLE,
		"the index of words is damaged, and is made anew");
}

/* A reader's, with its first search: all else that it does needs no index. */
static int search_find_prepare(struct sqlite *sqlite, struct error *error)
{
	if (sqlite->own[OWN_SEARCH] ||
		sqlite3_prepare_v3(sqlite->db, sqlite_own[OWN_SEARCH], -1,
			SQLITE_PREPARE_PERSISTENT, &sqlite->own[OWN_SEARCH],
			NULL) == SQLITE_OK)
		return 0;
	sqlite_failed(sqlite, sqlite3_extended_errcode(sqlite->db), error);
	sqlite_index_note(sqlite, -1);
	return sqlite->engine.index.damaged
		       ? search_find_blame_index(sqlite, error)
		       : -1;
}

/*
 * A prefix has FTS5 read the places of all words that begin so before it gives
 * the first hit, and two frequent words may hardly ever meet.
 */
static int search_find_read(struct search_find *find, struct error *error)
{
	struct error failure = { 0 };
	struct query query;
	int found;

	if (search_find_prepare(find->sqlite, error))
		return -1;
	query = sqlite_start(find->sqlite, OWN_SEARCH);
	query_text(&query, SEARCH_MATCH, text_view(&find->match));
	query_number(&query, SEARCH_MOST, HITS_MAX);
	query_number(&query, SEARCH_PHRASES, (int64_t)find->what->part_count);
	query_number(&query, SEARCH_BEHIND, !find->what->history_count);
	sqlite3_progress_handler(
		find->sqlite->db, STEPS_A_LOOK, search_find_is_spent, find);
	while ((found = query_step(&query, &failure)) > 0)
		find->hits[find->count++] = (struct search_find_hit){
			query_get_number(&query, FOUND_ID),
			sqlite3_column_double(query.statement, FOUND_CLOSENESS),
		};
	sqlite3_progress_handler(find->sqlite->db, 0, NULL, NULL);
	query_end(&query);
	if (found == 0 || (find->spent && find->count))
		return 0;
	if (find->spent)
		return error_set(error, ERROR_INVALID,
			"q asks for too much: take longer prefixes, or rarer "
			"words");
	*error = failure;
	if (sqlite_index_note(find->sqlite, -1) &&
		find->sqlite->engine.index.damaged)
		return search_find_blame_index(find->sqlite, error);
	return -1;
}

/* 1: its key; 0: it is no more; -1. */
static int search_find_key(struct search_find *find, int64_t id,
	struct engine_hit *hit, struct error *error)
{
	struct query query = sqlite_start(find->sqlite, OWN_SEARCH_KEY);
	int found;

	query_number(&query, KEY_OF_ID, id);
	found = query_step(&query, error);
	if (found > 0)
		*hit = (struct engine_hit){
			.history = query_get_number(&query, KEY_HISTORY),
			.seq = query_get_number(&query, KEY_SEQ),
			.born = query_get_number(&query, KEY_BORN),
		};
	query_end(&query);
	return found;
}

static int search_find_hand_on(struct search_find *find,
	struct hit_visitor visitor, struct error *error)
{
	for (size_t i = 0; i < find->count; i++) {
		struct engine_hit hit;
		int found =
			search_find_key(find, find->hits[i].id, &hit, error);

		if (found > 0)
			found = visitor.visit(visitor.context, &hit, error);
		if (found)
			return found < 0 ? -1 : 0;
	}
	return 0;
}

int sqlite_index_find(struct engine *engine, const struct engine_search *what,
	struct hit_visitor visitor, struct error *error)
{
	struct search_find find = {
		.sqlite = sqlite_of(engine),
		.what = what,
		.hits = calloc(HITS_MAX, sizeof(*find.hits)),
	};
	int result;

	if (engine->mode == STORE_READ)
		engine->index.damaged = false;
	for (size_t i = 0; i < what->part_count; i++)
		search_find_write_part(&find.match, &what->parts[i]);
	search_find_write_place(&find.match, what);
	result = find.hits && !find.match.failed
			 ? search_find_read(&find, error)
			 : error_out_of_memory(error);
	if (result == 0 && find.count)
		qsort(find.hits, find.count, sizeof(*find.hits),
			search_find_compare);
	if (result == 0)
		result = search_find_hand_on(&find, visitor, error);
	text_clear(&find.match);
	free(find.hits);
	return result;
}
