/* SPDX-License-Identifier: MIT */
/*
 * search.c - messages found by their words.
 *
 * The index gives ids, which may be late: each is looked up in the tables, and
 * shown by the sessions that see it now, its own and those that begin with
 * it.
 */
#include "core/store/sqlite/search.h"

#include <stdlib.h>
#include <string.h>

#define HITS_MAX  10000
#define PLACE_MAX 65536 /* bytes of a text */

/* Of SQLite's virtual machine; a page of the index that is read takes four. */
#define STEPS_A_LOOK 16 /* at how many there were */
#define STEPS_A_HIT  32

/* --- what the index finds --------------------------------------------- */

static int search_compare_hits(const void *left, const void *right)
{
	const struct hit *a = left, *b = right;

	if (a->closeness != b->closeness)
		return a->closeness < b->closeness ? 1 : -1;
	return (a->id < b->id) - (a->id > b->id);
}

/* A hit is work that was not in vain. */
static int search_is_spent(void *context)
{
	struct search *search = context;
	const int64_t hits = (int64_t)search->hit_count;

	search->steps += STEPS_A_LOOK;
	search->spent =
		search->steps > search->what->steps + STEPS_A_HIT * hits;
	return search->spent;
}

/*
 * A prefix has FTS5 read the places of all words that begin so before it gives
 * the first hit, and two frequent words may hardly ever meet.
 */
static int search_read_hits(struct search *search, struct error *error)
{
	struct query query = query_start(search->store, SQL_SEARCH);
	struct error failure = { 0 };
	int found;

	query_text(&query, 1, text_view(&search->match));
	query_number(&query, 2, HITS_MAX);
	sqlite3_progress_handler(
		search->store->db, STEPS_A_LOOK, search_is_spent, search);
	while ((found = query_step(&query, &failure)) > 0)
		search->hits[search->hit_count++] = (struct hit){
			query_get_number(&query, 0),
			sqlite3_column_double(query.statement, 1),
		};
	sqlite3_progress_handler(search->store->db, 0, NULL, NULL);
	query_end(&query);
	if (found == 0 || (search->spent && search->hit_count))
		return 0;
	if (search->spent)
		return error_set(error, ERROR_INVALID,
			"q asks for too much: take longer prefixes, or rarer "
			"words");
	*error = failure;
	return -1;
}

/* The newest ones, then the best of these first. */
static int search_find_hits(struct search *search, struct error *error)
{
	search->hits = calloc(HITS_MAX, sizeof(*search->hits));
	if (!search->hits)
		return error_out_of_memory(error);
	if (search_read_hits(search, error))
		return -1;
	if (search->hit_count)
		qsort(search->hits, search->hit_count, sizeof(*search->hits),
			search_compare_hits);
	return 0;
}

/* --- where a text has it ---------------------------------------------- */

static bool search_word_is(
	const struct search *search, const struct part *part, struct slice word)
{
	const size_t which = part->first + part->seen;
	const size_t start = which ? search->ends[which - 1] : 0;
	const size_t length = search->ends[which] - start;

	if (part->prefix && part->seen + 1 == part->count &&
		word.length > length)
		word.length = length;
	return word.length == length &&
	       memcmp(word.data, search->words.data + start, length) == 0;
}

struct place {
	struct search *search;
	size_t at;
};

/* Ends at the first part that is met whole. */
static int search_look_at_word(void *context, int flags, const char *data,
	int length, int start, int end)
{
	struct place *place = context;
	struct search *search = place->search;
	const struct slice word = { data, (size_t)length };

	(void)flags;
	(void)end;
	for (size_t i = 0; i < search->part_count; i++) {
		struct part *part = &search->parts[i];

		if (part->seen && !search_word_is(search, part, word))
			part->seen = 0;
		if (!search_word_is(search, part, word))
			continue;
		if (part->seen++ == 0)
			part->at = (size_t)start;
		if (part->seen < part->count)
			continue;
		place->at = part->at;
		return SQLITE_DONE;
	}
	return SQLITE_OK;
}

/* What is said so late is not looked for: a snippet is no proof. */
static int search_find_place(
	struct search *search, size_t *at, struct error *error)
{
	struct slice text = text_view(&search->text);
	struct place place = { search, 0 };

	for (size_t i = 0; i < search->part_count; i++)
		search->parts[i].seen = 0;
	if (text.length > PLACE_MAX)
		text.length = PLACE_MAX;
	if (store_words_each(search->store, text, FTS5_TOKENIZE_AUX,
		    search_look_at_word, &place, error))
		return -1;
	*at = place.at;
	return 0;
}

/* --- who sees it ------------------------------------------------------ */

static int search_read_text(
	struct search *search, struct search_row *row, struct error *error)
{
	search->text.length = 0;
	search_text(&search->text, &row->message.message);
	if (search->text.failed)
		return error_out_of_memory(error);
	row->text = text_view(&search->text);
	return search_find_place(search, &row->at, error);
}

/* The text is read when there is somebody to show it. */
static int search_show(struct search *search, const struct query *message,
	struct search_row *row, struct error *error)
{
	const struct search_query *what = search->what;
	struct query query = query_start(search->store, SQL_SEARCH_SESSIONS);
	int found = 1;

	for (int i = 1; i <= 4; i++)
		query_number(&query, i, query_get_number(message, 9 + i));
	query_text(&query, 5, what->tenant);
	query_number(&query, 6, what->session ? what->session->id : 0);
	while (search->left && (found = query_step(&query, error)) > 0) {
		store_read_session(&query, &row->session);
		if (session_is_gone(&row->session, what->now))
			continue;
		if (!row->text.data &&
			(found = search_read_text(search, row, error)))
			break;
		row->name = query_get_text(&query, STORE_SESSION_COLUMNS);
		search->left--;
		if (search->visit(search->context, row))
			search->left = 0;
	}
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/*
 * Is it in a part of the session's?  Else it is not asked who shows it: where a
 * long history has many forks that would be many for each row.
 */
static bool search_may_be_shown(
	const struct search *search, const struct query *message)
{
	const int64_t history = query_get_number(message, 10);
	const int64_t seq = query_get_number(message, 11);

	for (size_t i = 0; i < search->segment_count; i++) {
		const struct segment *segment = &search->segments[i];

		if (segment->history == history)
			return seq > segment->floor && seq > segment->after &&
			       seq <= segment->upto;
	}
	return search->segment_count == 0;
}

static int search_show_message(
	struct search *search, const struct query *message, struct error *error)
{
	struct search_row row = { 0 };

	store_message_read(message, &row.message);
	row.message.mark = query_get_text(message, 14);
	return search_show(search, message, &row, error);
}

static int search_show_hit(
	struct search *search, const struct hit *hit, struct error *error)
{
	struct query query = query_start(search->store, SQL_SEARCH_MESSAGE);
	int found, result = 0;

	query_number(&query, 1, hit->id);
	found = query_step(&query, error);
	if (found > 0 && search_may_be_shown(search, &query))
		result = search_show_message(search, &query, error);
	query_end(&query);
	return found < 0 ? -1 : result;
}

static int search_run(struct search *search, struct error *error)
{
	if (store_search_read(search, error))
		return -1;
	if (search->what->session && !search->what->session->id)
		return 0;
	if (store_search_place(search, error) ||
		search_find_hits(search, error))
		return -1;
	for (size_t i = 0; search->left && i < search->hit_count; i++)
		if (search_show_hit(search, &search->hits[i], error))
			return -1;
	return 0;
}

int store_search(struct store *store, const struct search_query *what,
	int (*visit)(void *context, const struct search_row *row),
	void *context, struct error *error)
{
	struct search search = { .store = store,
		.what = what,
		.visit = visit,
		.context = context,
		.left = what->limit };
	int result;

	if (!store->options.search)
		return error_set(error, ERROR_NOT_CONFIGURED,
			"there is no index of words: --search is off");
	result = search_run(&search, error);
	text_clear(&search.match);
	text_clear(&search.words);
	text_clear(&search.text);
	free(search.hits);
	return result;
}
