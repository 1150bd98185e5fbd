/* SPDX-License-Identifier: MIT */
/*
 * approx.h - about how many tokens a text has, without a tokenizer's file.
 */
#ifndef SCHEMA_TOKENS_APPROX_H
#define SCHEMA_TOKENS_APPROX_H

#include "schema/text.h"

/*
 * Hundredths of a token that the text (valid UTF-8) takes, about; 0.95 to 1.5
 * times what o200k_base makes of it, where it has 150 characters or more:
 * prose of any script, code, JSON, ids, numbers, emoji.  Letters, digits,
 * punctuation and white space are weighed by runs, as tokenizers split them;
 * other scripts by code point.
 */
int64_t approx_hundredths(struct slice utf8);

#endif
