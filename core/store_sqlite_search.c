/* SPDX-License-Identifier: MIT */
/*
 * store_sqlite_search.c - messages found by their words.
 *
 * The index gives ids, which may be late: each is looked up in the tables, and
 * shown by the sessions that see it now, its own and those that begin with
 * it.
 */
#include "core/search.h"
#include "core/store_sqlite_chain.h"

#include <stdlib.h>
#include <string.h>

#define HITS_MAX     10000
#define SEGMENTS_MAX 64 /* of a chain; a longer one is sought by tenant */

/* Of SQLite's virtual machine; a page of the index that is read takes four. */
#define STEPS_A_LOOK 16 /* at how many there were */
#define STEPS_A_HIT  32

/* A part of the query as a row of words. */
struct part {
	size_t first; /* in search.ends */
	size_t count;
	size_t seen; /* so many of it have just been met */
	size_t at;   /* where the text has the first of these */
	bool prefix; /* the last word may go on */
};

struct hit {
	int64_t id;
	double closeness;
};

struct search {
	struct store *store;
	const struct search_query *what;
	struct text match; /* for FTS5 */
	struct text words; /* all words one after the other, */
	size_t ends[SEARCH_WORDS_MAX];
	size_t word_count;
	struct part parts[SEARCH_PARTS_MAX];
	size_t part_count;
	bool crowded; /* more than SEARCH_WORDS_MAX */
	struct hit *hits;
	size_t hit_count;
	int64_t steps; /* done to find them */
	bool spent;    /* more than what was allowed */
	int (*visit)(void *context, const struct search_row *row);
	void *context;
	int64_t left;
	struct text text; /* of the message at hand */
};

/* --- what is asked for ------------------------------------------------ */

static int take_word(void *context, int flags, const char *word, int length,
	int start, int end)
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
static void write_part(struct text *match, const struct search_part *part)
{
	text_string(match, match->length ? " AND \"" : "{text} : (\"");
	for (size_t i = 0; i < part->text.length; i++)
		text_append(match,
			part->text.data[i] ? part->text.data + i : " ", 1);
	text_string(match, part->prefix ? "\" *" : "\"");
}

static int take_part(struct search *search, const struct search_part *given,
	struct error *error)
{
	struct part part = { .first = search->word_count,
		.prefix = given->prefix };

	if (store_words_each(search->store, given->text,
		    FTS5_TOKENIZE_QUERY |
			    (given->prefix ? FTS5_TOKENIZE_PREFIX : 0),
		    take_word, search, error))
		return -1;
	part.count = search->word_count - part.first;
	if (part.count == 0 && !search->crowded)
		return 0;
	if (search->crowded || search->part_count == SEARCH_PARTS_MAX)
		return error_set(error, ERROR_INVALID,
			"q has more than %d parts or %d words",
			SEARCH_PARTS_MAX, SEARCH_WORDS_MAX);
	search->parts[search->part_count++] = part;
	write_part(&search->match, given);
	return 0;
}

static int read_query(struct search *search, struct error *error)
{
	struct slice rest = search->what->text;
	struct search_part part;

	while (search_next(&rest, &part))
		if (take_part(search, &part, error))
			return -1;
	return search->part_count ? 0
				  : error_set(error, ERROR_INVALID,
					    "q has no word to search for");
}

/* One word that all messages of the caller have, or of the session. */
static int write_place(struct search *search, struct error *error)
{
	const struct session *session = search->what->session;
	const struct slice tenant = search->what->tenant;
	struct text *match = &search->match;
	size_t start = match->length;
	struct segment segment;
	int count = 0;

	text_string(match, ") AND {place} : (");
	if (session) {
		segment = store_segment_top(session);
		while (text_format(match, "%sh%lld", count ? " OR " : "",
			       (long long)segment.history),
			segment.floor && ++count < SEGMENTS_MAX)
			if (store_segment_below(search->store, &segment, error))
				return -1;
	}
	if (!session || segment.floor) {
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

/* --- what the index finds --------------------------------------------- */

static int compare_hits(const void *left, const void *right)
{
	const struct hit *a = left, *b = right;

	if (a->closeness != b->closeness)
		return a->closeness < b->closeness ? 1 : -1;
	return (a->id < b->id) - (a->id > b->id);
}

/* A hit is work that was not in vain. */
static int is_spent(void *context)
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
static int read_hits(struct search *search, struct error *error)
{
	struct query query = query_start(search->store, SQL_SEARCH);
	struct error failure = { 0 };
	int found;

	query_text(&query, 1, text_view(&search->match));
	query_number(&query, 2, HITS_MAX);
	sqlite3_progress_handler(
		search->store->db, STEPS_A_LOOK, is_spent, search);
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
static int find_hits(struct search *search, struct error *error)
{
	search->hits = calloc(HITS_MAX, sizeof(*search->hits));
	if (!search->hits)
		return error_out_of_memory(error);
	if (read_hits(search, error))
		return -1;
	if (search->hit_count)
		qsort(search->hits, search->hit_count, sizeof(*search->hits),
			compare_hits);
	return 0;
}

/* --- where a text has it ---------------------------------------------- */

static bool word_is(
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
static int look_at_word(void *context, int flags, const char *data, int length,
	int start, int end)
{
	struct place *place = context;
	struct search *search = place->search;
	const struct slice word = { data, (size_t)length };

	(void)flags;
	(void)end;
	for (size_t i = 0; i < search->part_count; i++) {
		struct part *part = &search->parts[i];

		if (part->seen && !word_is(search, part, word))
			part->seen = 0;
		if (!word_is(search, part, word))
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

static int find_place(struct search *search, size_t *at, struct error *error)
{
	struct place place = { search, 0 };

	for (size_t i = 0; i < search->part_count; i++)
		search->parts[i].seen = 0;
	if (store_words_each(search->store, text_view(&search->text),
		    FTS5_TOKENIZE_AUX, look_at_word, &place, error))
		return -1;
	*at = place.at;
	return 0;
}

/* --- who sees it ------------------------------------------------------ */

static int show(struct search *search, const struct query *message,
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
		row->name = query_get_text(&query, STORE_SESSION_COLUMNS);
		search->left--;
		if (search->visit(search->context, row))
			search->left = 0;
	}
	query_end(&query);
	return found < 0 ? -1 : 0;
}

static int show_message(
	struct search *search, const struct query *message, struct error *error)
{
	struct search_row row = { 0 };

	store_message_read(message, &row.message);
	row.message.mark = query_get_text(message, 14);
	search->text.length = 0;
	search_text(&search->text, &row.message.message);
	if (search->text.failed)
		return error_out_of_memory(error);
	if (find_place(search, &row.at, error))
		return -1;
	row.text = text_view(&search->text);
	return show(search, message, &row, error);
}

static int show_hit(
	struct search *search, const struct hit *hit, struct error *error)
{
	struct query query = query_start(search->store, SQL_SEARCH_MESSAGE);
	int found, result = 0;

	query_number(&query, 1, hit->id);
	found = query_step(&query, error);
	if (found > 0)
		result = show_message(search, &query, error);
	query_end(&query);
	return found < 0 ? -1 : result;
}

static int run(struct search *search, struct error *error)
{
	if (read_query(search, error))
		return -1;
	if (search->what->session && !search->what->session->id)
		return 0;
	if (write_place(search, error) || find_hits(search, error))
		return -1;
	for (size_t i = 0; search->left && i < search->hit_count; i++)
		if (show_hit(search, &search->hits[i], error))
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
	result = run(&search, error);
	text_clear(&search.match);
	text_clear(&search.words);
	text_clear(&search.text);
	free(search.hits);
	return result;
}
