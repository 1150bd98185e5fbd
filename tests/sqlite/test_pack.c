/* SPDX-License-Identifier: MIT */
/*
 * test_pack.c - messages of a session that has gone quiet come to lie next to
 * each other, and nothing else changes.
 */
#include "schema/clock.h"
#include "server/work/packing.h"
#include "tests/contract/searching.h"
#include "tests/sqlite/fault_vfs.h"
#include "tests/sqlite/indexed.h"

#define QUIET	 HOUR
#define LATER	 (2000 + QUIET)
#define SESSIONS 60
#define MESSAGES 100

static void start_here(void)
{
	fault_install();
	start_file();
}

static const char *name_of(int number, char name[20])
{
	snprintf(name, 20, "session %d", number);
	return name;
}

/* As in life: one message to each in turn, of 150 bytes. */
static void fill(int sessions, int messages)
{
	char name[20], body[200];

	for (int i = 0; i < messages; i++) {
		ok(store_begin(store, &error));
		for (int n = 0; n < sessions; n++) {
			struct session session = make(store, name_of(n, name));

			snprintf(body, sizeof(body),
				"{\"content\":\"word%d of %d %0130d\"}", i, n,
				i);
			append(store, &session, body);
		}
		ok(store_commit(store, &error));
	}
	maintain(store, NOW, 1000);
}

/* Pages that are read from the file for the session, nothing being in memory.
 */
static long pages_of(const char *name)
{
	const struct message_query query = { .limit = MESSAGES };
	struct text out = { 0 };
	struct store *reader;
	struct session session;

	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	reader = open_store(STORE_READ);
	ok(store_begin(reader, &error));
	session = find(reader, name);
	fault_arm(0, 0, 0);
	ok(store_message_list(reader, &session, &query,
		(struct message_visitor){ write_body, &out }, &error));
	store_rollback(reader);
	store_close(reader);
	text_clear(&out);
	return fault.reads;
}

START_TEST(a_cold_session_is_read_from_few_pages)
{
	long before, after;

	fill(SESSIONS, MESSAGES);
	before = pages_of("session 7");
	ck_assert_int_ge(before, MESSAGES);
	pack(store, LATER, 100);
	after = pages_of("session 7");
	printf("%ld and %ld pages\n", before, after);
	ck_assert_int_le(after, 12);
	ck_assert_int_le(after, before / 10);
}
END_TEST

/* Twice as many, and a block that is not full the first time. */
START_TEST(what_comes_later_is_packed_too)
{
	for (int i = 0; i < 8; i++) {
		fill(SESSIONS, MESSAGES / 4);
		pack(store, LATER, 100);
	}
	ck_assert_int_le(pages_of("session 7"), 12);
}
END_TEST

static int64_t count_moved(void)
{
	return engine->rows(directory, "moved_message");
}

START_TEST(a_step_does_no_more_than_it_may)
{
	int64_t due_at = 0, before;

	fill(20, 50);
	for (int i = 0; due_at <= LATER; i++) {
		before = count_moved();
		ok(store_begin(store, &error));
		ok(store_pack(store, LATER, 80, &due_at, &error));
		ok(store_commit(store, &error));
		ck_assert_int_le(count_moved() - before, 10);
		ck_assert_int_lt(i, 1000);
	}
	ck_assert_int_eq(count_moved(), 1000);
	gives("SELECT (SELECT max(id) FROM message) || ' ' || seq FROM"
	      " sqlite_sequence WHERE name = 'message'",
		"2000 2000");
}
END_TEST

START_TEST(what_was_written_within_the_hour_is_left_alone)
{
	int64_t due_at;

	fill(20, 20);
	ok(store_begin(store, &error));
	ok(store_pack(store, LATER - 1, 10000, &due_at, &error));
	ok(store_commit(store, &error));
	ck_assert_int_eq(due_at, LATER);
	ck_assert_int_eq(count_moved(), 0);
	pack(store, LATER, 100);
	ck_assert_int_eq(count_moved(), 400);
	pack(store, LATER, 100);
	gives("SELECT max(id) FROM message", "800");
}
END_TEST

START_TEST(what_lies_together_is_left_alone)
{
	for (int i = 0; i < 30; i++)
		say(store, "alone", "{\"content\":\"alone\"}");
	fill(20, 7);
	pack(store, LATER, 100);
	ck_assert_int_eq(count_moved(), 0);
}
END_TEST

/* Rows that are not in the index yet would be taken up twice. */
START_TEST(it_waits_for_the_index)
{
	int64_t due_at;

	fill(20, 20);
	say(store, "new", "{\"content\":\"new\"}");
	ok(store_begin(store, &error));
	ok(store_pack(store, LATER, 100, &due_at, &error));
	ok(store_commit(store, &error));
	ck_assert_int_gt(due_at, LATER);
	ck_assert_int_eq(count_moved(), 0);
}
END_TEST

START_TEST(the_newest_are_still_found_first)
{
	fill(10, 9);
	pack(store, LATER, 100);
	say(store, "new", "{\"content\":\"word3\"}");
	finds("word3",
		"new:1 session 9:4 session 8:4 session 7:4 session 6:4 "
		"session 5:4 session 4:4 session 3:4 session 2:4 session 1:4 "
		"session 0:4 ");
	store_close(store);
	store = open_search(false);
	pack(store, LATER, 100);
	store_close(store);
	store = open_search(true);
	finds_in(NULL, "word3", "");
	finds("word3",
		"new:1 session 9:4 session 8:4 session 7:4 session 6:4 "
		"session 5:4 session 4:4 session 3:4 session 2:4 session 1:4 "
		"session 0:4 ");
	is_index("SELECT count(*) FROM " INDEXED, "91");
}
END_TEST

START_TEST(nothing_is_left_of_what_was_moved)
{
	fill(10, 20);
	pack(store, LATER, 100);
	fork_of("session 1", "fork", 5);
	edit("session 1", 3, "{\"content\":\"edited\"}");
	finds("word2", "session 9:3 session 8:3 session 7:3 session 6:3 "
		       "session 5:3 session 4:3 session 3:3 session 2:3 "
		       "fork:3 session 0:3 ");
	edit("session 2", 3, "{\"content\":\"edited\"}");
	remove_from("session 3", 2, 9);
	pack(store, LATER, 100);
	for (int i = 0; i < 10; i++) {
		char name[20];

		erase(name_of(i, name));
	}
	maintain(store, NOW, 7);
	has_rows("moved_message", 5);
	finds("word2", "fork:3 ");
	erase("fork");
	maintain(store, NOW, 7);
	has_rows("moved_message", 0);
	is_index("SELECT (SELECT count(*) FROM " INDEXED ") +"
		 " (SELECT count(*) FROM words_idx)",
		"0");
}
END_TEST

static void set_type_of_form(const char *from, const char *to)
{
	char sql[300];

	snprintf(sql, sizeof(sql),
		"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql ="
		" replace(sql, 'form %s', 'form %s') WHERE name = 'message'",
		from, to);
	run_sql(sql);
}

/* Its table would not take it as it is. */
START_TEST(a_damaged_row_stays_where_it_is)
{
	fill(20, 20);
	store_close(store);
	set_type_of_form("INTEGER", "ANY");
	run_sql("UPDATE message SET form = 'x' WHERE id = 21");
	set_type_of_form("ANY", "INTEGER");
	store = open_search(true);
	pack(store, LATER, 100);
	gives("SELECT group_concat(id) FROM message WHERE id <= 400", "21");
}
END_TEST

/* It has pages of its own, and is not looked at again. */
START_TEST(long_messages_stay_where_they_are)
{
	char body[4000];

	snprintf(body, sizeof(body), "{\"content\":\"%03900d\"}", 0);
	for (int i = 0; i < 10; i++) {
		say(store, "long", body);
		fill(3, 1);
	}
	pack(store, LATER, 100);
	gives("SELECT count(*) || ' ' || max(id) FROM message WHERE"
	      " length(body) > 3000",
		"10 37");
	say(store, "long", "{\"content\":\"short\"}");
	maintain(store, NOW, 100);
	pack(store, LATER, 100);
	gives("SELECT max(id) FROM message", "71");
}
END_TEST

/* The server's steps, by this machine's clock: all is old to it. */
START_TEST(a_step_is_followed_by_a_rest)
{
	struct packing packing;

	packing_start(&packing, store, 0);
	ck_assert_int_gt(packing.at, 0);
	fill(20, 20);
	for (int i = 0; packing.at < INT64_MAX; i++) {
		const int64_t start = clock_us(CLOCK_MONOTONIC);

		ok(packing_step(&packing, store, &error));
		ck_assert_int_gt(packing.at, start / 1000);
		ck_assert_int_lt(i, 1000);
	}
	ck_assert_int_eq(count_moved(), 400);
	packing_note_write(&packing, 7);
	ck_assert_int_gt(packing.at, 7);
	ck_assert_int_lt(packing.at, INT64_MAX);
}
END_TEST

STORE_UNIT("pack", start_here, stop, a_cold_session_is_read_from_few_pages,
	what_comes_later_is_packed_too, a_step_does_no_more_than_it_may,
	what_was_written_within_the_hour_is_left_alone,
	what_lies_together_is_left_alone, it_waits_for_the_index,
	the_newest_are_still_found_first, nothing_is_left_of_what_was_moved,
	a_damaged_row_stays_where_it_is, long_messages_stay_where_they_are,
	a_step_is_followed_by_a_rest)
