/* SPDX-License-Identifier: MIT */
/*
 * test_json_scan.c - what the scanner takes, what it refuses, and in which
 * words.
 */
#include "schema/json/scan.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/json_oracle.h"
#include "tests/unit/unit.h"

#define COUNT(rows) (sizeof(rows) / sizeof(*(rows)))

static const struct json_limits limits = { .depth = 64, .values = 1000000 };

static int scan(struct slice text)
{
	struct json_scratch scratch = { 0 };
	bool spaced;
	int result = json_scan(text, &limits, &scratch, &spaced, &error);

	json_scratch_clear(&scratch);
	return result;
}

static const struct {
	struct slice text;
	struct slice compact; /* as it is, if this is empty */
} valid[] = {
	{ SLICE("null"), SLICE("") },
	{ SLICE("true"), SLICE("") },
	{ SLICE("false"), SLICE("") },
	{ SLICE("0"), SLICE("") },
	{ SLICE("-0"), SLICE("") },
	{ SLICE("1.10"), SLICE("") },
	{ SLICE("1e400"), SLICE("") },
	{ SLICE("-0.0E+00"), SLICE("") },
	{ SLICE("12345678901234567890"), SLICE("") },
	{ SLICE("\"\""), SLICE("") },
	{ SLICE("\"  \""), SLICE("") },
	{ SLICE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uABCD\""), SLICE("") },
	{ SLICE("\"\\u0000\""), SLICE("") },
	{ SLICE("\"\\ud83d\""), SLICE("") },
	{ SLICE("\"\\ude00\\ud83d\""), SLICE("") },
	{ SLICE("\"\x7f\xc2\x80\xe2\x80\xa8\xef\xbf\xbf\xf4\x8f\xbf\xbf\""),
		SLICE("") },
	{ SLICE("[]"), SLICE("") },
	{ SLICE("{}"), SLICE("") },
	{ SLICE("[[],{},[[]],\"\",0]"), SLICE("") },
	{ SLICE("{\"\":{\"\":{}},\"a\":{\"\":1}}"), SLICE("") },
	{ SLICE("{\"a\":1,\"A\":2,\"\\u0061b\":3,\"\\u0000\":4}"), SLICE("") },
	{ SLICE("{\"\\ud83d\":1,\"\\ud83e\":2,\"\\ufffd\":3,"
		"\"\\ud83d\\ude00\":4,\"\\ude00\\ud83d\":5}"),
		SLICE("") },
	{ SLICE("[{\"a\":1},{\"a\":1},[{\"a\":{\"a\":1}}]]"), SLICE("") },
	{ SLICE(" \t\r\n1 \t\r\n"), SLICE("1") },
	{ SLICE("[ ]"), SLICE("[]") },
	{ SLICE("{ }"), SLICE("{}") },
	{ SLICE(" [ 1 , \" \\\" , \" , { \"a b\" : [ ] } ] "),
		SLICE("[1,\" \\\" , \",{\"a b\":[]}]") },
};

START_TEST(valid_texts_pass_and_lose_only_white_space)
{
	for (size_t i = 0; i < COUNT(valid); i++) {
		struct json_scratch scratch = { 0 };
		struct slice wanted = valid[i].compact;
		char text[128];
		bool spaced;

		if (wanted.length == 0)
			wanted = valid[i].text;
		ok(json_scan(
			valid[i].text, &limits, &scratch, &spaced, &error));
		ck_assert_msg(spaced == (wanted.length != valid[i].text.length),
			"row %zu", i);
		memcpy(text, valid[i].text.data, valid[i].text.length);
		size_t length = json_compact(text, valid[i].text.length);
		ck_assert_msg(
			slice_equal((struct slice){ text, length }, wanted),
			"row %zu: %.*s", i, (int)length, text);
		json_scratch_clear(&scratch);
	}
}
END_TEST

#define ENDS ", but the text ends"
static const struct {
	struct slice text;
	const char *words;
} refused[] = {
	{ SLICE(""), "1, column 1: expected a value" ENDS },
	{ SLICE(" \n "), "2, column 2: expected a value" ENDS },
	{ SLICE("\0"), "1, column 1: expected a value" },
	{ SLICE("\xef\xbb\xbf{}"), "1, column 1: expected no byte order mark" },
	{ SLICE("\xef\xbb\xbf"), "1, column 1: expected no byte order mark" },
	{ SLICE("NaN"), "1, column 1: expected a value" },
	{ SLICE("tru"), "1, column 1: expected a value" },
	{ SLICE("nulL"), "1, column 1: expected a value" },
	{ SLICE("True"), "1, column 1: expected a value" },
	{ SLICE("'a'"), "1, column 1: expected a value" },
	{ SLICE("/**/1"), "1, column 1: expected a value" },
	{ SLICE("+1"), "1, column 1: expected a value" },
	{ SLICE(".5"), "1, column 1: expected a value" },
	{ SLICE("\v1"), "1, column 1: expected a value" },
	{ SLICE("\xc2\xa0"), "1, column 1: expected a value" },
	{ SLICE("truee"), "1, column 5: expected nothing after the value" },
	{ SLICE("1 2"), "1, column 3: expected nothing after the value" },
	{ SLICE("{}}"), "1, column 3: expected nothing after the value" },
	{ SLICE("1\0"), "1, column 2: expected nothing after the value" },
	/* numbers */
	{ SLICE("-"), "1, column 2: expected a digit" ENDS },
	{ SLICE("-a"), "1, column 2: expected a digit" },
	{ SLICE("-Infinity"), "1, column 2: expected a digit" },
	{ SLICE("1."), "1, column 3: expected a digit" ENDS },
	{ SLICE("1.e1"), "1, column 3: expected a digit" },
	{ SLICE("1e"), "1, column 3: expected a digit" ENDS },
	{ SLICE("1e+"), "1, column 4: expected a digit" ENDS },
	{ SLICE("[1e-]"), "1, column 5: expected a digit" },
	{ SLICE("01"), "1, column 2: expected no digit after a leading 0" },
	{ SLICE("-012"), "1, column 3: expected no digit after a leading 0" },
	{ SLICE("0x10"), "1, column 2: expected nothing after the value" },
	{ SLICE("[1e5.5]"),
		"1, column 5: expected ',' or ']' after an element" },
	/* arrays */
	{ SLICE("["), "1, column 2: expected a value" ENDS },
	{ SLICE("[,1]"), "1, column 2: expected a value" },
	{ SLICE("[1,]"), "1, column 4: expected a value" },
	{ SLICE("[1"),
		"1, column 3: expected ',' or ']' after an element" ENDS },
	{ SLICE("[1 2]"), "1, column 4: expected ',' or ']' after an element" },
	{ SLICE("[1}"), "1, column 3: expected ',' or ']' after an element" },
	{ SLICE("]"), "1, column 1: expected a value" },
	/* objects */
	{ SLICE("{"), "1, column 2: expected a member name or '}'" ENDS },
	{ SLICE("{1:2}"), "1, column 2: expected a member name or '}'" },
	{ SLICE("{,}"), "1, column 2: expected a member name or '}'" },
	{ SLICE("{\"a\":1,}"), "1, column 8: expected a member name" },
	{ SLICE("{\"a\"}"), "1, column 5: expected ':' after a member name" },
	{ SLICE("{\"a\" 1}"), "1, column 6: expected ':' after a member name" },
	{ SLICE("{\"a\""),
		"1, column 5: expected ':' after a member name" ENDS },
	{ SLICE("{\"a\":}"), "1, column 6: expected a value" },
	{ SLICE("{\"a\":1"),
		"1, column 7: expected ',' or '}' after a member" ENDS },
	{ SLICE("{\"a\":1]"),
		"1, column 7: expected ',' or '}' after a member" },
	{ SLICE("{\"a\":1 \"b\":2}"),
		"1, column 8: expected ',' or '}' after a member" },
	/* strings */
	{ SLICE("\""), "1, column 2: expected the end of a string" ENDS },
	{ SLICE("\"a\\\""), "1, column 5: expected the end of a string" ENDS },
	{ SLICE("\"\\"), "1, column 3: expected one of \"\\/bfnrtu after a "
			 "backslash" ENDS },
	{ SLICE("\"\\x\""), "1, column 3: expected one of \"\\/bfnrtu after a "
			    "backslash" },
	{ SLICE("\"\\\0\""), "1, column 3: expected one of \"\\/bfnrtu after a "
			     "backslash" },
	{ SLICE("\"\\U0041\""),
		"1, column 3: expected one of \"\\/bfnrtu after a "
		"backslash" },
	{ SLICE("\"\\u004\""), "1, column 7: expected four hexadecimal "
			       "digits after \\u" },
	{ SLICE("\"\\u00g1\""), "1, column 6: expected four "
				"hexadecimal digits after \\u" },
	{ SLICE("\"\\u00"), "1, column 6: expected four hexadecimal "
			    "digits after \\u" ENDS },
	{ SLICE("\"a\nb\""), "1, column 3: expected a control character "
			     "to be escaped" },
	{ SLICE("\"\0\""), "1, column 2: expected a control character "
			   "to be escaped" },
	{ SLICE("\"seven..\x1f\""), "1, column 9: expected a control "
				    "character to be escaped" },
	{ SLICE("\"\xff\""), "1, column 2: invalid UTF-8" },
	{ SLICE("\"\xc3\""), "1, column 2: invalid UTF-8" },
	{ SLICE("\"\xc0\x80\""), "1, column 2: invalid UTF-8" },
	{ SLICE("\"\xed\xa0\x80\""), "1, column 2: invalid UTF-8" },
	{ SLICE("\"\xf4\x90\x80\x80\""), "1, column 2: invalid UTF-8" },
	{ SLICE("\"\xe2\x82"), "1, column 2: invalid UTF-8" },
	/* places: code points, and lines that end in LF */
	{ SLICE("[\r\n\t\"\xc3\xa9\xf0\x9f\x98\x80\", x]"),
		"2, column 8: expected a value" },
	{ SLICE("\n\n\n]"), "4, column 1: expected a value" },
	/* duplicates */
	{ SLICE("{\"a\":1,\"a\":2}"),
		"1, column 8: duplicate member name \"a\"" },
	{ SLICE("{\"a\":1,\"\\u0061\":2}"),
		"1, column 8: duplicate member name \"\\u0061\"" },
	{ SLICE("{\"\":1, \"\":2}"),
		"1, column 8: duplicate member name \"\"" },
	{ SLICE("{\"/\":{\"/\":1},\"b\":[{}],\"\\/\":2}"),
		"1, column 23: duplicate member name \"\\/\"" },
	{ SLICE("{\"\\uD83D\\uDE00\":1,\"\xf0\x9f\x98\x80\":2}"),
		"1, column 19: duplicate member name "
		"\"\xf0\x9f\x98\x80\"" },
	{ SLICE("{\"\\uD83D\":1,\"\\ud83d\":2}"),
		"1, column 13: duplicate member name \"\\ud83d\"" },
	{ SLICE("{\"\\u0000\":1,\"\\u0000\":2}"),
		"1, column 13: duplicate member name \"\\u0000\"" },
};

START_TEST(refusals_name_the_place_and_what_was_expected)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		char words[sizeof(error.message)];

		snprintf(words, sizeof(words), "line %s", refused[i].words);
		fails(scan(refused[i].text), ERROR_INVALID);
		says_first(words);
		/* A cause may follow: tests/exchanges/first_minutes.txt. */
		if (error.message[strlen(words)] != '\0')
			ck_assert_int_eq(error.message[strlen(words)], ';');
	}
}
END_TEST

/* Every byte of a string may be the one that a word of eight ends with. */
START_TEST(a_bad_byte_is_found_at_any_offset)
{
	char text[64];

	for (size_t length = 1; length < 40; length++) {
		memset(text, 'x', sizeof(text));
		text[0] = text[length + 1] = '"';
		for (size_t at = 1; at <= length; at++) {
			char words[100];

			snprintf(words, sizeof(words),
				"line 1, column %zu: invalid UTF-8", at + 1);
			text[at] = '\x80';
			fails(scan((struct slice){ text, length + 2 }),
				ERROR_INVALID);
			says(words);
			text[at] = '\x1f';
			fails(scan((struct slice){ text, length + 2 }),
				ERROR_INVALID);
			text[at] = 'x';
		}
		ok(scan((struct slice){ text, length + 2 }));
	}
}
END_TEST

START_TEST(bounds_are_named)
{
	static const struct json_limits small = { .depth = 3, .values = 4 };
	struct json_scratch scratch = { 0 };
	bool spaced;

#define SMALL(text) json_scan(SLICE(text), &small, &scratch, &spaced, &error)
	ok(SMALL("[[[]]]"));
	ok(SMALL("[{\"a\":[]},[]]"));
	fails(SMALL("[[[[]]]]"), ERROR_TOO_LARGE);
	says("line 1, column 4: nested deeper than 3 levels");
	fails(SMALL("[[\n{\"a\":{"), ERROR_TOO_LARGE);
	says("line 2, column 6: nested deeper than 3 levels");
	ok(SMALL("[1,2,3,4]"));
	fails(SMALL("[1,2,3,4,5]"), ERROR_TOO_LARGE);
	says("line 1, column 10: more than 4 members and elements");
	ok(SMALL("{\"a\":[1,2],\"b\":0}"));
	fails(SMALL("{\"a\":[1,2],\"b\":[0]}"), ERROR_TOO_LARGE);
	says("line 1, column 17: more than 4 members and elements");
	json_scratch_clear(&scratch);
}
END_TEST

START_TEST(depth_is_bounded_whatever_the_caller_allows)
{
	struct json_limits deep = { .depth = 1000000, .values = 1000000 };
	struct json_scratch scratch = { 0 };
	bool spaced;
	char text[2 * JSON_DEPTH_MAX + 2];

	memset(text, '[', JSON_DEPTH_MAX);
	memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	struct slice most = { text, 2 * JSON_DEPTH_MAX };
	ok(json_scan(most, &deep, &scratch, &spaced, &error));
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	struct slice more = { text, sizeof(text) };
	fails(json_scan(more, &deep, &scratch, &spaced, &error),
		ERROR_TOO_LARGE);
	says("line 1, column 257: nested deeper than 256 levels");
	json_scratch_clear(&scratch);
}
END_TEST

/* A generator of its own, so that a failure can be repeated. */
static uint32_t random_below(uint32_t bound)
{
	static uint64_t state = 20261122;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % bound;
}

static const char *const seeds[] = {
	"{\"type\":\"human\",\"data\":{\"content\":\"Hi! \xf0\x9f\x98\x80\"}}",
	"[1,-0,1.10,1e5,2E-7,123456789012345678,0.5]",
	"{\"a\":{\"a\":[{\"a\":1},{\"b\":null}]},\"\\u0062\":true,"
	"\"b \":false}",
	"[\"\\u00e9\\ud83d\\ude00\\\\\\/\\\"\",\"\xc3\xa9\xe2\x82\xac\",\"\"]",
	" { \"x\" : [ ] , \"y\" : { } } ",
};

static size_t mutate(char *text, size_t length)
{
	static const char bytes[] =
		"{}[]\",:\\ \n\tu0aeE+-.19dD8ntf/\x80\xbf\xc3\xed\xf0\xff\x01";
	size_t at = random_below((uint32_t)length);
	char byte = bytes[random_below(sizeof(bytes))]; /* also U+0000 */
	size_t from = random_below((uint32_t)length);

	switch (random_below(4)) {
	case 0:
		text[at] = byte;
		return length;
	case 1:
		memmove(text + at, text + at + 1, length - at - 1);
		return length - 1;
	case 2:
		memmove(text + at + 1, text + at, length - at);
		text[at] = byte;
		return length + 1;
	default: /* a piece of it once more */
		memmove(text + at + 4, text + at, length - at);
		memmove(text + at, text + from, 4);
		return length + 4;
	}
}

START_TEST(jansson_agrees_about_mutated_texts)
{
	size_t counts[3] = { 0 };

	for (int i = 0; i < 200000; i++) {
		const char *seed = seeds[random_below(COUNT(seeds))];
		size_t length = strlen(seed);
		char text[256] = { 0 };

		memcpy(text, seed, length);
		for (uint32_t n = 1 + random_below(3); n > 0; n--)
			length = mutate(text, length);
		enum verdict verdict = json_oracle(text, length);
		int result = scan((struct slice){ text, length });
		counts[verdict]++;
		ck_assert_msg(
			verdict == VERDICT_OTHER_RULES ||
				(result == 0) == (verdict == VERDICT_ACCEPTED),
			"jansson %d, we %d (%s): %.*s", verdict, result,
			error.message, (int)length, text);
	}
	/* Enough of each, or it proves nothing. */
	ck_assert_uint_gt(counts[VERDICT_ACCEPTED], 20000);
	ck_assert_uint_gt(counts[VERDICT_REFUSED], 100000);
	ck_assert_uint_lt(counts[VERDICT_OTHER_RULES], 20000);
}
END_TEST

UNIT("json_scan", valid_texts_pass_and_lose_only_white_space,
	refusals_name_the_place_and_what_was_expected,
	a_bad_byte_is_found_at_any_offset, bounds_are_named,
	depth_is_bounded_whatever_the_caller_allows,
	jansson_agrees_about_mutated_texts)
