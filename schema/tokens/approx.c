/* SPDX-License-Identifier: MIT */
/*
 * approx.c - a walk over a text, run by run.
 *
 * A tokenizer first splits a text: a word with the space in front of it, up
 * to three digits, punctuation, white space.  A word that is frequent in its
 * training is one token, others fall into pieces, and how many these are can
 * be told from the pairs of letters that follow each other: "th" is never cut,
 * "qz" nearly always.  So a word costs a little for itself and a little for
 * each pair, and English, Finnish and base64 need no rules of their own.
 */
#include "schema/tokens/approx.h"

#include "schema/tokens/approx_costs.h"

/* Hundredths of a token. */
enum approx_cost {
	COST_WORD = 75,
	COST_WORD_AFTER_DIGIT = 40,
	COST_CAMEL = 75,     /* the second piece of camelCase */
	COST_UPPER = 15,     /* after another capital letter */
	COST_TO_ACCENT = 25, /* from an ASCII letter to another one */
	COST_ACCENTS = 45,   /* from such a one to the next */
	COST_DIGITS = 115,   /* three of them, or the rest */
	COST_SPACE_DIGIT = 135,
	COST_SPACE_LINE = 95, /* at the end of a line */
	COST_SPACES = 70,
	COST_LINE = 160,
	COST_LINE_PUNCT = 45, /* after punctuation */
	COST_TAB = 45,
	COST_MORE_TABS = 29,
	COST_CONTROL = 110,
	COST_PUNCT = 75, /* after other punctuation */
	COST_QUOTE = 25, /* a quotation mark after it, or before */
	COST_AGAIN = 3,	 /* the same sign as before */
};

/* Where the walk is.  `before` is what the last character belongs to. */
struct approx_walk {
	const unsigned char *start;
	const unsigned char *at;
	const unsigned char *end;
	const struct approx_range *range;  /* found last */
	const struct approx_range *before; /* NULL: ASCII */
	uint32_t last;			   /* code point; 0: ASCII */
	int64_t cost;
};

/* A letter's number, 26 and more if it is none. */
static unsigned approx_letter(unsigned char c)
{
	return (c | 0x20u) - 'a';
}

static bool approx_is_digit(unsigned char c)
{
	return c - (unsigned)'0' < 10;
}

static bool approx_is_punct(unsigned char c)
{
	return c > ' ' && c < 0x7f && approx_letter(c) > 25 &&
	       !approx_is_digit(c);
}

/* The digits of the tables: tenths of a token, 0 to 9, then A to Z. */
static int approx_tenths(char digit)
{
	return 10 * (digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

/* --- other scripts ------------------------------------------------------ */

/* The code point at `at`, and how many bytes it has. */
static uint32_t approx_decode(const unsigned char *at, size_t *bytes)
{
	if (at[0] < 0xe0) {
		*bytes = 2;
		return (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
	}
	if (at[0] < 0xf0) {
		*bytes = 3;
		return (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 |
		       (at[2] & 0x3fu);
	}
	*bytes = 4;
	return (at[0] & 0x07u) << 18 | (at[1] & 0x3fu) << 12 |
	       (at[2] & 0x3fu) << 6 | (at[3] & 0x3fu);
}

static bool approx_is_in(const struct approx_range *range, uint32_t point)
{
	return point >= range[0].first && point < range[1].first;
}

static const struct approx_range *approx_find_range(uint32_t point)
{
	size_t low = 0, high = approx_range_count;

	while (high - low > 1) {
		const size_t middle = (low + high) / 2;

		if (approx_ranges[middle].first <= point)
			low = middle;
		else
			high = middle;
	}
	return &approx_ranges[low];
}

/* Looks at the character that is not ASCII; what it costs for itself. */
static int approx_look(struct approx_walk *walk, uint32_t *point, size_t *bytes)
{
	*point = approx_decode(walk->at, bytes);
	if (!approx_is_in(walk->range, *point))
		walk->range = approx_find_range(*point);
	if (walk->range->letters == NULL)
		return walk->range->each;
	return approx_tenths(walk->range->letters[*point - walk->range->first]);
}

static bool approx_starts(const struct approx_walk *walk)
{
	return walk->before == NULL ||
	       walk->before->script != walk->range->script;
}

static void approx_pass_other(struct approx_walk *walk)
{
	uint32_t point;
	size_t bytes;
	int cost = approx_look(walk, &point, &bytes);

	if (approx_starts(walk))
		cost += walk->range->start;
	if (walk->range->kind == APPROX_SYMBOL && point == walk->last)
		cost = COST_AGAIN;
	walk->cost += cost;
	walk->before = walk->range;
	walk->last = point;
	walk->at += bytes;
}

/* --- words -------------------------------------------------------------- */

/* The letter before the one that is looked at, inside a word. */
enum { NO_LETTER = 26, ACCENTED = 27 };

struct approx_word {
	unsigned before;
	bool upper;
};

static bool approx_is_small(unsigned char c)
{
	return c - (unsigned)'a' < 26;
}

/*
 * Small letters, most of what there is; and the words of them that follow, each
 * behind a single space.
 */
static void approx_pass_small(
	struct approx_walk *walk, struct approx_word *word)
{
	const unsigned char *at = walk->at;
	unsigned before = word->before;
	int64_t tenths = 0, words = 0;

	for (;;) {
		for (; at < walk->end && approx_is_small(*at); at++) {
			const unsigned letter = *at - (unsigned)'a';

			tenths += approx_pairs[before][letter] - '0';
			before = letter;
		}
		if (walk->end - at < 2 || at[0] != ' ' ||
			!approx_is_small(at[1]))
			break;
		words++;
		before = at[1] - (unsigned)'a';
		at += 2;
	}
	walk->cost += 10 * tenths + COST_WORD * words;
	word->before = before;
	word->upper &= at == walk->at;
	walk->at = at;
}

static void approx_pass_letter(
	struct approx_walk *walk, struct approx_word *word)
{
	const unsigned letter = approx_letter(*walk->at);
	const bool upper = *walk->at < 'a';

	if (word->before == NO_LETTER)
		;
	else if (upper && !word->upper)
		walk->cost += COST_CAMEL;
	else if (word->before < NO_LETTER)
		walk->cost += 10 * (approx_pairs[word->before][letter] - '0');
	if (upper && word->upper)
		walk->cost += COST_UPPER;
	word->before = letter;
	word->upper = upper;
	walk->at++;
}

/* False if the character belongs to no word in Latin letters. */
static bool approx_pass_accented(
	struct approx_walk *walk, struct approx_word *word)
{
	uint32_t point;
	size_t bytes;
	const int cost = approx_look(walk, &point, &bytes);

	if (walk->range->kind != APPROX_WORD)
		return false;
	walk->cost += cost;
	if (word->before == ACCENTED)
		walk->cost += COST_ACCENTS;
	else if (word->before != NO_LETTER)
		walk->cost += COST_TO_ACCENT;
	word->before = ACCENTED;
	word->upper = false;
	walk->before = walk->range;
	walk->last = point;
	walk->at += bytes;
	return true;
}

/* False if no word begins here. */
static bool approx_pass_word(struct approx_walk *walk)
{
	const unsigned char *begin = walk->at;
	struct approx_word word = { NO_LETTER, false };

	while (walk->at < walk->end) {
		if (*walk->at >= 0x80) {
			if (!approx_pass_accented(walk, &word))
				break;
			continue;
		}
		if (approx_letter(*walk->at) > 25)
			break;
		approx_pass_letter(walk, &word);
		walk->before = NULL;
		walk->last = 0;
		approx_pass_small(walk, &word);
	}
	if (walk->at == begin)
		return false;
	walk->cost += COST_WORD;
	if (begin > walk->start && approx_is_digit(begin[-1]))
		walk->cost += COST_WORD_AFTER_DIGIT;
	return true;
}

/* --- what else there is in ASCII ---------------------------------------- */

static size_t approx_run(const struct approx_walk *walk)
{
	const unsigned char *at = walk->at + 1;

	while (at < walk->end && *at == *walk->at)
		at++;
	return (size_t)(at - walk->at);
}

static void approx_pass_digits(struct approx_walk *walk)
{
	const unsigned char *begin = walk->at;

	while (walk->at < walk->end && approx_is_digit(*walk->at))
		walk->at++;
	walk->cost += (walk->at - begin + 2) / 3 * COST_DIGITS;
}

/* A single space belongs to the word or the sign behind it. */
static void approx_pass_spaces(struct approx_walk *walk)
{
	const size_t count = approx_run(walk);
	unsigned char next;

	walk->at += count;
	next = walk->at < walk->end ? *walk->at : '\n';
	if (count > 1)
		walk->cost += COST_SPACES;
	if (approx_is_digit(next))
		walk->cost += COST_SPACE_DIGIT;
	else if (count == 1 && next < ' ')
		walk->cost += COST_SPACE_LINE;
}

static void approx_pass_lines(struct approx_walk *walk)
{
	const bool punct =
		walk->at > walk->start && approx_is_punct(walk->at[-1]);

	walk->cost += punct ? COST_LINE_PUNCT : COST_LINE;
	while (walk->at < walk->end && (*walk->at == '\n' || *walk->at == '\r'))
		walk->at++;
}

static void approx_pass_tabs(struct approx_walk *walk)
{
	const size_t count = approx_run(walk);

	walk->cost += COST_TAB + (int64_t)(count - 1) * COST_MORE_TABS;
	walk->at += count;
}

static bool approx_is_word_next(const struct approx_walk *walk)
{
	return walk->at + 1 < walk->end &&
	       (walk->at[1] >= 0x80 || approx_letter(walk->at[1]) < 26);
}

/* JSON is full of signs that follow each other in the same way. */
static int approx_next_sign(const unsigned char *at)
{
	if (at[0] == at[-1])
		return COST_AGAIN;
	return at[0] == '"' || at[-1] == '"' ? COST_QUOTE : COST_PUNCT;
}

/* A single sign belongs to the word behind it, if no space is in front. */
static void approx_pass_punct(struct approx_walk *walk)
{
	const bool spaced = walk->at > walk->start && walk->at[-1] == ' ';

	if (!spaced && approx_is_word_next(walk)) {
		walk->cost += approx_tenths(approx_joined[*walk->at++ - ' ']);
		return;
	}
	walk->cost += approx_tenths(approx_signs[*walk->at++ - ' ']);
	for (; walk->at < walk->end && approx_is_punct(*walk->at); walk->at++)
		walk->cost += approx_next_sign(walk->at);
}

static void approx_pass_ascii(struct approx_walk *walk)
{
	const unsigned char c = *walk->at;

	walk->before = NULL;
	walk->last = 0;
	if (c == ' ') {
		approx_pass_spaces(walk);
	} else if (approx_is_digit(c)) {
		approx_pass_digits(walk);
	} else if (c == '\n' || c == '\r') {
		approx_pass_lines(walk);
	} else if (c == '\t') {
		approx_pass_tabs(walk);
	} else if (c < ' ' || c == 0x7f) {
		walk->cost += COST_CONTROL;
		walk->at++;
	} else {
		approx_pass_punct(walk);
	}
}

int64_t approx_hundredths(struct slice utf8)
{
	const unsigned char *start = (const unsigned char *)utf8.data;
	struct approx_walk walk = {
		.start = start,
		.at = start,
		.end = utf8.length > 0 ? start + utf8.length : start,
		.range = approx_ranges,
	};

	while (walk.at < walk.end) {
		if (approx_pass_word(&walk))
			continue;
		if (*walk.at >= 0x80)
			approx_pass_other(&walk);
		else
			approx_pass_ascii(&walk);
	}
	return walk.cost;
}
