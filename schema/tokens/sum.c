/* SPDX-License-Identifier: MIT */
/* sum.c - text and strings, added up. */
#include "schema/tokens/sum.h"

#include <string.h>

#include "schema/json/value.h"
#include "schema/tokens/approx.h"
#include "schema/tokens/tokenizer.h"
#include "schema/tokens/tokens.h"

void sum_clear(struct tokens_sum *sum)
{
	text_clear(&sum->decoded);
	text_clear(&sum->json);
}

bool sum_failed(const struct tokens_sum *sum)
{
	return sum->failed || sum->decoded.failed || sum->json.failed;
}

void sum_text(struct tokens_sum *sum, struct slice utf8)
{
	int64_t tokens;

	if (sum->tokenizer == NULL) {
		sum->hundredths += approx_hundredths(utf8);
		return;
	}
	tokens = tokenizer_count(sum->tokenizer, utf8);
	sum->failed |= tokens < 0;
	sum->hundredths += 100 * tokens;
}

void sum_string(struct tokens_sum *sum, struct slice string)
{
	const struct slice inner = json_inner(string);

	if (memchr(inner.data, '\\', inner.length) == NULL) {
		sum_text(sum, inner);
		return;
	}
	sum->decoded.length = 0;
	json_decode(&sum->decoded, string);
	sum_text(sum, text_view(&sum->decoded));
}

void sum_media(struct tokens_sum *sum, size_t count)
{
	sum->hundredths += 100 * TOKENS_MEDIA * (int64_t)count;
}
