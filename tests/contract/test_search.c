/* SPDX-License-Identifier: MIT */
/* test_search.c - messages are found by their words, while they are there. */
#include "tests/contract/searching.h"

#include <time.h>

/* --- words ------------------------------------------------------------ */

START_TEST(a_word_is_found_in_any_case_and_without_accents)
{
	say(store, "a", "{\"content\":\"Un CAF\\u00c9 noir\"}");
	finds("cafe", "a:1 ");
	finds("Caf\xc3\xa9 NOIR", "a:1 ");
	finds("caf", "");
	finds("noir rouge", "");
}
END_TEST

START_TEST(phrases_and_prefixes_are_found)
{
	say(store, "a", "{\"content\":\"New York is not York new\"}");
	say(store, "b", "{\"content\":\"York, newer\"}");
	finds("\"new york\"", "a:1 ");
	finds("\"york new\"*", "b:1 a:1 ");
	finds("\"york new", "a:1 ");
	finds("newe*", "b:1 ");
	finds("york -is", "a:1 ");
}
END_TEST

/* As an index may have it that says so in words. */
START_TEST(the_place_of_a_message_is_no_word_of_it)
{
	say(store, "a", "{\"content\":\"left|right |h1 |h2 |t\"}");
	say(store, "b", "{\"content\":\"left\"}");
	finds("\"left right\"", "a:1 ");
	finds("left|right", "a:1 ");
	finds("|h1", "a:1 ");
	finds("h2", "a:1 ");
	finds("|t", "a:1 ");
	finds("\"left |h2\"", "");
	finds("\"left |t\"", "");
}
END_TEST

START_TEST(every_text_of_the_content_is_found)
{
	say(store, "a",
		"{\"content\":[\"one\",{\"type\":\"text\",\"text\":\"two\"},"
		"{\"type\":\"image_url\",\"image_url\":\"three\"},{\"text\":4}"
		",5],\"name\":\"six\"}");
	say(store, "b", "{\"content\":null}");
	say(store, "c", "{\"content\":\"nul\\u0000l half\\ud83dway\"}");
	finds("one two", "a:1 ");
	finds("three", "");
	finds("six", "");
	finds("nul l half way", "c:1 ");
}
END_TEST

START_TEST(the_best_come_first)
{
	say(store, "a", "{\"content\":\"tea and much else beside it\"}");
	say(store, "b", "{\"content\":\"tea tea tea\"}");
	say(store, "c", "{\"content\":\"tea and cake\"}");
	finds("tea", "b:1 c:1 a:1 ");
}
END_TEST

START_TEST(a_query_needs_a_word)
{
	static const char *const none[] = { "", " ", "!?", "\"\"", "*", "\"",
		"\xe2\x80\xa6", "( - )" };
	struct text out = { 0 };

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		fails(look(NULL, "", none[i], 9, &out), ERROR_INVALID);
	for (int i = 0; i < 65; i++)
		text_string(&out, "w ");
	text_append(&out, "", 1);
	fails(look(NULL, "", out.data, 9, &out), ERROR_INVALID);
	text_clear(&out);
}
END_TEST

START_TEST(any_text_is_a_query)
{
	static const char *const pieces[] = { "\"", "*", " ", "AND", "OR",
		"NOT", "NEAR(", ")", "(", "{text}", ":", "^", "+", "-", "w",
		"\xc3\xa9", "\xf0\x9f\x98\x80", "'", "text:", "\\", ",", "\n" };
	const size_t count = sizeof(pieces) / sizeof(*pieces);
	struct text query = { 0 }, out = { 0 };

	say(store, "a", "{\"content\":\"w and not text\"}");
	maintain(store, NOW, 9);
	srandom(7);
	for (int i = 0; i < times(20000); i++) {
		query.length = 0;
		for (int k = 0; k < i % 9; k++)
			text_string(&query, pieces[(size_t)random() % count]);
		text_append(&query, "", 1);
		if (look(NULL, "", query.data, 9, &out))
			ck_assert_int_eq(error.code, ERROR_INVALID);
	}
	/* NUL would end what FTS5 reads. */
	ok(store_search(store,
		&(struct search_query){
			.text = SLICE("w\0 not"), .limit = 1, .steps = 999 },
		(struct search_visitor){ write_found, &out }, &error));
	text_clear(&query);
	text_clear(&out);
}
END_TEST

/* Bytes of any kind, most of them such as mean something to FTS5. */
static void random_query(char query[40])
{
	static const char often[] = "\"\"*: ^+-(){}wé\xf0\x9f\x98";
	size_t length = (size_t)random() % 39;

	for (size_t i = 0; i < length; i++) {
		query[i] = (char)(1 + random() % 255);
		if (random() % 3)
			query[i] = often[(size_t)random() % sizeof(often)];
	}
	query[length] = '\0';
}

START_TEST(any_bytes_are_a_query)
{
	struct text out = { 0 };
	char query[40];

	say(store, "a", "{\"content\":\"w\"}");
	maintain(store, NOW, 9);
	srandom(8);
	for (int i = 0; i < times(50000); i++) {
		random_query(query);
		if (look(NULL, "", query, 9, &out))
			ck_assert_msg(
				strcmp(error.message,
					"q has no word to search for") == 0,
				"%s: %s", query, error.message);
	}
	ck_assert_uint_gt(out.length, 0);
	text_clear(&out);
}
END_TEST

/* --- what is there ---------------------------------------------------- */

START_TEST(only_what_a_session_shows_is_found)
{
	say(store, "a", "{\"content\":\"red one\"}");
	say(store, "a", "{\"content\":\"red two\"}");
	say(store, "a", "{\"content\":\"red three\"}");
	finds("red", "a:3 a:2 a:1 ");
	edit("a", 2, "{\"content\":\"blue two\"}");
	finds_in(NULL, "red", "a:3 a:1 ");
	finds_in(NULL, "blue", "");
	finds("blue", "a:2 ");
	remove_from("a", 3, 3);
	finds_in(NULL, "red", "a:1 ");
	erase("a");
	finds_in(NULL, "red", "");
	finds("blue", "");
}
END_TEST

/* More than a write moves: the rows stay, and the session shows the rest. */
START_TEST(what_is_cut_off_is_not_found)
{
	struct session session;

	store_close(store);
	store = open_with(
		(struct store_options){ .search = true, .step_rows = 1 },
		STORE_WRITE);
	for (int i = 0; i < 6; i++)
		say(store, "a", "{\"content\":\"red\"}");
	remove_from("a", 1, 2);
	finds("red", "a:6 a:5 a:4 a:3 ");
	fork_of("a", "b", 6);
	remove_from("a", 5, 6);
	finds("red", "b:6 b:5 a:4 b:4 a:3 b:3 ");
	session = find(store, "a");
	finds_in(&session, "red", "a:4 a:3 ");
}
END_TEST

START_TEST(one_session_is_searched_alone)
{
	struct session session;

	say(store, "a", "{\"content\":\"red\"}");
	say(store, "b", "{\"content\":\"red\"}");
	maintain(store, NOW, 9);
	session = find(store, "b");
	finds_in(&session, "red", "b:1 ");
	session = find(store, "none");
	finds_in(&session, "red", "");
}
END_TEST

START_TEST(other_tenants_find_nothing)
{
	struct text out = { 0 };

	say(store, "a", "{\"content\":\"red\"}");
	maintain(store, NOW, 9);
	ok(look(NULL, "other", "red", 9, &out));
	is(text_view(&out), "");
	ok(look(NULL, "", "red", 9, &out));
	is(text_view(&out), "a:1 ");
	text_clear(&out);
}
END_TEST

/* Though only so many hits are looked at. */
START_TEST(messages_of_other_tenants_do_not_crowd_one_out)
{
	const struct message red = text_message("{\"content\":\"red\"}");
	struct session session;
	struct text out = { 0 };

	ok(store_begin(store, &error));
	ok(store_session_create(store,
		(struct session_ref){ SLICE("few"), SLICE("a") }, 1000,
		&session, &error));
	ok(store_message_append(store, &session, &red, 2000, &error));
	session = make(store, "many");
	for (int i = 0; i < 10001; i++)
		ok(store_message_append(store, &session, &red, 2000, &error));
	ok(store_commit(store, &error));
	maintain(store, NOW, 1000);
	ok(look(NULL, "few", "red", 9, &out));
	is(text_view(&out), "a:1 ");
	text_clear(&out);
}
END_TEST

START_TEST(an_expired_session_is_not_found)
{
	const struct session_profile profile = {
		.memory = SLICE("{}"), .metadata = SLICE("{}"), .ttl_seconds = 2
	};
	struct session session;

	say(store, "a", "{\"content\":\"red\"}");
	maintain(store, 2000, 9);
	session = find(store, "a");
	ok(store_begin(store, &error));
	ok(store_session_configure(store, &session, &profile, 2000, &error));
	ok(store_commit(store, &error));
	finds_in(NULL, "red", "");
}
END_TEST

START_TEST(no_more_are_found_than_asked_for)
{
	struct text out = { 0 };

	for (int i = 0; i < 5; i++)
		say(store, "a", "{\"content\":\"red\"}");
	maintain(store, NOW, 9);
	ok(look(NULL, "", "red", 2, &out));
	is(text_view(&out), "a:5 a:4 ");
	text_clear(&out);
}
END_TEST

/* --- forks ------------------------------------------------------------ */

START_TEST(a_fork_shows_what_it_begins_with)
{
	struct session session;

	say(store, "a", "{\"content\":\"red one\"}");
	say(store, "a", "{\"content\":\"red two\"}");
	fork_of("a", "b", 1);
	say(store, "b", "{\"content\":\"red fork\"}");
	fork_of("b", "c", 2);
	finds("red", "b:2 c:2 a:2 a:1 b:1 c:1 ");
	session = find(store, "c");
	finds_in(&session, "red", "c:2 c:1 ");
	edit("a", 1, "{\"content\":\"blue\"}");
	finds("one", "b:1 c:1 ");
	erase("b");
	finds("red", "c:2 a:2 c:1 ");
	erase("a");
	finds("red", "c:2 c:1 ");
	edit("c", 1, "{\"content\":\"green\"}");
	finds("red", "c:2 ");
	finds("green", "c:1 ");
}
END_TEST

/* The least of 64, 128, 256 and so on with which all of it is found. */
static int64_t steps_of(
	const char *name, const char *words, const char *expected)
{
	struct session session = find(store, name);
	struct search_query query = { .tenant = SLICE(""),
		.session = &session,
		.text = slice_of(words),
		.limit = 100,
		.steps = 32,
		.now = NOW };
	bool whole;

	do {
		struct text out = { 0 };

		query.steps *= 2;
		ck_assert_int_lt(query.steps, 1 << 30);
		whole = !store_search(store, &query,
				(struct search_visitor){ write_found, &out },
				&error) &&
			slice_is(text_view(&out), expected);
		text_clear(&out);
	} while (!whole);
	return query.steps;
}

/* They show all that the short one does not. */
START_TEST(a_short_fork_is_searched_in_few_steps_beside_long_ones)
{
	struct session session;
	char name[24];
	int64_t alone;

	ok(store_begin(store, &error));
	session = make(store, "a");
	for (int i = 0; i < 1000; i++)
		append(store, &session, "{\"content\":\"red\"}");
	ok(store_commit(store, &error));
	fork_of("a", "short", 1);
	maintain(store, NOW, 100);
	alone = steps_of("short", "red", "short:1 ");
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		fork_of("a", name, 1000);
	}
	edit("a", 1, "{\"content\":\"blue\"}");
	maintain(store, NOW, 100);
	ck_assert_int_le(steps_of("short", "red", "short:1 "), 2 * alone);
}
END_TEST

START_TEST(a_long_chain_is_searched_to_its_end)
{
	char parent[8], name[8];
	struct session session;

	say(store, "f0", "{\"content\":\"deep\"}");
	for (int i = 1; i <= 70; i++) {
		snprintf(parent, sizeof(parent), "f%d", i - 1);
		snprintf(name, sizeof(name), "f%d", i);
		fork_of(parent, name, i);
		say(store, name, "{\"content\":\"own\"}");
	}
	maintain(store, NOW, 100);
	session = find(store, "f70");
	finds_in(&session, "deep", "f70:1 ");
}
END_TEST

CONTRACT_UNIT("search", start, stop,
	a_word_is_found_in_any_case_and_without_accents,
	phrases_and_prefixes_are_found, the_place_of_a_message_is_no_word_of_it,
	every_text_of_the_content_is_found, the_best_come_first,
	a_query_needs_a_word, any_text_is_a_query, any_bytes_are_a_query,
	only_what_a_session_shows_is_found, what_is_cut_off_is_not_found,
	one_session_is_searched_alone, other_tenants_find_nothing,
	messages_of_other_tenants_do_not_crowd_one_out,
	an_expired_session_is_not_found, no_more_are_found_than_asked_for,
	a_fork_shows_what_it_begins_with,
	a_short_fork_is_searched_in_few_steps_beside_long_ones,
	a_long_chain_is_searched_to_its_end)
