/* SPDX-License-Identifier: MIT */
/*
 * search_query.c - what a user asks for, as FTS5 is asked.
 */
#include "core/store/sqlite/search.h"

static int search_query_take_word(void *context, int flags, const char *word,
	int length, int start, int end)
{
	struct search *search = context;

	(void)flags;
	(void)start;
	(void)end;
	if (search->word_count == SEARCH_WORDS_MAX) {
		search->crowded = true;
		return SQLITE_DONE;
	}
	text_append(&search->words, word, (size_t)length);
	search->ends[search->word_count++] = search->words.length;
	return SQLITE_OK;
}

/* Quoted, so nothing of it is syntax; it holds no quotation mark. */
static void search_query_write_part(
	struct text *match, const struct search_part *part)
{
	text_string(match, match->length ? " AND \"" : "{text} : (\"");
	for (size_t i = 0; i < part->text.length; i++)
		text_append(match,
			part->text.data[i] ? part->text.data + i : " ", 1);
	text_string(match, part->prefix ? "\" *" : "\"");
}

static int search_query_take_part(struct search *search,
	const struct search_part *given, struct error *error)
{
	struct part part = { .first = search->word_count,
		.prefix = given->prefix };

	if (store_words_each(search->store, given->text,
		    FTS5_TOKENIZE_QUERY |
			    (given->prefix ? FTS5_TOKENIZE_PREFIX : 0),
		    search_query_take_word, search, error))
		return -1;
	part.count = search->word_count - part.first;
	if (part.count == 0 && !search->crowded)
		return 0;
	if (search->crowded || search->part_count == SEARCH_PARTS_MAX)
		return error_set(error, ERROR_INVALID,
			"q has more than %d parts or %d words",
			SEARCH_PARTS_MAX, SEARCH_WORDS_MAX);
	search->parts[search->part_count++] = part;
	search_query_write_part(&search->match, given);
	return 0;
}

int store_search_read(struct search *search, struct error *error)
{
	struct slice rest = search->what->text;
	struct search_part part;

	while (search_next(&rest, &part))
		if (search_query_take_part(search, &part, error))
			return -1;
	return search->part_count ? 0
				  : error_set(error, ERROR_INVALID,
					    "q has no word to search for");
}

/* Up to the most, of which the last then has more below it. */
static int search_query_add_segments(struct search *search, struct error *error)
{
	struct segment segment = store_segment_top(search->what->session);

	for (;;) {
		text_format(&search->match, "%sh%lld",
			search->segment_count ? " OR " : "",
			(long long)segment.history);
		search->segments[search->segment_count++] = segment;
		if (!segment.floor ||
			search->segment_count == SEARCH_SEGMENTS_MAX)
			return 0;
		if (store_segment_below(search->store, &segment, error))
			return -1;
	}
}

int store_search_place(struct search *search, struct error *error)
{
	const struct slice tenant = search->what->tenant;
	struct text *match = &search->match;
	size_t start = match->length;
	bool known = search->what->session;

	text_string(match, ") AND {place} : (");
	if (known) {
		if (search_query_add_segments(search, error))
			return -1;
		known = !search->segments[search->segment_count - 1].floor;
	}
	if (!known) {
		search->segment_count = 0;
		match->length = start;
		text_string(match, ") AND {place} : (t");
		for (size_t i = 0; i < tenant.length; i++)
			text_format(
				match, "%02x", (unsigned char)tenant.data[i]);
	}
	text_append(match, ")", 1);
	return match->failed || search->words.failed
		       ? error_out_of_memory(error)
		       : 0;
}
