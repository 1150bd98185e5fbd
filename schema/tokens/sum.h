/* SPDX-License-Identifier: MIT */
/*
 * sum.h - tokens while they are added up.
 */
#ifndef SCHEMA_TOKENS_SUM_H
#define SCHEMA_TOKENS_SUM_H

#include "schema/text.h"

struct tokenizer;

/* Starts as {0} or with a tokenizer; sum_clear() at the end. */
struct tokens_sum {
	const struct tokenizer *tokenizer; /* NULL: approx */
	int64_t hundredths;
	bool failed;
	struct text decoded; /* what a string says, for a moment */
	struct text json;    /* what is left of a part without its media */
};

void sum_clear(struct tokens_sum *sum);

/* True if memory ran out: the sum is of no use. */
bool sum_failed(const struct tokens_sum *sum);

/* Adds what the text has; it is valid UTF-8. */
void sum_text(struct tokens_sum *sum, struct slice utf8);

/* Adds what a JSON string says, its escapes decoded. */
void sum_string(struct tokens_sum *sum, struct slice string);

/* Adds `count` images, sounds or files. */
void sum_media(struct tokens_sum *sum, size_t count);

/* Adds a message's content: a string, null, or an array of parts. */
void sum_content(struct tokens_sum *sum, struct slice content);

#endif
