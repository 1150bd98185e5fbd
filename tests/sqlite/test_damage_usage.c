/* SPDX-License-Identifier: MIT */
/*
 * test_damage_usage.c - what tenants keep is counted anew when it is damaged,
 * and stops no write.
 */
#include "core/store/quota.h"
#include "tests/sqlite/damaging.h"

static void open_counting(void)
{
	store = open_with(
		(struct store_options){ .quota_bytes = 100000 }, STORE_WRITE);
}

static void start_counting(void)
{
	scratch_file();
	open_counting();
	for (int i = 0; i < 20; i++)
		say(store, "a", "{\"content\":\"counted\"}");
	maintain(store, NOW, 100);
}

/* 100 each, and what they hold. */
static void is_counted(int64_t messages)
{
	char bytes[40];

	snprintf(bytes, sizeof(bytes), "%lld",
		(long long)(104 + messages * (100 + 21)));
	gives("SELECT bytes FROM tenant_usage", bytes);
	gives("SELECT sessions FROM tenant_usage", "1");
	gives("SELECT count(*) FROM usage_counted", "1");
}

/* As the writer does: a batch that is lost and retries is run again. */
static void say_as_the_writer(void)
{
	const struct message message =
		text_message("{\"content\":\"counted\"}");

	for (int i = 0; i < 2; i++) {
		struct session session;

		ok(store_begin(store, &error));
		session = make(store, "a");
		if (store_message_append(
			    store, &session, &message, NOW, &error) == 0 &&
			!store_batch_lost(store) &&
			store_commit(store, &error) == 0)
			return;
		if (store_batch_lost(store))
			store_rollback(store);
		ck_assert_msg(store_retries(store), "%s", error.message);
		error = (struct error){ 0 };
	}
	ck_abort();
}

static const char *const damages[] = { "bytes = -1",
	"bytes = 9223372036854775807", "sessions = -7",
	"sessions = 9223372036854775807",
	"sessions = -9223372036854775807, bytes = -9223372036854775807" };
#define DAMAGES (int)(sizeof(damages) / sizeof(*damages))

static void damage_row(int which)
{
	char sql[200];

	snprintf(
		sql, sizeof(sql), "UPDATE tenant_usage SET %s", damages[which]);
	run_sql(sql);
}

START_TEST(a_damaged_row_is_counted_anew_by_a_start)
{
	for (int i = 0; i < DAMAGES; i++) {
		store_close(store);
		damage_row(i);
		open_counting();
		is_counted(20);
	}
}
END_TEST

START_TEST(a_damaged_row_stops_no_append)
{
	static const int met[] = { 1, 2, 3, 4 };

	for (int i = 0; i < 4; i++) {
		damage_row(met[i]);
		say_as_the_writer();
		is_counted(21 + i);
	}
}
END_TEST

START_TEST(a_damaged_page_stops_no_append)
{
	damage_leaf("tenant_usage", 0);
	say_as_the_writer();
	is_counted(21);
	say(store, "a", "{\"content\":\"counted\"}");
	is_counted(22);
}
END_TEST

START_TEST(a_damaged_page_stops_no_new_session)
{
	struct session session;

	damage_leaf("tenant_usage", 0);
	ok(store_begin(store, &error));
	fails(store_session_create(store,
		      (struct session_ref){ SLICE(""), SLICE("b") }, NOW,
		      &session, &error),
		ERROR_DAMAGED);
	ck_assert(store_batch_lost(store));
	store_rollback(store);
	ck_assert(store_retries(store));
	say(store, "b", "{\"content\":\"counted\"}");
	gives("SELECT sessions FROM tenant_usage", "2");
}
END_TEST

/* As a turn begins; its end is a write, which mends it. */
static void a_reader_passes(void)
{
	struct store *reader = open_with(
		(struct store_options){ .quota_bytes = 100000 }, STORE_READ);

	ok(store_begin(reader, &error));
	ok(store_quota_check(reader, SLICE(""), 2, &error));
	ck_assert_int_ge(find(reader, "a").last_seq, 20);
	store_rollback(reader);
	store_close(reader);
}

START_TEST(damage_stops_no_read)
{
	for (int i = 1; i < DAMAGES; i++) {
		damage_row(i);
		a_reader_passes();
		say_as_the_writer();
		is_counted(20 + i);
	}
	damage_leaf("tenant_usage", 0);
	a_reader_passes();
	say_as_the_writer();
	is_counted(20 + DAMAGES);
}
END_TEST

START_TEST(what_cannot_be_counted_has_no_quota)
{
	for (int i = 0; i < 100; i++)
		say(store, "a", "{\"content\":\"counted\"}");
	damage_leaf("message", 0);
	damage_leaf("tenant_usage", 0);
	say_as_the_writer();
	gives("SELECT count(*) FROM tenant_usage", "0");
	run_sql("INSERT INTO tenant_usage VALUES ('', -1, 1 << 60)");
	say_as_the_writer();
	ok(store_quota_check(store, SLICE(""), 2, &error));
}
END_TEST

START_TEST(a_damaged_page_stops_no_start)
{
	damage_leaf("tenant_usage", 0);
	store_close(store);
	open_counting();
	is_counted(20);
	store_close(store);
	gives("PRAGMA quick_check", "ok");
	open_counting();
	is_counted(20);
}
END_TEST

STORE_UNIT("damage_usage", start_counting, stop,
	a_damaged_row_is_counted_anew_by_a_start, a_damaged_row_stops_no_append,
	a_damaged_page_stops_no_append, a_damaged_page_stops_no_new_session,
	damage_stops_no_read, what_cannot_be_counted_has_no_quota,
	a_damaged_page_stops_no_start)
