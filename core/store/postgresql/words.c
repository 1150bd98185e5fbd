/* SPDX-License-Identifier: MIT */
/*
 * words.c - the index of words: filled from what is due, forgotten.
 *
 * Its rows have the keys of messages.  A message that becomes a retired one
 * keeps its key and its words; only rows that go for good are forgotten.
 */
#include "core/store/damage.h"
#include "core/store/pieces.h"
#include "core/store/postgresql/postgresql.h"
#include "core/store/sqlite/fts_tokenizer.h"

#include "schema/array.h"
#include "schema/error.h"

#include <stdlib.h>

#define TEXT_MAX ((size_t)1 << 20) /* bytes of a message */
/* A tsvector has room for so many bytes of words, each of which is short. */
#define WORDS_MAX ((size_t)600 << 10)
#define WORD_MAX  2046

/* The parameters of the statements. */
enum { DUE_MOST = 1 };
enum { KEY_HISTORY = 1, KEY_SEQ, KEY_BORN };
enum { ADD_TENANT = 4, ADD_CREATED_AT, ADD_SIZE, ADD_WORDS };
enum { COUNT_ROWS = 1, COUNT_WORDS };
enum {
	FORGET_HISTORY = 1,
	FORGET_AFTER,
	FORGET_UPTO,
	FORGET_AFTER_ID,
	FORGET_UPTO_ID,
	FORGET_ARCHIVED
};

/* And the columns of their rows. */
enum { DUE_HISTORY = MESSAGE_REST, DUE_SEQ, DUE_BORN, DUE_TENANT };

/* --- the words of one text ------------------------------------------------ */

struct words_word {
	size_t start; /* in the bytes of all of them */
	size_t length;
	int64_t place; /* from 1 */
};

struct words_list {
	struct words_word *all;
	size_t count;
	size_t capacity;
	struct text bytes;
	int64_t size; /* all words, also those that found no room */
	bool failed;
};

static int words_add(void *context, struct slice word, size_t start)
{
	struct words_list *list = context;
	struct words_word *all;

	(void)start;
	list->size++;
	if (word.length > WORD_MAX || list->bytes.length > WORDS_MAX)
		return 0;
	all = array_room(list->all, &list->capacity, list->count, sizeof(*all));
	list->failed = list->failed || !all;
	if (!all)
		return 1;
	list->all = all;
	list->all[list->count++] = (struct words_word){ list->bytes.length,
		word.length, list->size };
	text_slice(&list->bytes, word);
	return 0;
}

static struct slice words_bytes(
	const struct words_list *list, const struct words_word *word)
{
	return (struct slice){ list->bytes.data + word->start, word->length };
}

static int words_compare(const void *left, const void *right, void *context)
{
	const struct words_word *a = left, *b = right;
	const int order =
		slice_compare(words_bytes(context, a), words_bytes(context, b));

	if (order)
		return order;
	return (a->place > b->place) - (a->place < b->place);
}

/* They hold letters and digits only, but who knows the next Unicode. */
void pg_words_quote(struct text *out, struct slice word)
{
	text_byte(out, '\'');
	for (size_t i = 0; i < word.length; i++) {
		if (word.data[i] == '\'' || word.data[i] == '\\')
			text_byte(out, word.data[i]);
		text_byte(out, word.data[i]);
	}
	text_byte(out, '\'');
}

/* Each word once, with its places. */
static void words_write(struct text *out, struct words_list *list)
{
	qsort_r(list->all, list->count, sizeof(*list->all), words_compare,
		list);
	for (size_t i = 0; i < list->count; i++) {
		const bool again =
			i > 0 && slice_equal(words_bytes(list, &list->all[i]),
					 words_bytes(list, &list->all[i - 1]));

		if (!again) {
			text_byte(out, ' ');
			pg_words_quote(out, words_bytes(list, &list->all[i]));
		}
		text_byte(out, again ? ',' : ':');
		text_number(out, list->all[i].place);
	}
}

int pg_words_split(struct engine *engine, struct engine_text text,
	struct word_visitor visitor, struct error *error)
{
	return fts_tokenizer_split(
		pg_of(engine)->tokenizer, text, visitor, error);
}

/* --- taking up what is due ------------------------------------------------ */

struct words_fill {
	struct engine *engine;
	int64_t found;
	int64_t rows; /* taken up */
	int64_t words;
	struct text text;
	struct text vector;
};

/* The words of a damaged message are not known. */
static int words_read_text(struct words_fill *fill, const struct query *row,
	int64_t *created_at, struct error *error)
{
	struct message_row message;
	struct error damage = { 0 };

	fill->text.length = 0;
	if (damage_read_message(row, query_get_number(row, DUE_HISTORY),
		    &message, &damage) == 0)
		search_text(&fill->text, &message.message);
	else if (damage.code != ERROR_DAMAGED)
		return error_set(error, damage.code, "%s", damage.message);
	*created_at = message.created_at;
	if (fill->text.length > TEXT_MAX)
		fill->text.length = TEXT_MAX;
	return fill->text.failed ? error_out_of_memory(error) : 0;
}

static int words_make_vector(
	struct words_fill *fill, int64_t *size, struct error *error)
{
	struct words_list list = { 0 };
	int result = pg_words_split(fill->engine,
		(struct engine_text){ text_view(&fill->text), WORDS_OF_TEXT },
		(struct word_visitor){ words_add, &list }, error);

	fill->vector.length = 0;
	if (result == 0)
		words_write(&fill->vector, &list);
	*size = list.size;
	if (result == 0 &&
		(list.failed || list.bytes.failed || fill->vector.failed))
		result = error_out_of_memory(error);
	text_clear(&list.bytes);
	free(list.all);
	return result;
}

static void words_bind_key(struct query *query, const struct query *row)
{
	query_number(query, KEY_HISTORY, query_get_number(row, DUE_HISTORY));
	query_number(query, KEY_SEQ, query_get_number(row, DUE_SEQ));
	query_number(query, KEY_BORN, query_get_number(row, DUE_BORN));
}

static int words_take_up(
	struct words_fill *fill, const struct query *row, struct error *error)
{
	struct query query;
	int64_t size, created_at;

	if (words_read_text(fill, row, &created_at, error) ||
		words_make_vector(fill, &size, error))
		return -1;
	pg_start_own(fill->engine, PG_WORDS_ADD, &query);
	words_bind_key(&query, row);
	query_text(&query, ADD_TENANT, query_get_text(row, DUE_TENANT));
	query_number(&query, ADD_CREATED_AT, created_at);
	query_number(&query, ADD_SIZE, size);
	query_text(&query, ADD_WORDS, text_view(&fill->vector));
	fill->rows++;
	fill->words += size;
	return query_run(&query, error);
}

/* A row that is no more is due no more. */
static int words_fill_row(
	struct words_fill *fill, const struct query *row, struct error *error)
{
	struct query query;

	fill->found++;
	if (query_get_text(row, MESSAGE_BODY).length &&
		words_take_up(fill, row, error))
		return -1;
	pg_start_own(fill->engine, PG_WORDS_DONE, &query);
	words_bind_key(&query, row);
	return query_run(&query, error);
}

static int words_count(struct words_fill *fill, struct error *error)
{
	struct query query;

	if (fill->rows == 0)
		return 0;
	pg_start_own(fill->engine, PG_WORDS_COUNT, &query);
	query_number(&query, COUNT_ROWS, fill->rows);
	query_number(&query, COUNT_WORDS, fill->words);
	return query_run(&query, error);
}

int pg_words_fill(
	struct engine *engine, int64_t now, int64_t rows, struct error *error)
{
	struct words_fill fill = { .engine = engine };
	struct query query;
	int found;

	pg_start_own(engine, PG_WORDS_DUE, &query);
	query_number(&query, DUE_MOST, rows);
	while ((found = query_step(&query, error)) > 0)
		if (words_fill_row(&fill, &query, error)) {
			found = -1;
			break;
		}
	query_end(&query);
	if (found == 0)
		found = words_count(&fill, error);
	text_clear(&fill.text);
	text_clear(&fill.vector);
	engine->index.due_at = fill.found < rows ? INT64_MAX : now;
	return found < 0 ? -1 : 0;
}

/* --- forgetting ----------------------------------------------------------- */

int pg_words_forget(struct engine *engine, const struct engine_rows *rows,
	int64_t now, struct error *error)
{
	struct query query;

	(void)now;
	pg_start_own(engine, rows->retired ? PG_FORGET_RETIRED : PG_FORGET_LIVE,
		&query);
	query_number(&query, FORGET_HISTORY, rows->history);
	query_number(&query, FORGET_AFTER, rows->after);
	query_number(&query, FORGET_UPTO, rows->upto);
	if (rows->retired) {
		query_number(&query, FORGET_AFTER_ID, rows->after_id);
		query_number(&query, FORGET_UPTO_ID, rows->upto_id);
		query_number(&query, FORGET_ARCHIVED, rows->archived);
	}
	return query_run(&query, error);
}

/* A word that is forgotten is gone at once. */
int pg_words_are_stale(struct engine *engine, bool *stale, struct error *error)
{
	(void)engine;
	(void)error;
	*stale = false;
	return 0;
}

int pg_words_merge(struct engine *engine, int64_t rows, struct error *error)
{
	(void)rows;
	(void)error;
	engine->index.merging = false;
	return 0;
}
