/* SPDX-License-Identifier: MIT */
/* split.c - the patterns of the encodings, run by PCRE2. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "schema/tokens/split.h"

#include <pcre2.h>
#include <stdlib.h>

#include "schema/error.h"

/*
 * The patterns are those of OpenAI's encodings.  White space is spelled out,
 * since each regular expression library has another set.  tiktoken's has
 * U+0085 too, gpt-tokenizer's U+FEFF; both are as rare as the long s, which
 * only tiktoken takes for the s of a shortened "is".
 */
#define SPACES                                                    \
	"\\t\\n\\x0b\\f\\r\\x20\\xa0\\x{1680}\\x{2000}-\\x{200a}" \
	"\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"
#define SPACE	  "[" SPACES "]"
#define NO_SPACE  "[^" SPACES "]"
#define SIGN	  "[^" SPACES "\\p{L}\\p{N}]"
#define SHORTENED "'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])"
#define PREFIX	  "[^\\r\\n\\p{L}\\p{N}]?"
#define UPPER	  "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER	  "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"

static const char o200k[] =
	PREFIX UPPER "*" LOWER "+(?:" SHORTENED ")?|" PREFIX UPPER "+" LOWER
		     "*(?:" SHORTENED ")?|"
		     "\\p{N}{1,3}|"
		     "\\x20?" SIGN "+[\\r\\n/]*|" SPACE "*[\\r\\n]+|" SPACE
		     "+(?!" NO_SPACE ")|" SPACE "+";

static const char cl100k[] =
	SHORTENED "|" PREFIX "\\p{L}+|"
		  "\\p{N}{1,3}|"
		  "\\x20?" SIGN "+[\\r\\n]*|" SPACE "+$|" SPACE
		  "*[\\r\\n]|" SPACE "+(?!" NO_SPACE ")|" SPACE;

static const char r50k[] =
	"'(?:[sdmt]|ll|ve|re)|"
	"\\x20?\\p{L}+|"
	"\\x20?\\p{N}+|"
	"\\x20?" SIGN "+|" SPACE "+(?!" NO_SPACE ")|" SPACE "+";

static const char *split_pattern(struct slice encoding)
{
	static const struct {
		const char *encoding;
		const char *pattern;
	} known[] = {
		{ "o200k_base", o200k },
		{ "o200k_harmony", o200k },
		{ "p50k_base", r50k },
		{ "p50k_edit", r50k },
		{ "r50k_base", r50k },
		{ "gpt2", r50k },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (slice_is(encoding, known[i].encoding))
			return known[i].pattern;
	return cl100k;
}

struct split {
	pcre2_code *code;
	pcre2_match_context *limits;
};

static int split_prepare(
	struct split *split, const char *pattern, struct error *error)
{
	const uint32_t options =
		PCRE2_UTF | PCRE2_UCP | PCRE2_ANCHORED | PCRE2_DOLLAR_ENDONLY;
	PCRE2_SIZE offset;
	int code;

	split->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
		options, &code, &offset, NULL);
	split->limits = pcre2_match_context_create(NULL);
	if (split->limits == NULL ||
		(split->code == NULL && code == PCRE2_ERROR_HEAP_FAILED))
		return error_out_of_memory(error);
	if (split->code == NULL)
		return error_set(error, ERROR_INTERNAL,
			"PCRE2 refuses a pattern at %zu: error %d",
			(size_t)offset, code);
	/* Where code may not be made, as in a sandbox, it is interpreted. */
	pcre2_jit_compile(split->code, PCRE2_JIT_COMPLETE);
	pcre2_set_match_limit(split->limits, UINT32_MAX);
	pcre2_set_depth_limit(split->limits, UINT32_MAX);
	pcre2_set_heap_limit(split->limits, UINT32_MAX);
	return 0;
}

int split_new(struct split **out, struct slice encoding, struct error *error)
{
	struct split *split = calloc(1, sizeof(*split));

	if (split == NULL)
		return error_out_of_memory(error);
	if (split_prepare(split, split_pattern(encoding), error)) {
		split_free(split);
		return -1;
	}
	*out = split;
	return 0;
}

void split_free(struct split *split)
{
	if (split == NULL)
		return;
	pcre2_code_free(split->code);
	pcre2_match_context_free(split->limits);
	free(split);
}

/* Where the piece that begins at `at` ends; 0: there is no memory. */
static size_t split_end(const struct split *split, struct slice utf8, size_t at,
	pcre2_match_data *match)
{
	const PCRE2_SPTR text = (PCRE2_SPTR)utf8.data;
	const uint32_t options = PCRE2_NO_UTF_CHECK;
	int found = pcre2_match(split->code, text, utf8.length, at, options,
		match, split->limits);

	/* A run of a megabyte is too much for the stack of compiled code. */
	if (found == PCRE2_ERROR_JIT_STACKLIMIT)
		found = pcre2_match(split->code, text, utf8.length, at,
			options | PCRE2_NO_JIT, match, split->limits);
	return found > 0 ? pcre2_get_ovector_pointer(match)[1] : 0;
}

int split_each(const struct split *split, struct slice utf8,
	int (*visit)(void *context, struct slice piece), void *context)
{
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);
	int result = match == NULL ? -1 : 0;
	size_t end;

	for (size_t at = 0; result == 0 && at < utf8.length; at = end) {
		end = split_end(split, utf8, at, match);
		if (end <= at)
			result = -1;
		else
			result = visit(context,
				(struct slice){ utf8.data + at, end - at });
	}
	pcre2_match_data_free(match);
	return result;
}
