/* SPDX-License-Identifier: MIT */
/*
 * test_checksum_fill.c - rows that were written before there were checksums
 * get theirs, wherever they are moved meanwhile, and damaged ones do not.
 */
#include "core/store/check.h"
#include "tests/sqlite/damaging.h"

#include <stdlib.h>

#define TALKS 8
#define LONG  40 /* messages of a talk */

static void talk_name(char name[20], int number)
{
	snprintf(name, 20, "talk %d", number);
}

static void fill_talk(int number)
{
	struct message_removal some = { .seqs = { 2, 4 }, .now = NOW };
	struct session session, fork;
	char name[20];

	talk_name(name, number);
	session = make(store, name);
	for (int i = 0; i < LONG; i++)
		append(store, &session, "{\"content\":\"as it was\"}");
	snprintf(name, sizeof(name), "fork %d", number);
	ok(store_session_fork(store, &session,
		&(struct session_fork){
			{ SLICE(""), slice_of(name) }, LONG, NOW },
		&fork, &error));
	ok(store_message_remove(store, &session, &some, &error));
}

/* As a file is whose rows are older than checksums. */
static void forget_checksums(void)
{
	ok(store_begin(store, &error));
	for (int i = 0; i < TALKS; i++)
		fill_talk(i);
	ok(store_commit(store, &error));
	maintain(store, NOW, 100);
	damage("UPDATE message SET checksum = NULL;"
	       "UPDATE retired SET checksum = NULL, seal = NULL;"
	       "INSERT INTO checksum_fill (id, upto) VALUES (1, 0)");
}

static void pass_finding(
	void *context, struct slice tenant, const char *sentence)
{
	(void)context;
	(void)tenant;
	(void)sentence;
}

static struct checker checked(void)
{
	struct checker checker = { .report = pass_finding };

	while (checker.part != CHECK_DONE)
		ok(store_check(store, &checker, 1000, &error));
	return checker;
}

static void edit_talk(int number)
{
	const struct message edited = text_message("{\"content\":\"edited\"}");
	struct message_replacement replacement = {
		.seq = 1 + random() % LONG,
		.message = &edited,
		.now = NOW,
	};
	struct message_removal removal = { .now = NOW };
	struct session session;
	char name[20];

	talk_name(name, number);
	if (number % 2)
		snprintf(name, sizeof(name), "fork %d", number);
	session = make(store, name);
	removal.seqs.first = removal.seqs.last = 1 + random() % LONG;
	whole(store_message_remove(store, &session, &removal, &error));
	append(store, &session, "{\"content\":\"more\"}");
	replacement.seq = session.last_seq;
	whole(store_message_replace(store, &session, &replacement, &error));
}

/* A step that is undone, or is the last of its process, is as good as none. */
static void step_or_break_off(void)
{
	ok(store_begin(store, &error));
	if (random() % 3 == 0)
		edit_talk((int)(random() % TALKS));
	ok(store_maintenance_step(store, NOW, 5, &error));
	if (random() % 3 == 0)
		store_rollback(store);
	else
		ok(store_commit(store, &error));
	if (random() % 3)
		return;
	store_close(store);
	store = open_with(
		(struct store_options){ .search = true }, STORE_WRITE);
}

static bool is_filled(void)
{
	char left[40];

	read_value("SELECT count(*) FROM checksum_fill", left, sizeof(left));
	return left[0] == '0';
}

START_TEST(every_row_gets_its_checksum_while_others_write)
{
	struct checker checker;
	int steps = 0;

	srandom(1);
	forget_checksums();
	checker = checked();
	ck_assert_int_eq(checker.unsummed, checker.messages);
	while (!is_filled() && ++steps < 5000)
		step_or_break_off();
	checker = checked();
	ck_assert_int_gt(checker.messages, TALKS * LONG);
	ck_assert_int_eq(checker.unsummed, 0);
	ck_assert_int_eq(checker.damaged, 0);
}
END_TEST

START_TEST(nothing_is_done_when_all_have_theirs)
{
	maintain(store, NOW, 100);
	ck_assert_int_eq(store_maintenance_due(store), INT64_MAX);
	forget_checksums();
	ck_assert_int_eq(store_maintenance_due(store), 0);
	maintain(store, NOW, 7);
	ck_assert_int_gt(store_maintenance_due(store), NOW);
	has_rows("checksum_fill", 0);
}
END_TEST

/* Of older rows they say nothing of whose these are, and then they do. */
START_TEST(older_sums_are_written_anew)
{
	static const char time_of_one[] =
		"UPDATE message SET created_at = created_at + 1 WHERE id ="
		" (SELECT max(id) FROM message)";

	forget_checksums();
	maintain(store, NOW, 100);
	damage(time_of_one);
	ck_assert_int_eq(checked().damaged, 0);
	damage("INSERT INTO seal_fill (id, session, history) VALUES (1, 0, 0)");
	maintain(store, NOW, 7);
	has_rows("seal_fill", 0);
	ck_assert_int_eq(checked().damaged, 0);
	damage(time_of_one);
	ck_assert_int_eq(checked().damaged, 1);
	damage("UPDATE retired SET created_at = created_at + 1");
	ck_assert_int_gt(checked().damaged, 1);
}
END_TEST

START_TEST(a_damaged_row_gets_none)
{
	static const char *const damages[] = { "form = 99", "type = 0",
		"body = '{\"content\":\"as'", "body = 'null'", "body = ''",
		"type_sent = CAST(x'ff' AS TEXT)", "client_created_at = 'now'",
		"body = '{\"content\": \"spaced\"}'",
		"created_at = 9223372036854775807" };
	const int count = sizeof(damages) / sizeof(*damages);
	struct checker checker;
	char sql[200];

	forget_checksums();
	for (int i = 0; i < count; i++) {
		snprintf(sql, sizeof(sql),
			"UPDATE message SET %s WHERE id = (SELECT id FROM message"
			" ORDER BY id LIMIT 1 OFFSET %d)",
			damages[i], 3 * i + 1);
		damage(sql);
	}
	maintain(store, NOW, 10);
	checker = checked();
	ck_assert_int_eq(checker.unsummed, count);
	ck_assert_int_ge(checker.damaged, count);
	has_rows("checksum_fill", 0);
}
END_TEST

/* A step that meets it is undone, as the server does it. */
static void try_step(void)
{
	ok(store_begin(store, &error));
	if (store_maintenance_step(store, NOW, 10, &error) == 0) {
		ok(store_commit(store, &error));
		return;
	}
	ck_assert_int_eq(error.code, ERROR_DAMAGED);
	error = (struct error){ 0 };
	store_rollback(store);
}

START_TEST(a_damaged_page_is_passed)
{
	struct checker before, after;
	int steps = 0;

	forget_checksums();
	before = checked();
	damage_leaf("message", 0);
	while (store_maintenance_due(store) <= NOW && ++steps < 1000)
		try_step();
	has_rows("checksum_fill", 0);
	after = checked();
	ck_assert_int_gt(after.damaged, 0);
	ck_assert_int_lt(after.unsummed, before.messages / 2);
}
END_TEST

STORE_UNIT("checksum_fill", start, stop,
	every_row_gets_its_checksum_while_others_write,
	nothing_is_done_when_all_have_theirs, older_sums_are_written_anew,
	a_damaged_row_gets_none, a_damaged_page_is_passed)
