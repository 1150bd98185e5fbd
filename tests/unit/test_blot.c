/* SPDX-License-Identifier: MIT */
/*
 * test_blot.c - a secret is in nothing that passes, however it is cut.
 */
#include "server/upstream/blot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define SECRET	     "sk/ab-sk/abc\"d"

/* What has passed when it came in two pieces. */
static void pass(const char *came, size_t cut, char *out)
{
	const size_t length = strlen(came);
	struct blot_secret secret = { 0 };
	size_t from;

	ck_assert_int_eq(blot_secret_init(&secret, SECRET), 0);
	memcpy(out, came, length + 1);
	from = blot(out, cut, 0, &secret);
	ck_assert_uint_le(from, cut);
	from = blot(out, length, from, &secret);
	ck_assert_uint_le(from, length);
	blot_end(out, length, from, &secret);
	blot_secret_clear(&secret);
}

START_TEST(it_is_found_however_it_is_cut_and_spelled)
{
	static const struct {
		const char *came, *passed;
	} rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ SECRET, "**************" },
		{ "a" SECRET "b" SECRET, "a**************b**************" },
		{ "sk/ab-" SECRET ".", "sk/ab-**************." },
		{ "sk\\/ab-sk\\/abc\\\"d.", "*****************." },
		{ "\\u0073k/ab-sk/abc\\u0022\\u0064.",
			"*****************************." },
		{ "\\u0073k\\u002F.", "\\u0073k\\u002F." },
		{ "sk/ab-sk/abc", "************" },
		{ "see sk", "see sk" },
		{ "see \\", "see \\" },
		{ "SK/AB-SK/ABC\"D", "SK/AB-SK/ABC\"D" },
		{ "\\\\u0073k\\\\/ab-sk/abc\\\\\\\"d.",
			"*************************." },
		{ "s%6b%2Fab-sk/abc%22d.", "********************." },
		{ "s%6b%2Fab-sk/abc%22e.", "s%6b%2Fab-sk/abc%22e." },
		{ "C:\\\\" SECRET, "C:\\\\**************" },
		{ "eyJrIjoic2svYWItc2svYWJjImQifQ==",
			"eyJrIjoi****************ImQifQ==" },
		{ "eHNrL2FiLXNrL2FiYyJk", "eHNr****************" },
		{ "eHhzay9hYi1zay9hYmMiZA==", "eHhz****************ZA==" },
	};
	char out[100];

	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t cut = 0; cut <= strlen(rows[i].came); cut++) {
			pass(rows[i].came, cut, out);
			ck_assert_str_eq(out, rows[i].passed);
		}
}
END_TEST

/* Each character as it is, as JSON escapes it so often, or as a URL does. */
static void spell_at_random(struct text *out)
{
	static const char backslashes[] = "\\\\\\\\\\";
	char spelled[20];

	for (const char *c = SECRET; *c; c++) {
		const long how = random() % 6;
		const int depth = 1 + (int)(random() % 3);

		if (how == 0 && *c != '"')
			snprintf(spelled, sizeof(spelled), "%c", *c);
		else if (how == 1 && strchr("\"/", *c))
			snprintf(spelled, sizeof(spelled), "%.*s%c",
				2 * depth - 1, backslashes, *c);
		else if (how == 2)
			snprintf(spelled, sizeof(spelled), "%%%02X",
				(unsigned)*c);
		else
			snprintf(spelled, sizeof(spelled),
				how == 3 ? "%.*su%04x" : "%.*su%04X", depth,
				backslashes, (unsigned)*c);
		text_string(out, spelled);
	}
	text_append(out, "", 1);
}

START_TEST(any_spelling_of_each_character_is_covered)
{
	char out[300];

	srandom(1);
	for (int round = 0; round < 5000; round++) {
		struct text came = { 0 };

		spell_at_random(&came);
		pass(came.data, (size_t)random() % came.length, out);
		ck_assert_msg(strspn(out, "*") == strlen(came.data), "%s: %s",
			came.data, out);
		text_clear(&came);
	}
}
END_TEST

START_TEST(without_a_secret_everything_passes)
{
	char text[] = "\\ \0 sk";
	struct blot_secret secret = { 0 };

	ck_assert_int_eq(blot_secret_init(&secret, NULL), 0);
	ck_assert_int_eq(blot_secret_init(&secret, "ollama"), 0);
	ck_assert_int_eq(secret.count, 0);
	ck_assert_uint_eq(
		blot(text, sizeof(text) - 1, 0, &secret), sizeof(text) - 1);
	blot_end(text, sizeof(text) - 1, 0, &secret);
	ck_assert_mem_eq(text, "\\ \0 sk", sizeof(text));
}
END_TEST

UNIT("blot", it_is_found_however_it_is_cut_and_spelled,
	any_spelling_of_each_character_is_covered,
	without_a_secret_everything_passes)
