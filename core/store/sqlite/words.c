/* SPDX-License-Identifier: MIT */
/*
 * words.c - the words of a text, as the index has them.
 *
 * The index and what is looked for in a text go through one tokenizer of
 * FTS5's, so a snippet shows what the index found.
 */
#include "core/store/sqlite/sqlite.h"

#include <stdlib.h>
#include <string.h>

struct sqlite_words {
	fts5_tokenizer tokenizer;
	Fts5Tokenizer *made;
};

#define TEXT_COLUMN 0
#define K1	    1.2
#define B	    0.75

/* Counts how often the row's text has each phrase of the query. */
static int words_count_phrases(const Fts5ExtensionApi *api, Fts5Context *fts,
	int counts[SEARCH_PARTS_MAX])
{
	int instances = 0;
	int rc = api->xInstCount(fts, &instances);

	for (int i = 0; i < instances && rc == SQLITE_OK; i++) {
		int phrase, column, offset;

		rc = api->xInst(fts, i, &phrase, &column, &offset);
		if (rc == SQLITE_OK && column == TEXT_COLUMN &&
			phrase < SEARCH_PARTS_MAX)
			counts[phrase]++;
	}
	return rc;
}

/*
 * BM25, all words weighing the same: every row has all of them, and how rare
 * a word is would cost a walk through all its messages.
 */
static void words_closeness(const Fts5ExtensionApi *api, Fts5Context *fts,
	sqlite3_context *result, int count, sqlite3_value **arguments)
{
	int counts[SEARCH_PARTS_MAX] = { 0 };
	sqlite3_int64 rows = 0, words = 0;
	int size = 0;
	double sum = 0, length;
	int rc = words_count_phrases(api, fts, counts);

	(void)count;
	(void)arguments;
	if (rc == SQLITE_OK)
		rc = api->xColumnSize(fts, TEXT_COLUMN, &size);
	if (rc == SQLITE_OK)
		rc = api->xColumnTotalSize(fts, TEXT_COLUMN, &words);
	if (rc == SQLITE_OK)
		rc = api->xRowCount(fts, &rows);
	if (rc != SQLITE_OK) {
		sqlite3_result_error_code(result, rc);
		return;
	}
	length = words > 0 ? size * (double)rows / (double)words : 1;
	for (int i = 0; i < SEARCH_PARTS_MAX; i++)
		sum += counts[i] * (K1 + 1) /
		       (counts[i] + K1 * (1 - B + B * length));
	sqlite3_result_double(result, sum);
}

static fts5_api *words_find_api(struct sqlite *sqlite)
{
	sqlite3_stmt *statement = NULL;
	fts5_api *api = NULL;

	if (sqlite3_prepare_v2(sqlite->db, sqlite_own[OWN_FTS5], -1, &statement,
		    NULL) == SQLITE_OK) {
		sqlite3_bind_pointer(
			statement, 1, (void *)&api, "fts5_api_ptr", NULL);
		sqlite3_step(statement);
	}
	sqlite3_finalize(statement);
	return api;
}

int sqlite_words_open(struct sqlite *sqlite, struct error *error)
{
	const char *options[] = { "remove_diacritics", "2" };
	fts5_api *api = words_find_api(sqlite);
	struct sqlite_words *words;
	void *context;

	if (!api)
		return sqlite_open_failed(sqlite, error);
	sqlite->words = words = calloc(1, sizeof(*words));
	if (!words ||
		api->xFindTokenizer(
			api, "unicode61", &context, &words->tokenizer) ||
		words->tokenizer.xCreate(context, options, 2, &words->made) ||
		api->xCreateFunction(
			api, "closeness", NULL, words_closeness, NULL))
		return error_out_of_memory(error);
	return 0;
}

void sqlite_words_close(struct sqlite *sqlite)
{
	if (sqlite->words && sqlite->words->made)
		sqlite->words->tokenizer.xDelete(sqlite->words->made);
	free(sqlite->words);
}

/* A word is handed on without what only FTS5 knows of it. */
static int words_hand_on(void *context, int flags, const char *word, int length,
	int start, int end)
{
	const struct word_visitor *visitor = context;

	(void)flags;
	(void)end;
	return visitor->visit(visitor->context,
		       (struct slice){ word, (size_t)length }, (size_t)start)
		       ? SQLITE_DONE
		       : SQLITE_OK;
}

int sqlite_words(struct engine *engine, struct engine_text text,
	struct word_visitor visitor, struct error *error)
{
	static const int reasons[] = {
		[WORDS_OF_TEXT] = FTS5_TOKENIZE_AUX,
		[WORDS_OF_QUERY] = FTS5_TOKENIZE_QUERY,
		[WORDS_OF_PREFIX] = FTS5_TOKENIZE_QUERY | FTS5_TOKENIZE_PREFIX,
	};
	struct sqlite_words *words = sqlite_of(engine)->words;
	int rc = words->tokenizer.xTokenize(words->made, &visitor,
		reasons[text.of], text.text.data, (int)text.text.length,
		words_hand_on);

	if (rc == SQLITE_OK || rc == SQLITE_DONE)
		return 0;
	return error_out_of_memory(error);
}
