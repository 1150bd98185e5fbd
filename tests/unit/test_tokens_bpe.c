/* SPDX-License-Identifier: MIT */
/*
 * test_tokens_bpe.c - exact counts, with rank files made here.
 *
 * tests/tokens/exact_test.py compares the real ones with gpt-tokenizer.
 */
#include "schema/tokens/bpe.h"
#include "schema/tokens/ranks.h"
#include "schema/tokens/split.h"
#include "schema/tokens/tokenizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static void put_base64(struct text *out, struct slice bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.length; i += 3) {
		unsigned char three[3] = { 0 };
		const size_t have = bytes.length - i < 3 ? bytes.length - i : 3;
		unsigned bits;

		memcpy(three, bytes.data + i, have);
		bits = (unsigned)three[0] << 16 | (unsigned)three[1] << 8 |
		       three[2];
		for (unsigned j = 0; j < 4; j++)
			text_append(out,
				j > have ? "="
					 : &digits[bits >> (18 - 6 * j) & 63],
				1);
	}
}

static void put_token(struct text *out, struct slice token, int rank)
{
	put_base64(out, token);
	text_format(out, " %d\n", rank);
}

static struct text all_bytes(void)
{
	struct text file = { 0 };

	for (int i = 0; i < 256; i++) {
		const char byte = (char)i;

		put_token(&file, (struct slice){ &byte, 1 }, i);
	}
	return file;
}

/* A rank file of all bytes and then these. */
static struct ranks *ranks_of(const char *const *tokens, int count)
{
	struct text file = all_bytes();
	struct ranks *ranks;

	for (int i = 0; i < count; i++)
		put_token(&file, slice_of(tokens[i]), 256 + i);
	ok(ranks_read(&ranks, text_view(&file), "made here", &error));
	text_clear(&file);
	return ranks;
}

/* --- rank files --------------------------------------------------------- */

START_TEST(a_token_has_the_rank_of_its_line)
{
	const char *const tokens[] = { "th", "the", " the", "longer than it" };
	struct ranks *ranks = ranks_of(tokens, 4);

	ck_assert_uint_eq(ranks_find(ranks, "the", 3), 257);
	ck_assert_uint_eq(ranks_find(ranks, " the", 4), 258);
	ck_assert_uint_eq(ranks_find(ranks, "longer than it", 14), 259);
	ck_assert_uint_eq(ranks_find(ranks, "\0", 1), 0);
	ck_assert_uint_eq(ranks_find(ranks, "\xff", 1), 255);
	ck_assert_uint_eq(ranks_find(ranks, "he", 2), RANKS_NONE);
	ck_assert_uint_eq(ranks_find(ranks, "longer than it ", 15), RANKS_NONE);
	ranks_free(ranks);
}
END_TEST

START_TEST(a_file_of_windows_is_read_too)
{
	struct text file = all_bytes();
	struct ranks *ranks;

	text_string(&file, "dGhl 300\r\n\r\n");
	ok(ranks_read(&ranks, text_view(&file), "f", &error));
	ck_assert_uint_eq(ranks_find(ranks, "the", 3), 300);
	ranks_free(ranks);
	text_clear(&file);
}
END_TEST

#define FORM                                                                \
	"; a line is a token in base64, a space and its rank, as tiktoken " \
	"writes them"

START_TEST(what_is_no_rank_file_is_refused_with_its_line)
{
	static const struct {
		const char *line;
		const char *words;
	} refused[] = {
		{ "{\"model\":", "f:257: there is no rank" FORM },
		{ "dGhl", "f:257: there is no rank" FORM },
		{ "dGh 1", "f:257: this is no base64" FORM },
		{ "dG!l 1", "f:257: this is no base64" FORM },
		{ "===== 1", "f:257: this is no base64" FORM },
		{ " 1", "f:257: this is no base64" FORM },
		{ "dGhl x", "f:257: this is no rank" FORM },
		{ "dGhl -1", "f:257: this is no rank" FORM },
		{ "dGhl 1 2", "f:257: this is no rank" FORM },
		{ "dGhl 99999999999", "f:257: this is no rank" FORM },
		{ "dGhl ", "f:257: this is no rank" FORM },
		{ "YQ== 300",
			"f: the tokens of ranks 97 and 300 are the same" },
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		struct text file = all_bytes();
		struct ranks *ranks;

		text_string(&file, refused[i].line);
		fails(ranks_read(&ranks, text_view(&file), "f", &error),
			ERROR_INVALID);
		says(refused[i].words);
		text_clear(&file);
	}
}
END_TEST

START_TEST(a_file_without_all_bytes_is_refused)
{
	struct ranks *ranks;

	fails(ranks_read(&ranks, SLICE("YQ== 0\nYg== 1\n"), "f", &error),
		ERROR_INVALID);
	says("f: there is no token for the byte 0x00, so this is not a whole "
	     "rank file");
	fails(ranks_read(&ranks, SLICE(""), "f", &error), ERROR_INVALID);
}
END_TEST

/* --- merging ------------------------------------------------------------ */

static int64_t count_of(const struct ranks *ranks, const char *piece)
{
	return bpe_count(ranks, slice_of(piece));
}

START_TEST(the_lowest_rank_is_merged_first_and_of_equals_the_leftmost)
{
	const char *const tokens[] = { "bc", "ab", "abc", "cd", "aa" };
	struct ranks *ranks = ranks_of(tokens, 5);

	ck_assert_int_eq(count_of(ranks, ""), 0);
	ck_assert_int_eq(count_of(ranks, "a"), 1);
	ck_assert_int_eq(count_of(ranks, "ab"), 1);
	ck_assert_int_eq(count_of(ranks, "abc"), 1);
	ck_assert_int_eq(count_of(ranks, "abcd"), 2); /* abc, d */
	ck_assert_int_eq(count_of(ranks, "abab"), 2);
	ck_assert_int_eq(count_of(ranks, "aaa"), 2); /* aa, a */
	ck_assert_int_eq(count_of(ranks, "xyz"), 3);
	ranks_free(ranks);
}
END_TEST

static uint64_t state = 1;

static unsigned below(unsigned bound)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % bound;
}

/* The rule, word for word: a list of lengths, merged until none can be. */
static int64_t count_slowly(const struct ranks *ranks, struct slice piece)
{
	size_t lengths[1000], count = piece.length;

	for (size_t i = 0; i < count; i++)
		lengths[i] = 1;
	for (;;) {
		uint32_t lowest = RANKS_NONE;
		const char *at = piece.data;
		size_t best = 0;

		for (size_t i = 0; i + 1 < count; at += lengths[i++]) {
			const uint32_t rank = ranks_find(
				ranks, at, lengths[i] + lengths[i + 1]);

			if (rank < lowest) {
				lowest = rank;
				best = i;
			}
		}
		if (lowest == RANKS_NONE)
			return (int64_t)count;
		lengths[best] += lengths[best + 1];
		memmove(&lengths[best + 1], &lengths[best + 2],
			(count - best - 2) * sizeof(*lengths));
		count--;
	}
}

/* Tokens that are two others together, as in a real file. */
static struct ranks *random_ranks(void)
{
	struct text file = all_bytes();
	char tokens[60][17];
	struct ranks *ranks;
	int count = 0;

	for (int i = 0; i < 3; i++)
		snprintf(tokens[count++], 17, "%c", 'a' + i);
	while (count < 60) {
		const char *one = tokens[below((unsigned)count)];
		const char *two = tokens[below((unsigned)count)];
		bool known = strlen(one) + strlen(two) > 16;
		char made[17];

		snprintf(made, sizeof(made), "%.8s%.8s", one, two);
		memcpy(tokens[count], made, sizeof(made));
		for (int i = 0; i < count && !known; i++)
			known = strcmp(tokens[i], tokens[count]) == 0;
		if (known)
			continue;
		put_token(&file, slice_of(tokens[count]), 253 + count);
		count++;
	}
	ok(ranks_read(&ranks, text_view(&file), "f", &error));
	text_clear(&file);
	return ranks;
}

START_TEST(short_and_long_pieces_are_merged_by_one_rule)
{
	for (int round = 0; round < 20; round++) {
		struct ranks *ranks = random_ranks();

		for (int i = 0; i < 50; i++) {
			char bytes[400];
			const struct slice piece = { bytes,
				1 + below(i % 2 ? 12 : 399) };

			for (size_t j = 0; j < piece.length; j++)
				bytes[j] = (char)('a' + below(3));
			ck_assert_int_eq(bpe_count(ranks, piece),
				count_slowly(ranks, piece));
		}
		ranks_free(ranks);
	}
}
END_TEST

/* Were each merge a search, this would not end before the time limit. */
START_TEST(many_of_one_letter_are_merged_in_time)
{
	const char *const tokens[] = { "aa", "aaaa", "aaaaaaaa" };
	struct ranks *ranks = ranks_of(tokens, 3);
	const size_t length = 400000;
	char *bytes = malloc(length);

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, 'a', length);
	ck_assert_int_eq(bpe_count(ranks, (struct slice){ bytes, length }),
		(int64_t)length / 8);
	free(bytes);
	ranks_free(ranks);
}
END_TEST

/* --- splitting ---------------------------------------------------------- */

static int put_piece(void *context, struct slice piece)
{
	text_string(context, "[");
	text_slice(context, piece);
	text_string(context, "]");
	return 0;
}

static void splits(const char *encoding, struct slice text, const char *pieces)
{
	struct text seen = { 0 };
	struct split *split;

	ok(split_new(&split, slice_of(encoding), &error));
	ck_assert_int_eq(split_each(split, text, put_piece, &seen), 0);
	ck_assert_msg(slice_is(text_view(&seen), pieces), "%s\n%.*s", pieces,
		(int)seen.length, seen.data);
	text_clear(&seen);
	split_free(split);
}

START_TEST(each_family_of_encodings_splits_in_its_own_way)
{
	const struct slice text =
		SLICE("It's  IT'S 12345 camelCase\n\n  x/*\n*/");

	splits("o200k_base", text,
		"[It's][ ][ IT'S][ ][123][45][ camel][Case][\n\n][ ][ x][/*\n]"
		"[*/]");
	splits("cl100k_base", text,
		"[It]['s][ ][ IT]['S][ ][123][45][ camelCase][\n\n][ ][ x]"
		"[/*\n][*/]");
	splits("a-model-of-mine", text,
		"[It]['s][ ][ IT]['S][ ][123][45][ camelCase][\n\n][ ][ x]"
		"[/*\n][*/]");
	splits("p50k_base", text,
		"[It]['s][ ][ IT]['][S][ 12345][ camelCase][\n\n ][ x][/*]"
		"[\n][*/]");
}
END_TEST

START_TEST(every_byte_is_in_a_piece)
{
	splits("o200k_base", SLICE(""), "");
	splits("o200k_base", SLICE("\xcc\x81\xe2\x80\x8d \xc2\x85"),
		"[\xcc\x81][\xe2\x80\x8d][ \xc2\x85]");
	splits("r50k_base", SLICE("\xf0\x9f\x98\x80\xcc\x81"),
		"[\xf0\x9f\x98\x80\xcc\x81]");
}
END_TEST

START_TEST(runs_of_any_length_are_one_piece)
{
	static const char *const encodings[] = { "o200k_base", "cl100k_base",
		"r50k_base" };
	static char text[2000003];

	for (size_t i = 0; i < 3; i++) {
		struct text seen = { 0 }, want = { 0 };
		struct split *split;

		memset(text, 'A', 1000000);
		memset(text + 1000000, ' ', 1000000);
		memcpy(text + 2000000, " b", 3);
		ok(split_new(&split, slice_of(encodings[i]), &error));
		ck_assert_int_eq(
			split_each(split, SLICE(text), put_piece, &seen), 0);
		put_piece(&want, (struct slice){ text, 1000000 });
		put_piece(&want, (struct slice){ text + 1000000, 1000000 });
		put_piece(&want, SLICE(" b"));
		ck_assert(slice_equal(text_view(&seen), text_view(&want)));
		text_clear(&want);
		text_clear(&seen);
		split_free(split);
	}
}
END_TEST

START_TEST(a_tokenizer_counts_what_its_file_has)
{
	const char *const tokens[] = { "th", "the", " the" };
	struct text file = all_bytes();
	struct tokenizer *tokenizer;

	for (int i = 0; i < 3; i++)
		put_token(&file, slice_of(tokens[i]), 256 + i);
	ok(tokenizer_new(&tokenizer,
		&(struct tokenizer_file){
			SLICE("mine"), text_view(&file), "f" },
		&error));
	text_clear(&file);
	ck_assert(slice_is(tokenizer_name(tokenizer), "mine"));
	ck_assert_int_eq(tokenizer_count(tokenizer, SLICE("")), 0);
	ck_assert_int_eq(tokenizer_count(tokenizer, SLICE("the the x\0y")), 6);
	ck_assert_int_eq(tokenizer_count(tokenizer, SLICE("<|the|>")), 5);
	tokenizer_free(tokenizer);
}
END_TEST

UNIT("tokens_bpe", a_token_has_the_rank_of_its_line,
	a_file_of_windows_is_read_too,
	what_is_no_rank_file_is_refused_with_its_line,
	a_file_without_all_bytes_is_refused,
	the_lowest_rank_is_merged_first_and_of_equals_the_leftmost,
	short_and_long_pieces_are_merged_by_one_rule,
	many_of_one_letter_are_merged_in_time,
	each_family_of_encodings_splits_in_its_own_way,
	every_byte_is_in_a_piece, runs_of_any_length_are_one_piece,
	a_tokenizer_counts_what_its_file_has)
