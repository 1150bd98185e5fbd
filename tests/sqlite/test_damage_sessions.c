/* SPDX-License-Identifier: MIT */
/*
 * test_damage_sessions.c - rows of sessions, histories and kept replies that
 * are not what was stored.
 */
#include "core/store/change_feed.h"
#include "core/store/idempotency.h"
#include "core/store/session_list.h"
#include "tests/sqlite/damaging.h"

static int count_row(void *context, const struct message_row *row)
{
	int *count = context;

	(void)row;
	++*count;
	return 0;
}

static int count_change(void *context, const struct store_change *change)
{
	(void)context;
	(void)change;
	return 0;
}

START_TEST(a_damaged_session_is_named)
{
	static const struct {
		const char *set;
		const char *words;
	} damages[] = {
		{ "last_seq = 9223372036854775807", "its counts" },
		{ "edits = -1", "its counts" },
		{ "removed = 4", "its counts" },
		{ "inherited = -1", "its counts" },
		{ "purged = 4", "its counts" },
		{ "created_at = 9223372036854775807", "its times" },
		{ "ttl_seconds = 9223372036854775807", "its times" },
		{ "retain_retired = 9223372036854775807", "its times" },
		{ "mark = 'UUUUUUUUUUUUU'", "its mark" },
		{ "mark = 'short'", "its mark" },
	};
	struct session session;
	char sql[200];

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		snprintf(sql, sizeof(sql),
			"UPDATE session SET %s WHERE name = 'a'",
			damages[i].set);
		damage(sql);
		fails(store_session_find(store,
			      (struct session_ref){ SLICE(""), SLICE("a") },
			      NOW, &session, &error),
			ERROR_DAMAGED);
		ck_assert_msg(
			strstr(error.message, "session \"a\" is damaged: ") &&
				strstr(error.message, damages[i].words),
			"%s", error.message);
		session = find(store, "b");
		has_bodies(store, &session, "1:{\"content\":\"green\"} ");
		stop();
		start();
	}
}
END_TEST

START_TEST(a_damaged_time_is_its_messages_and_not_the_sessions)
{
	static const char *const damages[] = {
		"UPDATE message SET created_at = 9223372036854775807",
		"UPDATE message SET created_at = -9223372036854775807",
	};
	const struct session_profile expires = {
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.ttl_seconds = 1000,
		.retain_retired = -1,
	};
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, "a");
	ok(store_session_configure(store, &session, &expires, 2000, &error));
	ok(store_commit(store, &error));
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		damage(damages[i]);
		say(store, "a", "{\"content\":\"more\"}");
		session = find(store, "a");
		ck_assert_int_eq(session.last_seq, 4 + (int64_t)i);
		ck_assert_int_eq(session.appended_at, 2000);
		ck_assert_int_eq(find(store, "b").last_seq, 1);
	}
}
END_TEST

static int pass(void *context, const struct session_row *row)
{
	(void)context;
	(void)row;
	return 0;
}

START_TEST(damaged_settings_of_a_session_are_named)
{
	static const char *const damages[] = { "memory = ''", "memory = '{\"'",
		"metadata = '[]'", "metadata = '{\"a\":1'" };
	const struct session_query all = { .has_prefix = true, .now = NOW };
	struct session_profile profile;
	struct text room = { 0 };
	struct session session;
	char sql[200];

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		snprintf(sql, sizeof(sql),
			"UPDATE session SET memory = '{}', metadata = '{}';"
			"UPDATE session SET %s WHERE name = 'a'",
			damages[i]);
		damage(sql);
		session = find(store, "a");
		fails(store_session_profile(
			      store, &session, &room, &profile, &error),
			ERROR_DAMAGED);
		fails(store_session_list(store, &all,
			      (struct session_visitor){ pass, NULL }, &error),
			ERROR_DAMAGED);
		ck_assert_msg(
			strstr(error.message, "session \"a\" is damaged: its"),
			"%s", error.message);
	}
	text_clear(&room);
}
END_TEST

START_TEST(a_history_that_begins_with_itself_is_named)
{
	const struct message_query all = { .limit = 100 };
	struct session session, fork;
	int count = 0;

	ok(store_begin(store, &error));
	session = make(store, "a");
	ok(store_session_fork(store, &session,
		&(struct session_fork){ { SLICE(""), SLICE("fork") }, 2, NOW },
		&fork, &error));
	append(store, &fork, "{\"content\":\"own\"}");
	ok(store_commit(store, &error));
	damage("UPDATE history SET base = id WHERE base IS NOT NULL");
	session = find(store, "fork");
	fails(store_message_list(store, &session, &all,
		      (struct message_visitor){ count_row, &count }, &error),
		ERROR_DAMAGED);
	damage("UPDATE history SET until_version = 1 WHERE id = 1");
	session = find(store, "a");
	fails(store_change_feed(store, &session, 2,
		      (struct change_visitor){ count_change, NULL }, &error),
		ERROR_DAMAGED);
}
END_TEST

static int visit_record(void *context, const struct idempotency_record *record)
{
	(void)context;
	(void)record;
	ck_abort();
}

START_TEST(a_damaged_reply_is_not_given_again)
{
	static const char *const damages[] = { "status = 0",
		"status = 4294967496", "etag = 'a' || char(10)",
		"location = char(233)", "body = CAST(x'ff' AS TEXT)" };
	const struct idempotency_record record = {
		.digest = { "0123456789abcdef0123456789abcde", 32 },
		.status = 200,
		.etag = SLICE("\"1\""),
		.location = SLICE("/l"),
		.body = SLICE("{}"),
	};
	char sql[300];

	ok(store_begin(store, &error));
	ok(store_idempotency_keep(store,
		(struct idempotency_key){ SLICE(""), SLICE("k") }, &record, NOW,
		&error));
	ok(store_commit(store, &error));
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		snprintf(sql, sizeof(sql),
			"UPDATE idempotency_record SET status = 200, etag = '',"
			" location = '', body = '{}';"
			"UPDATE idempotency_record SET %s",
			damages[i]);
		damage(sql);
		fails(store_idempotency_find(store,
			      &(struct idempotency_query){
				      { SLICE(""), SLICE("k") }, 0, NOW },
			      (struct idempotency_visitor){
				      visit_record, NULL },
			      &error),
			ERROR_DAMAGED);
	}
}
END_TEST

STORE_UNIT("damage_sessions", start, stop, a_damaged_session_is_named,
	a_damaged_time_is_its_messages_and_not_the_sessions,
	damaged_settings_of_a_session_are_named,
	a_history_that_begins_with_itself_is_named,
	a_damaged_reply_is_not_given_again)
