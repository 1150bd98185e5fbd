/* SPDX-License-Identifier: MIT */
/* words.c - the words of a text, and how close a row is to those asked for. */
#include "core/store/sqlite/fts_tokenizer.h"
#include "core/store/sqlite/sqlite.h"

#define TEXT_COLUMN 0
#define PLACE_WORDS 2 /* that stand behind each text */

/* The phrases of a query, of which one more asks for the place. */
struct words_found {
	int phrases;
	int counts[SEARCH_PARTS_MAX]; /* how often the row's text has each */
	int place; /* the position of what the last one found */
};

static int words_find_phrases(const Fts5ExtensionApi *api, Fts5Context *fts,
	struct words_found *found)
{
	int instances = 0;
	int rc = api->xInstCount(fts, &instances);

	for (int i = 0; i < instances && rc == SQLITE_OK; i++) {
		int phrase, column, offset;

		rc = api->xInst(fts, i, &phrase, &column, &offset);
		if (rc != SQLITE_OK)
			break;
		if (phrase < found->phrases)
			found->counts[phrase]++;
		else
			found->place = offset;
	}
	return rc;
}

/*
 * Its arguments are how many phrases are of the text, and how many words stand
 * between that and the place that is asked for.
 */
static void words_closeness(const Fts5ExtensionApi *api, Fts5Context *fts,
	sqlite3_context *result, int count, sqlite3_value **arguments)
{
	const int phrases = count ? sqlite3_value_int(arguments[0]) : 0;
	struct words_found found = {
		.phrases =
			phrases < SEARCH_PARTS_MAX ? phrases : SEARCH_PARTS_MAX,
	};
	sqlite3_int64 rows = 0, words = 0;
	int rc = words_find_phrases(api, fts, &found);

	if (rc == SQLITE_OK)
		rc = api->xColumnTotalSize(fts, TEXT_COLUMN, &words);
	if (rc == SQLITE_OK)
		rc = api->xRowCount(fts, &rows);
	if (rc != SQLITE_OK) {
		sqlite3_result_error_code(result, rc);
		return;
	}
	words -= PLACE_WORDS * rows;
	if (count > 1)
		found.place -= sqlite3_value_int(arguments[1]);
	sqlite3_result_double(result,
		search_closeness(found.counts, SEARCH_PARTS_MAX,
			words > 0 ? found.place * (double)rows / (double)words
				  : 1));
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
