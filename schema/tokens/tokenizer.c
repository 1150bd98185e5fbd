/* SPDX-License-Identifier: MIT */
/* tokenizer.c - the pieces of a text, and the tokens of each. */
#include "schema/tokens/tokenizer.h"

#include <stdlib.h>

#include "schema/error.h"
#include "schema/tokens/bpe.h"
#include "schema/tokens/counts.h"
#include "schema/tokens/ranks.h"
#include "schema/tokens/split.h"

/*
 * The numbers that are kept: 16 MiB of exact ones, which cost much to count,
 * and 1 MiB of others.
 */
#define TOKENIZER_KEEPS 18
#define APPROX_KEEPS	14

struct tokenizer {
	struct text name;
	struct split *split; /* NULL: approx */
	struct ranks *ranks;
	struct counts *counts;
};

static int tokenizer_fill(struct tokenizer *tokenizer,
	const struct tokenizer_file *file, struct error *error)
{
	text_slice(&tokenizer->name, file->encoding);
	tokenizer->counts = counts_new(TOKENIZER_KEEPS);
	if (tokenizer->name.failed || tokenizer->counts == NULL)
		return error_out_of_memory(error);
	if (split_new(&tokenizer->split, file->encoding, error))
		return -1;
	return ranks_read(&tokenizer->ranks, file->bytes, file->name, error);
}

int tokenizer_new(struct tokenizer **out, const struct tokenizer_file *file,
	struct error *error)
{
	struct tokenizer *tokenizer = calloc(1, sizeof(*tokenizer));

	if (tokenizer == NULL)
		return error_out_of_memory(error);
	if (tokenizer_fill(tokenizer, file, error)) {
		tokenizer_free(tokenizer);
		return -1;
	}
	*out = tokenizer;
	return 0;
}

int tokenizer_new_approx(struct tokenizer **out, struct error *error)
{
	struct tokenizer *tokenizer = calloc(1, sizeof(*tokenizer));

	if (tokenizer == NULL)
		return error_out_of_memory(error);
	text_string(&tokenizer->name, "approx");
	tokenizer->counts = counts_new(APPROX_KEEPS);
	if (tokenizer->name.failed || tokenizer->counts == NULL) {
		tokenizer_free(tokenizer);
		return error_out_of_memory(error);
	}
	*out = tokenizer;
	return 0;
}

void tokenizer_free(struct tokenizer *tokenizer)
{
	if (tokenizer == NULL)
		return;
	text_clear(&tokenizer->name);
	split_free(tokenizer->split);
	ranks_free(tokenizer->ranks);
	counts_free(tokenizer->counts);
	free(tokenizer);
}

bool tokenizer_is_exact(const struct tokenizer *tokenizer)
{
	return tokenizer != NULL && tokenizer->split != NULL;
}

struct slice tokenizer_name(const struct tokenizer *tokenizer)
{
	return text_view(&tokenizer->name);
}

struct counts *tokenizer_counts(const struct tokenizer *tokenizer)
{
	return tokenizer->counts;
}

static int tokenizer_refuse_name(const struct tokenizers *tokenizers,
	struct slice name, struct error *error)
{
	struct text known = { 0 };

	text_string(&known, "approx");
	for (size_t i = 0; tokenizers != NULL && i < tokenizers->count; i++) {
		text_string(&known, i + 1 < tokenizers->count ? ", " : " or ");
		text_slice(&known, tokenizer_name(tokenizers->items[i]));
	}
	error_describe(error, ERROR_INVALID,
		"tokenizer must be %.*s, not \"%.*s\"; the server's "
		"--tokenizer-file NAME=FILE adds one",
		SLICE_SHORT(text_view(&known)), SLICE_SHORT(name));
	text_clear(&known);
	return -1;
}

int tokenizers_find(const struct tokenizers *tokenizers, struct slice name,
	const struct tokenizer **out, struct error *error)
{
	*out = tokenizers != NULL ? tokenizers->approx : NULL;
	if (slice_is(name, "approx"))
		return 0;
	for (size_t i = 0; tokenizers != NULL && i < tokenizers->count; i++) {
		if (!slice_equal(name, tokenizer_name(tokenizers->items[i])))
			continue;
		*out = tokenizers->items[i];
		return 0;
	}
	return tokenizer_refuse_name(tokenizers, name, error);
}

struct tokenizer_sum {
	const struct ranks *ranks;
	int64_t tokens;
};

static int tokenizer_add(void *context, struct slice piece)
{
	struct tokenizer_sum *sum = context;
	const int64_t tokens = bpe_count(sum->ranks, piece);

	if (tokens < 0)
		return -1;
	sum->tokens += tokens;
	return 0;
}

int64_t tokenizer_count(const struct tokenizer *tokenizer, struct slice utf8)
{
	struct tokenizer_sum sum = { .ranks = tokenizer->ranks };

	if (split_each(tokenizer->split, utf8, tokenizer_add, &sum))
		return -1;
	return sum.tokens;
}
