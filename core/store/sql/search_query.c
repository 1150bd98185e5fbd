/* SPDX-License-Identifier: MIT */
/*
 * search_query.c - what a user asks for, as words and as histories.
 */
#include "core/store/sql/search.h"

static int search_query_take_word(
	void *context, struct slice word, size_t start)
{
	struct search *search = context;

	(void)start;
	if (search->word_count == SEARCH_WORDS_MAX) {
		search->crowded = true;
		return 1;
	}
	text_slice(&search->words, word);
	search->ends[search->word_count++] = search->words.length;
	return 0;
}

static int search_query_take_part(struct search *search,
	const struct search_part *given, struct error *error)
{
	const struct engine_text text = { given->text,
		given->prefix ? WORDS_OF_PREFIX : WORDS_OF_QUERY };
	struct search_words part = { .first = search->word_count,
		.prefix = given->prefix };

	if (search->store->ops->words(search->store->engine, text,
		    (struct word_visitor){ search_query_take_word, search },
		    error))
		return -1;
	part.count = search->word_count - part.first;
	if (part.count == 0 && !search->crowded)
		return 0;
	if (search->crowded || search->part_count == SEARCH_PARTS_MAX)
		return error_set(error, ERROR_INVALID,
			"q has more than %d parts or %d words",
			SEARCH_PARTS_MAX, SEARCH_WORDS_MAX);
	search->given[search->part_count] = *given;
	search->parts[search->part_count++] = part;
	return 0;
}

int store_search_read(struct search *search, struct error *error)
{
	struct slice rest = search->what->text;
	struct search_part part;

	while (search_next(&rest, &part))
		if (search_query_take_part(search, &part, error))
			return -1;
	if (search->words.failed)
		return error_out_of_memory(error);
	return search->part_count ? 0
				  : error_set(error, ERROR_INVALID,
					    "q has no word to search for");
}

/* A longer chain is sought by tenant. */
int store_search_scope(struct search *search, struct error *error)
{
	struct segment segment = store_segment_top(search->what->session);

	for (;;) {
		search->histories[search->segment_count] = segment.history;
		search->segments[search->segment_count++] = segment;
		if (!segment.floor)
			return 0;
		if (search->segment_count == SEARCH_SEGMENTS_MAX)
			break;
		if (store_segment_below(search->store, &segment, error))
			return -1;
	}
	search->segment_count = 0;
	return 0;
}
