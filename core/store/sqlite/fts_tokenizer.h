/* SPDX-License-Identifier: MIT */
/*
 * fts_tokenizer.h - texts split into words, by one tokenizer of FTS5's.
 *
 * Every engine's index and what is looked for in a text go through it, so a
 * snippet shows what the index found, and two engines find the same.
 */
#ifndef CORE_STORE_SQLITE_FTS_TOKENIZER_H
#define CORE_STORE_SQLITE_FTS_TOKENIZER_H

#include "core/store/engine.h"

struct sqlite3;
struct fts_tokenizer;

/*
 * Makes the tokenizer of this connection, which must outlive it; NULL: of a
 * connection of its own.  *out is to be closed.
 */
int fts_tokenizer_open(
	struct fts_tokenizer **out, struct sqlite3 *db, struct error *error);
/* Accepts NULL. */
void fts_tokenizer_close(struct fts_tokenizer *tokenizer);
/* Visits the words of the text, in order. */
int fts_tokenizer_split(struct fts_tokenizer *tokenizer,
	struct engine_text text, struct word_visitor visitor,
	struct error *error);

#endif
