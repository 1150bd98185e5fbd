/* SPDX-License-Identifier: MIT */
/*
 * tokenizer.h - exact counts, by the rank file of an encoding.
 */
#ifndef SCHEMA_TOKENS_TOKENIZER_H
#define SCHEMA_TOKENS_TOKENIZER_H

#include "schema/text.h"

struct counts;
struct error;
struct tokenizer;

/*
 * Makes the tokenizer `encoding` of its rank file's bytes, both of which may
 * go afterwards; `name` is the file's in the errors, see ranks.h.  It may be
 * used by several threads at once.  `*out` is the caller's to free.
 */
struct tokenizer_file {
	struct slice encoding; /* "o200k_base"; see split.h */
	struct slice bytes;
	const char *name;
};
int tokenizer_new(struct tokenizer **out, const struct tokenizer_file *file,
	struct error *error);

/* Makes the one named "approx", see approx.h. */
int tokenizer_new_approx(struct tokenizer **out, struct error *error);

void tokenizer_free(struct tokenizer *tokenizer);

/* False: it is "approx", as NULL is. */
bool tokenizer_is_exact(const struct tokenizer *tokenizer);

/* The `encoding` that it was made with. */
struct slice tokenizer_name(const struct tokenizer *tokenizer);

/* Where the tokens of messages are kept; see tokens.h. */
struct counts *tokenizer_counts(const struct tokenizer *tokenizer);

/* The tokenizers that there are. */
struct tokenizers {
	struct tokenizer *approx;	/* NULL: its counts are not kept */
	struct tokenizer *const *items; /* the others */
	size_t count;
};

/*
 * Finds a tokenizer by its name.  `tokenizers` may be NULL: there is none but
 * "approx", which is NULL then.  ERROR_INVALID lists those that there are.
 */
int tokenizers_find(const struct tokenizers *tokenizers, struct slice name,
	const struct tokenizer **out, struct error *error);

/*
 * The tokens of a text (valid UTF-8), by an exact one.  The names of special
 * tokens, like
 * <|endoftext|>, are text as any other.  Returns -1 when memory runs out.
 */
int64_t tokenizer_count(const struct tokenizer *tokenizer, struct slice utf8);

#endif
