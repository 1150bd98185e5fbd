/* SPDX-License-Identifier: MIT */
/* words.c - the words of a text, and how close a row is to those asked for. */
#include "core/store/sqlite/fts_tokenizer.h"
#include "core/store/sqlite/sqlite.h"

#define TEXT_COLUMN 0

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

static void words_closeness(const Fts5ExtensionApi *api, Fts5Context *fts,
	sqlite3_context *result, int count, sqlite3_value **arguments)
{
	int counts[SEARCH_PARTS_MAX] = { 0 };
	sqlite3_int64 rows = 0, words = 0;
	int size = 0;
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
	sqlite3_result_double(result,
		search_closeness(counts, SEARCH_PARTS_MAX,
			words > 0 ? size * (double)rows / (double)words : 1));
}

int sqlite_words_open(struct sqlite *sqlite, struct error *error)
{
	fts5_api *api = sqlite_fts5(sqlite->db);

	if (!api)
		return sqlite_open_failed(sqlite, error);
	return fts_tokenizer_open(&sqlite->tokenizer, sqlite->db, error) ||
			       api->xCreateFunction(api, "closeness", NULL,
				       words_closeness, NULL) != SQLITE_OK
		       ? error_out_of_memory(error)
		       : 0;
}

int sqlite_words(struct engine *engine, struct engine_text text,
	struct word_visitor visitor, struct error *error)
{
	return fts_tokenizer_split(
		sqlite_of(engine)->tokenizer, text, visitor, error);
}
