/* SPDX-License-Identifier: MIT */
/* test_nearest.c - the name that a mistyped word was meant to be. */
#include "schema/nearest.h"

#include "tests/unit/unit.h"

static const char *const names[] = { "messages", "memory", "memory_key",
	"import", "export", "db", "k" };

static const char *nearest_of(const char *word)
{
	struct nearest nearest = { .word = slice_of(word) };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		nearest_try(&nearest, names[i]);
	return nearest.name ? nearest.name : "";
}

START_TEST(a_slip_of_the_hand_is_near)
{
	static const char *const rows[][2] = {
		{ "message", "messages" },   /* missing */
		{ "messsages", "messages" }, /* too many */
		{ "massages", "messages" },  /* changed */
		{ "mesasges", "messages" },  /* swapped */
		{ "memorykey", "memory_key" }, { "Export", "export" },
		{ "imprt", "import" }, { "bd", "db" },
		{ "key", "memory_key" }, /* a part of it */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(nearest_of(rows[i][0]), rows[i][1]);
}
END_TEST

START_TEST(the_nearest_of_several_is_taken)
{
	ck_assert_str_eq(nearest_of("memori"), "memory");
	ck_assert_str_eq(nearest_of("memory"), "memory");
	ck_assert_str_eq(nearest_of("xport"), "export");
}
END_TEST

START_TEST(another_word_is_not)
{
	static const char *const rows[] = { "", "xyzzy", "sessions", "qq",
		"mess\xc3\xa9nger",
		"a word that is longer than any name that is told apart" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_str_eq(nearest_of(rows[i]), "");
}
END_TEST

UNIT("nearest", a_slip_of_the_hand_is_near, the_nearest_of_several_is_taken,
	another_word_is_not)
