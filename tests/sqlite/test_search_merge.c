/* SPDX-License-Identifier: MIT */
/* test_search_merge.c - words of what was erased leave the index in steps. */
#include "core/store/sql/sql.h"
#include "tests/sqlite/indexed.h"

START_TEST(an_erasure_is_open_until_its_words_are_gone)
{
	int64_t oldest, newest;
	int steps = 0;

	for (int i = 0; i < 300; i++)
		say(store, "a", "{\"content\":\"some words to be erased\"}");
	say(store, "b", "{\"content\":\"other words\"}");
	maintain(store, NOW, 10);
	erase("a");
	do {
		ok(store_begin(store, &error));
		ok(store_maintenance_step(store, NOW, 1000, &error));
		ok(store_commit(store, &error));
		ok(store_erase_open(store, &oldest, &newest, &error));
		ck_assert_int_lt(++steps, 100);
	} while (oldest);
	is_index("SELECT " STALE " || ' ' || (SELECT count(*) FROM words_idx)"
		 " FROM search_state",
		"0 1");
	finds("words", "b:1 ");
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	is_index("SELECT count(*) FROM maintenance", "0");
}
END_TEST

START_TEST(an_erasure_in_one_step_leaves_no_words)
{
	say(store, "a", "{\"content\":\"secretword\"}");
	say(store, "b", "{\"content\":\"other\"}");
	maintain(store, NOW, 500);
	erase("a");
	maintain(store, NOW, 500);
	is_index("SELECT count(*) + (SELECT " STALE " FROM search_state)"
		 " FROM words_data"
		 " WHERE instr(block, CAST('secretword' AS BLOB))",
		"0");
}
END_TEST

static void step(int64_t now, int64_t rows)
{
	ok(store_begin(store, &error));
	ok(store_maintenance_step(store, now, rows, &error));
	ok(store_commit(store, &error));
}

/* Each of other words, so that a merge takes more than a few steps. */
static void say_much(const char *name, int from)
{
	struct text body = { 0 };

	text_string(&body, "{\"content\":\"some");
	for (int i = 0; i < 500; i++)
		text_format(&body, " %dword", (from * 500 + i) * 7919);
	text_string(&body, "\"}");
	text_append(&body, "", 1);
	say(store, name, body.data);
	text_clear(&body);
}

/* A session of this word is there, is indexed, and is erased. */
static void come_and_go(const char *word)
{
	char body[60];

	snprintf(body, sizeof(body), "{\"content\":\"%s\"}", word);
	say(store, "a", body);
	maintain(store, NOW, 500);
	erase("a");
	maintain(store, NOW, 500);
}

static void leaves_nothing(void)
{
	come_and_go("secretword");
	is_index("SELECT count(*) FROM words_data"
		 " WHERE instr(block, CAST('secretword' AS BLOB))",
		"0");
}

/*
 * Merges of two levels leave more of them.  What is told at once and is larger
 * than all before has that join it on the first: the merge of these is not into
 * the last.
 */
START_TEST(words_are_gone_whatever_merges_there_were_before)
{
	say_much("b", 0);
	come_and_go("red");
	come_and_go("red");
	for (int i = 1; i < 5; i++)
		say_much("c", i);
	leaves_nothing();
	is_index("SELECT " STALE " || ' ' || merging FROM search_state", "0 0");
	finds("some", "c:4 c:3 c:2 c:1 b:1 ");
}
END_TEST

/* There nothing that is told is smaller than the rest. */
START_TEST(words_are_gone_from_an_index_that_has_become_small)
{
	say_much("c", 0);
	come_and_go("red");
	come_and_go("red");
	say(store, "b", "{\"content\":\"blue\"}");
	erase("c");
	maintain(store, NOW, 500);
	leaves_nothing();
	finds("blue", "b:1 ");
}
END_TEST

/* Even if it restarts at every other one. */
START_TEST(erasures_that_follow_each_other_end)
{
	int64_t first, oldest = 0, newest;
	char name[] = "a";

	for (int i = 0; i < 26; i++, name[0]++)
		for (int j = 0; j < 4; j++)
			say_much(name, i * 4 + j);
	maintain(store, NOW, 9);
	name[0] = 'a';
	erase(name);
	ok(store_erase_open(store, &first, &newest, &error));
	do {
		for (int i = 0; i < 9; i++)
			step(NOW, 1);
		if (name[0] % 2)
			restart();
		ck_assert_int_lt(++name[0], 'z');
		erase(name);
		ok(store_erase_open(store, &oldest, &newest, &error));
	} while (oldest == first);
	ck_assert_int_gt(oldest, first);
	maintain(store, NOW, 9);
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	is_index("SELECT count(*) FROM maintenance", "0");
}
END_TEST

/* An erasure that comes meanwhile is not begun before the merge is done. */
START_TEST(a_merge_that_was_undone_still_goes_first)
{
	int64_t first, oldest, newest;

	for (int i = 0; i < 8; i++)
		say_much(i % 2 ? "a" : "b", i);
	maintain(store, NOW, 9);
	erase("a");
	ok(store_erase_open(store, &first, &newest, &error));
	while (!store->engine->index.merging)
		step(NOW, 1);
	ok(store_begin(store, &error));
	while (store->engine->index.merging)
		ok(store_maintenance_step(store, NOW, 9, &error));
	store_rollback(store);
	erase("b");
	do {
		step(NOW, 1);
		ok(store_erase_open(store, &oldest, &newest, &error));
	} while (oldest == first);
	ck_assert_int_gt(oldest, first);
}
END_TEST

/* Until then a merge would cost more than it is worth. */
START_TEST(words_of_what_was_not_erased_are_gone_after_an_hour)
{
	static const char left[] =
		"SELECT (SELECT count(*) FROM words_idx) || ' ' || " STALE
		" FROM search_state";

	retain_nothing("a");
	say(store, "a", "{\"content\":\"secretword\"}");
	say(store, "b", "{\"content\":\"other\"}");
	maintain(store, NOW, 1);
	edit("a", 1, "{\"content\":\"edited\"}");
	maintain(store, NOW, 1);
	ck_assert_int_eq(store_maintenance_due(store), 2000 + HOUR);
	maintain(store, 2000 + HOUR - 1, 1);
	is_index(left, "4 2000");
	ck_assert_int_eq(store_maintenance_due(store), 0);
	maintain(store, NOW, 1);
	ck_assert_int_eq(store_maintenance_due(store), 2000 + HOUR);
	maintain(store, 2000 + HOUR, 1);
	is_index(left, "1 0");
	finds("edited", "a:1 ");
	ck_assert_int_eq(store_maintenance_due(store), INT64_MAX);
}
END_TEST

STORE_UNIT("search_merge", start_file, stop,
	an_erasure_is_open_until_its_words_are_gone,
	an_erasure_in_one_step_leaves_no_words,
	words_are_gone_whatever_merges_there_were_before,
	words_are_gone_from_an_index_that_has_become_small,
	erasures_that_follow_each_other_end,
	a_merge_that_was_undone_still_goes_first,
	words_of_what_was_not_erased_are_gone_after_an_hour)
