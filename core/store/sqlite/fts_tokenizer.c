/* SPDX-License-Identifier: MIT */
/* fts_tokenizer.c - texts split into words, by one tokenizer of FTS5's. */
#include "core/store/sqlite/fts_tokenizer.h"

#include "core/store/sqlite/sqlite.h"

#include <stdlib.h>

struct fts_tokenizer {
	sqlite3 *db; /* of its own; or NULL */
	fts5_tokenizer functions;
	Fts5Tokenizer *made;
};

fts5_api *sqlite_fts5(sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;
	fts5_api *api = NULL;

	if (sqlite3_prepare_v2(db, sqlite_own[OWN_FTS5], -1, &statement,
		    NULL) == SQLITE_OK) {
		sqlite3_bind_pointer(
			statement, 1, (void *)&api, "fts5_api_ptr", NULL);
		sqlite3_step(statement);
	}
	sqlite3_finalize(statement);
	return api;
}

static int fts_tokenizer_make(struct fts_tokenizer *tokenizer, sqlite3 *db)
{
	const char *options[] = { "remove_diacritics", "2" };
	fts5_api *api = sqlite_fts5(db);
	void *context;

	return api &&
			       api->xFindTokenizer(api, "unicode61", &context,
				       &tokenizer->functions) == SQLITE_OK &&
			       tokenizer->functions.xCreate(context, options, 2,
				       &tokenizer->made) == SQLITE_OK
		       ? 0
		       : -1;
}

int fts_tokenizer_open(
	struct fts_tokenizer **out, sqlite3 *db, struct error *error)
{
	struct fts_tokenizer *tokenizer = calloc(1, sizeof(*tokenizer));

	if (!tokenizer)
		return error_out_of_memory(error);
	if ((!db && sqlite3_open(":memory:", &tokenizer->db) != SQLITE_OK) ||
		fts_tokenizer_make(tokenizer, db ? db : tokenizer->db)) {
		fts_tokenizer_close(tokenizer);
		return error_out_of_memory(error);
	}
	*out = tokenizer;
	return 0;
}

void fts_tokenizer_close(struct fts_tokenizer *tokenizer)
{
	if (!tokenizer)
		return;
	if (tokenizer->made)
		tokenizer->functions.xDelete(tokenizer->made);
	sqlite3_close(tokenizer->db);
	free(tokenizer);
}

/* A word is handed on without what only FTS5 knows of it. */
static int fts_tokenizer_hand_on(void *context, int flags, const char *word,
	int length, int start, int end)
{
	const struct word_visitor *visitor = context;

	(void)flags;
	(void)end;
	return visitor->visit(visitor->context,
		       (struct slice){ word, (size_t)length }, (size_t)start)
		       ? SQLITE_DONE
		       : SQLITE_OK;
}

int fts_tokenizer_split(struct fts_tokenizer *tokenizer,
	struct engine_text text, struct word_visitor visitor,
	struct error *error)
{
	static const int reasons[] = {
		[WORDS_OF_TEXT] = FTS5_TOKENIZE_AUX,
		[WORDS_OF_QUERY] = FTS5_TOKENIZE_QUERY,
		[WORDS_OF_PREFIX] = FTS5_TOKENIZE_QUERY | FTS5_TOKENIZE_PREFIX,
	};
	const int rc = tokenizer->functions.xTokenize(tokenizer->made, &visitor,
		reasons[text.of], text.text.data, (int)text.text.length,
		fts_tokenizer_hand_on);

	return rc == SQLITE_OK || rc == SQLITE_DONE
		       ? 0
		       : error_out_of_memory(error);
}
