/* SPDX-License-Identifier: MIT */
/*
 * test_damage.c - messages that are not what was stored: each is named, gives
 * no byte away, and can be mended; everything else is as it was.
 */
#include "core/store/change_feed.h"
#include "core/store/check.h"
#include "core/store/search_text.h"
#include "tests/sqlite/damaging.h"

static int count_row(void *context, const struct message_row *row)
{
	int *count = context;

	(void)row;
	++*count;
	return 0;
}

/* A list of the session ends at its damaged message, and says so. */
static void ends_at(const char *name, int rows, const char *words)
{
	const struct message_query all = { .limit = 100 };
	const struct session session = find(store, name);
	int count = 0;

	fails(store_message_list(store, &session, &all,
		      (struct message_visitor){ count_row, &count }, &error),
		ERROR_DAMAGED);
	ck_assert_int_eq(count, rows);
	ck_assert_msg(strstr(error.message, words), "%s", error.message);
	ck_assert(error.final);
}

static int is_at(void *context, const struct message_row *row)
{
	*(int64_t *)context = row->seq;
	ck_assert_uint_eq(row->message.body.length, 0);
	return 0;
}

/* The damaged message 2 of the session is replaced, then removed. */
static void is_mended(void)
{
	const struct message message = text_message("{\"content\":\"new\"}");
	struct session session;
	int64_t seq = 0;

	ok(store_begin(store, &error));
	session = make(store, "a");
	ok(store_message_locate(store, &session,
		(struct message_ref){ SLICE(""), 2 },
		(struct message_visitor){ is_at, &seq }, &error));
	ck_assert_int_eq(seq, 2);
	ok(store_message_replace(store, &session,
		&(struct message_replacement){ 2, &message, NOW }, &error));
	has_bodies(store, &session,
		"1:{\"content\":\"red\"} 2:{\"content\":\"new\"}"
		" 3:{\"content\":\"blue\"} ");
	ok(store_message_remove(store, &session,
		&(struct message_removal){ .seqs = { 2, 2 }, .now = NOW },
		&error));
	has_bodies(store, &session,
		"1:{\"content\":\"red\"} 3:{\"content\":\"blue\"} ");
	ok(store_commit(store, &error));
	maintain(store, NOW, 9);
}

START_TEST(a_damaged_message_is_named_and_mended)
{
	static const struct {
		const char *set;
		const char *words;
	} damages[] = {
		{ "form = 99", "its form is unknown" },
		{ "form = 0", "its form is unknown" },
		{ "form = 4294967297", "its form is unknown" },
		{ "type = 77", "its type is unknown" },
		{ "type = -1", "its type is unknown" },
		{ "born = 9223372036854775807", "out of range" },
		{ "created_at = 9223372036854775807", "its time is out" },
		{ "updated_at = -9223372036854775807", "its time is out" },
		{ "form = 2", "not what was stored" },
		{ "type = 2", "not what was stored" },
		{ "type_sent = 'x'", "not what was stored" },
		{ "client_created_at = 'x'", "not what was stored" },
		{ "body = '{\"content\":\"greem\"}'", "not what was stored" },
		{ "body = ''", "not what was stored" },
		{ "body = '{\"content\":\"green'", "not what was stored" },
		{ "checksum = checksum + 1", "not what was stored" },
		/* Rows of before there were checksums. */
		{ "checksum = NULL, body = ''", "none of its form" },
		{ "checksum = NULL, body = '\"green\"'", "none of its form" },
		{ "checksum = NULL, body = '{\"content\":\"green'", "no JSON" },
		{ "checksum = NULL, body = '{\"content\": 1}'", "no JSON" },
		{ "checksum = NULL, client_created_at = '\"x'",
			"time is none" },
		{ "checksum = NULL, type_sent = CAST(x'ff' AS TEXT)",
			"its type is no text" },
	};
	char sql[200];

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct session b;

		snprintf(sql, sizeof(sql),
			"UPDATE message SET %s WHERE history = 1 AND seq = 2",
			damages[i].set);
		damage(sql);
		ends_at("a", 1, "message 2 of session \"a\" is damaged: ");
		ends_at("a", 1, damages[i].words);
		b = find(store, "b");
		has_bodies(store, &b, "1:{\"content\":\"green\"} ");
		is_mended();
		stop();
		start();
	}
}
END_TEST

/* It is no message's, so there is none that a PUT could keep. */
START_TEST(a_message_whose_id_is_damaged_is_removed)
{
	struct session session;

	damage("UPDATE message SET client_id = CAST(x'ff' AS TEXT)"
	       " WHERE history = 1 AND seq = 2");
	ends_at("a", 1, "its id is none");
	ok(store_begin(store, &error));
	session = make(store, "a");
	ok(store_message_remove(store, &session,
		&(struct message_removal){ .seqs = { 2, 2 }, .now = NOW },
		&error));
	has_bodies(store, &session,
		"1:{\"content\":\"red\"} 3:{\"content\":\"blue\"} ");
	ok(store_commit(store, &error));
}
END_TEST

static int write_found(void *context, const struct search_row *row)
{
	text_slice(context, row->name);
	text_format(context, ":%lld ", (long long)row->message.seq);
	return 0;
}

static void finds(const char *words, const char *expected)
{
	const struct search_query query = {
		.text = slice_of(words), .limit = 9, .steps = 10000, .now = NOW
	};
	struct text out = { 0 };

	ok(store_search(store, &query,
		(struct search_visitor){ write_found, &out }, &error));
	is(text_view(&out), expected);
	text_clear(&out);
}

START_TEST(a_search_passes_what_is_damaged)
{
	finds("green", "b:1 a:2 ");
	damage("UPDATE message SET body = 'x' WHERE history = 1 AND seq = 2");
	finds("green", "b:1 ");
	damage("UPDATE search_state SET upto = 0;"
	       "UPDATE message SET body = '\"' WHERE history = 1 AND seq = 2");
	maintain(store, NOW, 9);
	finds("blue", "a:3 ");
}
END_TEST

/* Its words are not known any more, but they go all the same. */
START_TEST(words_of_a_damaged_message_are_forgotten)
{
	struct session session;

	damage("UPDATE message SET body = '{\"content\":\"other\"}'"
	       " WHERE history = 1 AND seq = 2");
	ok(store_begin(store, &error));
	session = make(store, "a");
	ok(store_session_erase(store, &session, NOW, &error));
	ok(store_commit(store, &error));
	maintain(store, NOW, 9);
	finds("green", "b:1 ");
	finds("red", "");
	gives("SELECT count(*) FROM " INDEXED, "1");
}
END_TEST

/* It is that message alone, and not its session, which counts by it. */
START_TEST(a_seq_beyond_all_counts_takes_nothing_along)
{
	damage("UPDATE message SET seq = 9223372036854775806,"
	       " born = 9223372036854775807 WHERE history = 1 AND seq = 2");
	ck_assert_int_eq(find(store, "a").last_seq, 3);
	ends_at("a", 2, "message 9223372036854775806 of session \"a\"");
	say(store, "a", "{\"content\":\"more\"}");
	ck_assert_int_eq(find(store, "a").last_seq, 4);
}
END_TEST

/* Whose it is, and when it came, is damaged; "b" has one message. */
START_TEST(a_message_of_another_place_is_named)
{
	static const struct {
		const char *set;
		const char *session;
		int rows;
	} damages[] = {
		{ "history = 2, seq = 9, born = 9", "b", 1 },
		{ "seq = 9, born = 9", "a", 2 },
		{ "born = 3", "a", 1 },
		{ "created_at = created_at + 1", "a", 1 },
		{ "updated_at = created_at", "a", 1 },
		{ "client_id = 'other'", "a", 1 },
		{ "answer = 1", "a", 1 },
	};
	char sql[200];

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		snprintf(sql, sizeof(sql),
			"UPDATE message SET %s WHERE history = 1 AND seq = 2",
			damages[i].set);
		damage(sql);
		ends_at(damages[i].session, damages[i].rows,
			"not what was stored");
		stop();
		start();
	}
}
END_TEST

static int count_change(void *context, const struct store_change *change)
{
	(void)context;
	(void)change;
	return 0;
}

START_TEST(a_damaged_retired_row_is_named)
{
	const struct message message = text_message("{\"content\":\"new\"}");
	const struct message_query all = { .limit = 100 };
	struct session session;
	int count = 0;

	ok(store_begin(store, &error));
	session = make(store, "a");
	ok(store_message_replace(store, &session,
		&(struct message_replacement){ 2, &message, NOW }, &error));
	ok(store_commit(store, &error));
	damage("UPDATE retired SET type = 40");
	session = find(store, "a");
	has_bodies(store, &session,
		"1:{\"content\":\"red\"} 2:{\"content\":\"new\"}"
		" 3:{\"content\":\"blue\"} ");
	fails(store_change_feed(store, &session, 0,
		      (struct change_visitor){ count_change, NULL }, &error),
		ERROR_DAMAGED);
	ok(store_session_as_of(store, &session, 3, &error));
	fails(store_message_list(store, &session, &all,
		      (struct message_visitor){ count_row, &count }, &error),
		ERROR_DAMAGED);
	ck_assert_msg(strstr(error.message, "message 2 of session \"a\", as it"
					    " was then, is damaged: its type"),
		"%s", error.message);
	ok(store_begin(store, &error));
	session = make(store, "a");
	ok(store_session_erase(store, &session, NOW, &error));
	ok(store_commit(store, &error));
	maintain(store, NOW, 9);
	has_rows("retired", 0);
}
END_TEST

STORE_UNIT("damage", start, stop, a_damaged_message_is_named_and_mended,
	a_message_whose_id_is_damaged_is_removed,
	a_message_of_another_place_is_named,
	a_seq_beyond_all_counts_takes_nothing_along,
	a_search_passes_what_is_damaged,
	words_of_a_damaged_message_are_forgotten,
	a_damaged_retired_row_is_named)
