/* SPDX-License-Identifier: MIT */
/*
 * search_segments.c - the segments of the index of words, and their merging.
 *
 * FTS5's record of them is a cookie of four bytes, in newer versions four that
 * say so, then the counts of levels, segments and writes, then each level: how
 * many of its segments are being merged, how many there are, and three numbers
 * for each, of which the last, a page, is never 0.
 */
#include "core/store/sqlite/sqlite.h"

#include <string.h>

/* A number in base 128; one beyond every bound of ours is cut. */
static int64_t search_segments_take(struct slice block, size_t *at)
{
	int64_t number = 0;

	while (*at < block.length && number < STORE_INDEX_LEVELS) {
		const unsigned char byte = (unsigned char)block.data[(*at)++];

		number = number << 7 | (byte & 0x7f);
		if (!(byte & 0x80))
			break;
	}
	return number;
}

/* Of newer ones it is not known, and there are none without an option. */
static bool search_segments_ends_empty(struct slice block, bool newer)
{
	return !newer && block.length >= 2 &&
	       memcmp(block.data + block.length - 2, "\0\0", 2) == 0;
}

int sqlite_index_segments(struct sqlite *sqlite,
	struct index_segments *segments, struct error *error)
{
	static const char mark[] = { '\xff', 0, 0, 1 };
	struct query query = sqlite_start(sqlite, OWN_INDEX_STRUCTURE);
	const int found = sqlite_index_note(sqlite, query_step(&query, error));
	struct slice block = { 0 };
	size_t at = 4;
	bool newer;

	if (found > 0)
		block = query_get_text(&query, STRUCTURE_BLOCK);
	newer = block.length >= 8 && memcmp(block.data + 4, mark, 4) == 0;
	if (newer)
		at = 8;
	segments->levels = search_segments_take(block, &at);
	segments->count = search_segments_take(block, &at);
	segments->top_is_empty = search_segments_ends_empty(block, newer);
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* A negative number of pages merges all segments; without work it is free. */
int sqlite_index_merge_pages(
	struct sqlite *sqlite, int64_t pages, struct error *error)
{
	const int before = sqlite3_total_changes(sqlite->db);
	struct query query = sqlite_start(sqlite, OWN_INDEX_MERGE);

	query_number(&query, MERGE_PAGES, -pages);
	if (sqlite_index_note(sqlite, query_run(&query, error)))
		return -1;
	sqlite->engine.index.merging =
		sqlite3_total_changes(sqlite->db) - before >= 2;
	return 0;
}

/* A lone page would join the other row's segment on the first level. */
int sqlite_index_is_small(
	struct sqlite *sqlite, bool *small, struct error *error)
{
	struct query query = sqlite_start(sqlite, OWN_INDEX_PAGES);
	const int found = sqlite_index_note(sqlite, query_step(&query, error));

	*small = found > 0 && query_get_number(&query, PAGES_COUNT) < 2;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

int sqlite_index_stir(struct sqlite *sqlite, struct error *error)
{
	static const enum own tellings[] = { OWN_INDEX_ADD, OWN_INDEX_FORGET };

	for (size_t i = 0; i < sizeof(tellings) / sizeof(*tellings); i++) {
		struct query query = sqlite_start(sqlite, tellings[i]);

		query_number(&query, TELL_ID, 0);
		query_text(&query, TELL_TEXT, SLICE("a"));
		if (sqlite_index_note(sqlite, query_run(&query, error)))
			return -1;
	}
	sqlite->engine.index.merging = true;
	return 0;
}
