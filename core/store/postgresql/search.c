/* SPDX-License-Identifier: MIT */
/*
 * search.c - what the index of words finds: the newest, the best of these
 * first.
 *
 * The server says where a message has the words; how often it has a phrase, and
 * how close it is, is counted here, as on every engine.
 */
#include "core/store/postgresql/postgresql.h"
#include "core/store/sqlite/fts_tokenizer.h"

#include "schema/error.h"

#include <stdlib.h>
#include <string.h>

#define HITS_MAX   10000
#define WORDS_MAX  256	 /* of a query */
#define PLACES_MAX 16384 /* PostgreSQL knows no place behind it */

/* The parameters of the statement. */
enum {
	FIND_TENANT = 1,
	FIND_QUERY,
	FIND_WORDS,
	FIND_PREFIXES,
	FIND_HISTORIES,
	FIND_MOST
};

/* And the columns of its rows. */
enum { IS_HISTORY, IS_SEQ, IS_BORN, IS_SIZE, IS_ROWS, IS_WORDS, IS_PLACES };

struct search_scored {
	struct engine_hit key;
	double closeness;
	size_t order; /* the newest is 0 */
};

/* A word of the query. */
struct search_term {
	size_t start, length; /* in `bytes` */
	bool prefix;
	uint64_t places[PLACES_MAX / 64]; /* where the row at hand has it */
};

struct search_asked {
	struct postgresql *pg;
	const struct engine_search *what;
	struct text bytes;
	struct search_term *terms;
	size_t term_count;
	size_t firsts[SEARCH_PARTS_MAX + 1]; /* where each part's terms begin */
	struct search_scored *hits;
	size_t count;
};

/* --- the query ------------------------------------------------------------ */

static int search_add_term(void *context, struct slice word, size_t start)
{
	struct search_asked *search = context;

	(void)start;
	if (search->term_count == WORDS_MAX)
		return 1;
	search->terms[search->term_count++] =
		(struct search_term){ .start = search->bytes.length,
			.length = word.length };
	text_slice(&search->bytes, word);
	return 0;
}

static int search_split(struct search_asked *search, struct error *error)
{
	for (size_t i = 0; i < search->what->part_count; i++) {
		const struct search_part *part = &search->what->parts[i];

		search->firsts[i] = search->term_count;
		if (pg_words_split(&search->pg->base,
			    (struct engine_text){
				    part->text, part->prefix ? WORDS_OF_PREFIX
							     : WORDS_OF_QUERY },
			    (struct word_visitor){ search_add_term, search },
			    error))
			return -1;
		if (part->prefix && search->term_count > search->firsts[i])
			search->terms[search->term_count - 1].prefix = true;
	}
	search->firsts[search->what->part_count] = search->term_count;
	return search->bytes.failed ? error_out_of_memory(error) : 0;
}

static struct slice search_word(
	const struct search_asked *search, const struct search_term *term)
{
	return (struct slice){ search->bytes.data + term->start, term->length };
}

/* 'a' <-> 'b':* & 'c' */
static void search_write_query(
	const struct search_asked *search, struct text *out)
{
	for (size_t i = 0; i < search->what->part_count; i++)
		for (size_t t = search->firsts[i]; t < search->firsts[i + 1];
			t++) {
			const struct search_term *term = &search->terms[t];

			if (t > search->firsts[i])
				text_string(out, " <-> ");
			else if (out->length)
				text_string(out, " & ");
			pg_words_quote(out, search_word(search, term));
			text_string(out, term->prefix ? ":*" : "");
		}
}

/* The words, or the prefixes, with spaces between; no word has one. */
static void search_write_terms(
	const struct search_asked *search, bool prefix, struct text *out)
{
	for (size_t i = 0; i < search->term_count; i++) {
		if (search->terms[i].prefix != prefix)
			continue;
		text_string(out, out->length ? " " : "");
		text_slice(out, search_word(search, &search->terms[i]));
	}
}

static void search_write_histories(
	const struct search_asked *search, struct text *out)
{
	for (size_t i = 0; i < search->what->history_count; i++) {
		text_string(out, i ? " " : "");
		text_number(out, search->what->histories[i]);
	}
}

/* --- how often a row has it ------------------------------------------------
 */

static bool search_is_place(const struct search_term *term, size_t place)
{
	return place < PLACES_MAX && term->places[place / 64] >> place % 64 & 1;
}

static bool search_is_word(const struct search_asked *search,
	const struct search_term *term, struct slice word)
{
	if (term->prefix && word.length > term->length)
		word.length = term->length;
	return slice_equal(word, search_word(search, term));
}

/* "word:1,7": notes the places with all terms that it is. */
static void search_note_word(
	struct search_asked *search, struct slice word, const char *places)
{
	for (size_t i = 0; i < search->term_count; i++) {
		struct search_term *term = &search->terms[i];
		const char *at = places;

		if (!search_is_word(search, term, word))
			continue;
		for (;;) {
			char *end;
			const unsigned long place = strtoul(at, &end, 10);

			if (end == at)
				break;
			if (place < PLACES_MAX)
				term->places[place / 64] |= UINT64_C(1)
							    << place % 64;
			at = end + (*end == ',');
		}
	}
}

/* The column ends with a NUL, as all that libpq gives. */
static void search_note_places(struct search_asked *search, const char *at)
{
	for (size_t i = 0; i < search->term_count; i++)
		memset(search->terms[i].places, 0,
			sizeof(search->terms[i].places));
	while (*at) {
		const size_t length = strcspn(at, ":");

		search_note_word(search, (struct slice){ at, length },
			at[length] ? at + length + 1 : "");
		at += strcspn(at, " ");
		at += *at == ' ';
	}
}

/* Is the part whole from this place on? */
static bool search_part_is_at(
	const struct search_asked *search, size_t part, size_t place)
{
	for (size_t t = search->firsts[part]; t < search->firsts[part + 1]; t++)
		if (!search_is_place(&search->terms[t],
			    place + t - search->firsts[part]))
			return false;
	return true;
}

static int search_count_part(const struct search_asked *search, size_t part)
{
	const struct search_term *first = &search->terms[search->firsts[part]];
	int count = 0;

	if (search->firsts[part] == search->firsts[part + 1])
		return 0;
	for (size_t place = 1; place < PLACES_MAX; place++)
		if (search_is_place(first, place) &&
			search_part_is_at(search, part, place))
			count++;
	return count;
}

static double search_measure(
	struct search_asked *search, const struct query *row)
{
	const double words = (double)query_get_number(row, IS_WORDS);
	const double rows = (double)query_get_number(row, IS_ROWS);
	const double size = (double)query_get_number(row, IS_SIZE);
	int counts[SEARCH_PARTS_MAX];

	search_note_places(search, query_get_text(row, IS_PLACES).data);
	for (size_t i = 0; i < search->what->part_count; i++)
		counts[i] = search_count_part(search, i);
	return search_closeness(counts, search->what->part_count,
		words > 0 ? size * rows / words : 1);
}

/* --- asked and handed on ---------------------------------------------------
 */

static int search_compare(const void *left, const void *right)
{
	const struct search_scored *a = left, *b = right;

	if (a->closeness != b->closeness)
		return a->closeness < b->closeness ? 1 : -1;
	return (a->order > b->order) - (a->order < b->order);
}

static int search_read(
	struct search_asked *search, struct query *query, struct error *error)
{
	int found;

	while ((found = query_step(query, error)) > 0) {
		search->hits[search->count] = (struct search_scored){
			.key = { query_get_number(query, IS_HISTORY),
				query_get_number(query, IS_SEQ),
				query_get_number(query, IS_BORN) },
			.closeness = search_measure(search, query),
			.order = search->count,
		};
		search->count++;
	}
	return found;
}

/* Until the end of the batch, or until it has time again. */
static int search_hurry(
	struct search_asked *search, bool hurry, struct error *error)
{
	search->pg->hurries = hurry;
	return pg_queue_text(search->pg,
		hurry ? "SET LOCAL statement_timeout = 2000"
		      : "SET LOCAL statement_timeout = 0",
		error);
}

static int search_ask(struct search_asked *search, struct error *error)
{
	struct text texts[4] = { 0 };
	struct query query;
	int result = 0;

	search_write_query(search, &texts[0]);
	search_write_terms(search, false, &texts[1]);
	search_write_terms(search, true, &texts[2]);
	search_write_histories(search, &texts[3]);
	pg_start_own(&search->pg->base, PG_WORDS_FIND, &query);
	query_text(&query, FIND_TENANT, search->what->tenant);
	for (int i = 0; i < 4; i++) {
		query_text(&query, FIND_QUERY + i, text_view(&texts[i]));
		if (texts[i].failed)
			result = error_out_of_memory(error);
	}
	query_number(&query, FIND_MOST, HITS_MAX);
	if (result == 0)
		result = search_hurry(search, true, error);
	if (result == 0)
		result = search_read(search, &query, error);
	query_end(&query);
	if (result == 0)
		result = search_hurry(search, false, error);
	for (int i = 0; i < 4; i++)
		text_clear(&texts[i]);
	return result;
}

static int search_hand_on(const struct search_asked *search,
	struct hit_visitor visitor, struct error *error)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < search->count; i++)
		result = visitor.visit(
			visitor.context, &search->hits[i].key, error);
	return result < 0 ? -1 : 0;
}

int pg_words_find(struct engine *engine, const struct engine_search *what,
	struct hit_visitor visitor, struct error *error)
{
	struct search_asked search = {
		.pg = pg_of(engine),
		.what = what,
		.terms = calloc(WORDS_MAX, sizeof(*search.terms)),
		.hits = calloc(HITS_MAX, sizeof(*search.hits)),
	};
	int result = search.terms && search.hits ? search_split(&search, error)
						 : error_out_of_memory(error);

	/* Bytes that no message can have are found in none. */
	if (result == 0 && search.term_count &&
		slice_is_utf8(text_view(&search.bytes)))
		result = search_ask(&search, error);
	if (result == 0 && search.count)
		qsort(search.hits, search.count, sizeof(*search.hits),
			search_compare);
	if (result == 0)
		result = search_hand_on(&search, visitor, error);
	text_clear(&search.bytes);
	free(search.terms);
	free(search.hits);
	return result;
}
