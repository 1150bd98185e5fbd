/* SPDX-License-Identifier: MIT */
/* test_search_index.c - the index is filled, emptied, dropped and made. */
#include "core/store/restore.h"
#include "core/store/sqlite/migrations.h"
#include "tests/sqlite/indexed.h"

/* --- the index -------------------------------------------------------- */

START_TEST(the_index_goes_on_where_it_was)
{
	for (int i = 0; i < 9; i++)
		say(store, "a", "{\"content\":\"red\"}");
	ok(store_begin(store, &error));
	ok(store_maintenance_step(store, NOW, 5, &error));
	ok(store_commit(store, &error));
	is_index("SELECT count(*) || ' ' || max(id) FROM " INDEXED, "5 5");
	finds("red", "a:9 a:8 a:7 a:6 a:5 a:4 a:3 a:2 a:1 ");
	is_index("SELECT count(*) FROM " INDEXED, "9");
}
END_TEST

START_TEST(long_texts_take_several_steps)
{
	for (int i = 0; i < 3; i++)
		say_long("a");
	for (int i = 0; i < 2; i++) {
		ok(store_begin(store, &error));
		ok(store_maintenance_step(store, NOW, 9, &error));
		ok(store_commit(store, &error));
	}
	finds_in(NULL, "soon", "a:2 a:1 ");
	finds("soon", "a:3 a:2 a:1 ");
	finds("late", "");
	erase("a");
	maintain(store, NOW, 9);
	is_index("SELECT count(*) FROM words_idx", "0");
}
END_TEST

START_TEST(nothing_is_left_of_what_is_gone)
{
	static const char empty[] =
		"SELECT (SELECT count(*) FROM " INDEXED ") || ' ' ||"
		" (SELECT count(*) FROM words_idx) || ' ' || " STALE
		" FROM search_state";

	for (int i = 0; i < 20; i++)
		say(store, "a", "{\"content\":\"secretword and others\"}");
	maintain(store, NOW, 4);
	edit("a", 4, "{\"content\":\"edited\"}");
	remove_from("a", 7, 12);
	maintain(store, NOW, 2);
	retain_nothing("n");
	for (int i = 0; i < 9; i++)
		say(store, "n", "{\"content\":\"another secretword\"}");
	maintain(store, NOW, 2);
	edit("n", 3, "{\"content\":\"edited\"}");
	remove_from("n", 5, 6);
	remove_from("n", 1, 9);
	maintain(store, NOW, 1);
	erase("n");
	erase("a");
	maintain(store, NOW, 1);
	is_index(empty, "0 0 0");
	say(store, "b", "{\"content\":\"after\"}");
	finds("after", "b:1 ");
}
END_TEST

START_TEST(an_expired_session_leaves_no_words)
{
	const struct session_profile profile = {
		.memory = SLICE("{}"), .metadata = SLICE("{}"), .ttl_seconds = 2
	};
	struct session session;

	say(store, "a", "{\"content\":\"secretword\"}");
	maintain(store, 2000, 9);
	session = find(store, "a");
	ok(store_begin(store, &error));
	ok(store_session_configure(store, &session, &profile, 2000, &error));
	ok(store_commit(store, &error));
	maintain(store, NOW, 1);
	is_index("SELECT stale_at FROM search_state", "5000");
	maintain(store, NOW + HOUR, 1);
	is_index("SELECT (SELECT count(*) FROM words_idx) + " STALE
		 " FROM search_state",
		"0");
}
END_TEST

/* The index is late, or is made anew: what forks see was retired by then. */
START_TEST(what_only_a_fork_shows_is_indexed)
{
	say(store, "a", "{\"content\":\"red one\"}");
	say(store, "a", "{\"content\":\"red two\"}");
	fork_of("a", "b", 2);
	edit("a", 1, "{\"content\":\"blue one\"}");
	remove_from("a", 2, 2);
	finds("red", "b:2 b:1 ");
	store_close(store);
	store = open_search(false);
	store_close(store);
	store = open_search(true);
	finds("red", "b:2 b:1 ");
	finds("one", "a:1 b:1 ");
}
END_TEST

START_TEST(what_is_restored_is_due_to_be_indexed)
{
	const struct session_profile profile = { .memory = SLICE("{}"),
		.metadata = SLICE("{}") };
	const struct message_row row = { .seq = 1,
		.message = text_message("{\"content\":\"red\"}") };
	const struct session as = { .mark = "9f3kq0w2m5xvd" };
	struct session session;

	maintain(store, NOW, 9);
	ok(store_begin(store, &error));
	ok(store_session_restore(store,
		(struct session_ref){ SLICE(""), SLICE("a") },
		&(struct session_image){ &as, &profile }, &session, &error));
	ok(store_message_restore(store, &session, &row, NOW, &error));
	ok(store_session_settle(store, &session, 1, &error));
	ok(store_commit(store, &error));
	ck_assert_int_le(store_maintenance_due(store), NOW + 500);
	maintain(store, NOW + 500, 9);
	finds_in(NULL, "red", "a:1 ");
}
END_TEST

START_TEST(without_search_there_is_no_index)
{
	struct text out = { 0 };

	say(store, "a", "{\"content\":\"red\"}");
	finds("red", "a:1 ");
	store_close(store);
	store = open_search(false);
	fails(look(NULL, "", "red", 9, &out), ERROR_NOT_CONFIGURED);
	say(store, "a", "{\"content\":\"red\"}");
	maintain(store, NOW, 9);
	ck_assert_int_eq(store_maintenance_due(store), INT64_MAX);
	store_close(store);
	gives("SELECT (SELECT count(*) FROM words_idx) + upto"
	      " FROM search_state",
		"0");
	store = open_search(true);
	finds("red", "a:2 a:1 ");
	text_clear(&out);
}
END_TEST

/* Its first tables, and a fork whose parent is gone. */
static void make_older_file(int version)
{
	static const char rows[] =
		"INSERT INTO session VALUES (2, '', 'f', '1234567890123', 2, 1,"
		" 0, 0, 1, 1, 1000, 1000, NULL, NULL, NULL, '{}', '{}');"
		"INSERT INTO history VALUES (1, 1, 0, NULL, NULL, NULL, NULL,"
		" NULL, 'abcdefghijklm'),"
		" (2, 2, 1, NULL, NULL, 1, 1, 1, '1234567890123');"
		"INSERT INTO message (history, seq, born, form, type,"
		" created_at, body) VALUES (1, 1, 1, 5, 1, 1000, '\"red\"');";

	unlink(path);
	for (int i = 0; i < version; i++)
		run_sql(migrations[i]);
	run_sql(rows);
}

START_TEST(an_older_file_gets_an_index)
{
	for (int version = 1; version < 6; version++) {
		store_close(store);
		make_older_file(version);
		store = open_search(true);
		finds("red", "f:1 ");
	}
}
END_TEST

/* Steps are SQLite's: another engine has a clock. */
START_TEST(a_search_ends_when_its_steps_are_used_up)
{
	struct search_query query = {
		.text = SLICE("w*"), .limit = 2, .steps = 64
	};
	struct text out = { 0 };
	char body[50];

	for (int i = 1; i <= 2000; i++) {
		snprintf(body, sizeof(body), "{\"content\":\"w%d red\"}", i);
		say(store, "a", body);
	}
	maintain(store, NOW, 500);
	fails(store_search(store, &query,
		      (struct search_visitor){ write_found, &out }, &error),
		ERROR_INVALID);
	query.steps = 1000;
	ok(store_search(store, &query,
		(struct search_visitor){ write_found, &out }, &error));
	is(text_view(&out), "a:2000 a:1999 ");
	query.text = SLICE("red");
	query.steps = 200;
	out.length = 0;
	ok(store_search(store, &query,
		(struct search_visitor){ write_found, &out }, &error));
	is(text_view(&out), "a:2000 a:1999 ");
	text_clear(&out);
}
END_TEST

STORE_UNIT("search_index", start_file, stop, the_index_goes_on_where_it_was,
	long_texts_take_several_steps, nothing_is_left_of_what_is_gone,
	an_expired_session_leaves_no_words, what_only_a_fork_shows_is_indexed,
	what_is_restored_is_due_to_be_indexed, without_search_there_is_no_index,
	an_older_file_gets_an_index, a_search_ends_when_its_steps_are_used_up)
