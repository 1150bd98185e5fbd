/* SPDX-License-Identifier: MIT */
/* test_snippet.c - what a search shows of a text, around what it found. */
#include "tests/contract/searching.h"

static void shows(const char *text, size_t at, const char *expected)
{
	struct text out = { 0 };

	search_snippet(&out, slice_of(text), at);
	is(text_view(&out), expected);
	text_clear(&out);
}

START_TEST(a_snippet_is_cut_around_what_was_found)
{
	struct text text = { 0 }, cut = { 0 };

	shows("short", 0, "short");
	shows("", 0, "");
	for (int i = 0; i < 100; i++)
		text_string(&text, "\xc3\xa9t\xc3\xa9 ");
	text_append(&text, "", 1);
	text_string(&cut, "…");
	text_append(&cut, text.data, 40 * 6);
	text_string(&cut, "…");
	text_append(&cut, "", 1);
	shows(text.data, 50 * 6, cut.data);
	text_clear(&text);
	text_clear(&cut);
}
END_TEST

static int keep_place(void *context, const struct search_row *row)
{
	size_t *at = context;

	*at = row->at;
	return 1;
}

static size_t place_of(const char *words)
{
	const struct search_query query = {
		.text = slice_of(words), .limit = 1, .steps = 999
	};
	size_t at = SIZE_MAX;

	maintain(store, NOW, 9);
	ok(store_search(store, &query,
		(struct search_visitor){ keep_place, &at }, &error));
	return at;
}

START_TEST(a_phrase_is_shown_where_it_is_whole)
{
	say(store, "a", "{\"content\":\"a new new york\"}");
	ck_assert_uint_eq(place_of("\"new york\""), 6);
}
END_TEST

START_TEST(a_long_text_is_looked_through_to_a_bound)
{
	say_long("a");
	ck_assert_uint_eq(place_of("on"), 9);
	ck_assert_uint_eq(place_of("then"), 0);
}
END_TEST

START_TEST(texts_are_looked_through_for_many_queries)
{
	struct text crowd = { 0 };
	struct slice queries[] = { SLICE("dog"), SLICE("!"), { 0 },
		SLICE("don't"), SLICE("cat bird"), SLICE("\"a cat\"") };
	const struct slice texts[] = { SLICE("The dog, don't"), SLICE(""),
		SLICE("t, don: a bird, a cat and a DOG") };
	uint64_t has[3] = { ~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0 };

	for (int i = 0; i < 300; i++)
		text_string(&crowd, "dog ");
	queries[2] = text_view(&crowd);
	ok(store_search_texts(store,
		&(struct search_texts){ queries, 6, texts, 3, has }, &error));
	ck_assert_uint_eq(has[0], 1 << 0 | 1 << 3);
	ck_assert_uint_eq(has[1], 0);
	ck_assert_uint_eq(has[2], 1 << 0 | 1 << 4 | 1 << 5);
	text_clear(&crowd);
}
END_TEST

CONTRACT_UNIT("snippet", start, stop, a_snippet_is_cut_around_what_was_found,
	a_phrase_is_shown_where_it_is_whole,
	a_long_text_is_looked_through_to_a_bound,
	texts_are_looked_through_for_many_queries)
