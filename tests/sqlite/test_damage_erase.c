/* SPDX-License-Identifier: MIT */
/*
 * test_damage_erase.c - what is damaged can be erased, by itself and with its
 * owner, and never keeps anything else from being erased, or from expiring.
 */
#include "core/store/check.h"
#include "core/store/erased.h"
#include "tests/sqlite/damaging.h"

#define LONG 300 /* messages: some leaves */

#define MARK_DAMAGED "mark = 'short'"

static const char *const damages[] = {
	"last_seq = 9223372036854775807",
	"edits = -1",
	"removed = 4",
	"removed = 9223372036854775807",
	"inherited = -1",
	"history = 77",
	"created_at = 9223372036854775807",
	"touched_at = -9223372036854775807",
	"ttl_seconds = 9223372036854775807",
	"retain_retired = 9223372036854775807",
	MARK_DAMAGED,
	"memory = ''",
	"metadata = '[]'",
};

static void damage_session(const char *set)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "UPDATE session SET %s WHERE name = 'a'",
		set);
	damage(sql);
}

static void own(const char *name)
{
	const struct session_profile profile = {
		.owner = SLICE("o"),
		.memory = SLICE("{}"),
		.metadata = SLICE("{\"k\":\"v\"}"),
		.ttl_seconds = 100000,
		.retain_retired = -1,
	};
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, name);
	ok(store_session_configure(store, &session, &profile, NOW, &error));
	ok(store_commit(store, &error));
}

static void start_owned(void)
{
	start();
	own("a");
	own("c");
	say(store, "c", "{\"content\":\"yellow\"}");
}

/* Nothing is left of it, wherever it was. */
static void is_gone(const char *name, const char *word)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
		"SELECT count(*) FROM session WHERE name = '%s'", name);
	gives(sql, "0");
	snprintf(sql, sizeof(sql),
		"SELECT count(*) FROM message WHERE body LIKE '%%%s%%'", word);
	gives(sql, "0");
	gives("SELECT count(*) FROM history WHERE session NOT IN (SELECT id"
	      " FROM session)",
		"0");
	gives("SELECT count(*) FROM tag WHERE session NOT IN (SELECT id"
	      " FROM session)",
		"0");
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	has_rows("maintenance", 0);
}

/* So a backup that has a session of this mark is told, unless it is lost. */
static void is_noted(const char *mark, bool damaged)
{
	unsigned char digest[ERASED_DIGEST_BYTES];
	char sql[200];
	int length;

	ok(erased_digest(slice_of(mark), digest, &error));
	length = snprintf(sql, sizeof(sql),
		"SELECT count(*) FROM erased WHERE digest = x'");
	for (size_t i = 0; i < sizeof(digest); i++)
		length += snprintf(sql + length, sizeof(sql) - (size_t)length,
			"%02x", digest[i]);
	snprintf(sql + length, sizeof(sql) - (size_t)length, "'");
	gives(sql, damaged ? "0" : "1");
}

START_TEST(a_damaged_session_is_erased)
{
	struct session session;

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		const bool unknown = strcmp(damages[i], MARK_DAMAGED) == 0;

		const struct session known = find(store, "a");

		damage_session(damages[i]);
		ok(store_begin(store, &error));
		ok(store_session_locate(store,
			(struct session_ref){ SLICE(""), SLICE("a") }, &session,
			&error));
		ck_assert_int_ne(session.id, 0);
		ok(store_session_erase(store, &session, NOW, &error));
		ok(store_commit(store, &error));
		maintain(store, NOW, 9);
		is_gone("a", "red");
		is_noted(known.mark, unknown);
		has_rows("erased", !unknown);
		session = find(store, "b");
		has_bodies(store, &session, "1:{\"content\":\"green\"} ");
		stop();
		start_owned();
	}
}
END_TEST

START_TEST(a_damaged_session_goes_with_its_owner)
{
	struct owner_erasure erased;

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		const bool unknown = strcmp(damages[i], MARK_DAMAGED) == 0;
		const struct session session = find(store, "a");

		damage_session(damages[i]);
		ok(store_begin(store, &error));
		ok(store_owner_erase(store,
			(struct owner_ref){ SLICE(""), SLICE("o") }, NOW,
			&erased, &error));
		ok(store_commit(store, &error));
		ck_assert_int_ge(erased.sessions, 1);
		maintain(store, NOW, 9);
		is_gone("a", "red");
		is_gone("c", "yellow");
		is_noted(session.mark, unknown);
		has_rows("erased", 1 + !unknown);
		stop();
		start_owned();
	}
}
END_TEST

START_TEST(a_damaged_session_expires_no_more_but_others_do)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		damage_session(damages[i]);
		maintain(store, NOW + 100000 * INT64_C(1000), 9);
		is_gone("c", "yellow");
		stop();
		start_owned();
	}
}
END_TEST

static void erase(const char *name)
{
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, name);
	ok(store_session_erase(store, &session, NOW, &error));
	ok(store_commit(store, &error));
}

static int64_t whose; /* erasure is stuck */

/* The step that meets it is undone, and the next puts its row aside. */
static void meet_damage(void)
{
	ok(store_begin(store, &error));
	fails(store_maintenance_step(store, NOW, 100, &error), ERROR_DAMAGED);
	store_rollback(store);
	ck_assert(store_erase_is_stuck(store, &whose));
}

static void finds_stuck(const char *name)
{
	struct erasure erasure;

	fails(store_erase_find(store,
		      (struct session_ref){ SLICE(""), slice_of(name) },
		      &erasure, &error),
		ERROR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(error.message, "chatmem export"));
}

static void say_much(const char *name)
{
	ok(store_begin(store, &error));
	for (int i = 0; i < LONG; i++) {
		struct session session = make(store, name);

		append(store, &session, "{\"content\":\"of many\"}");
	}
	ok(store_commit(store, &error));
}

START_TEST(a_damaged_page_keeps_what_is_on_it_and_nothing_else)
{
	int64_t oldest, newest;

	say_much("long");
	say(store, "far", "{\"content\":\"distant\"}");
	maintain(store, NOW, 1000);
	damage_leaf("message", 0);
	erase("a");
	erase("far");
	meet_damage();
	finds_stuck("a");
	maintain(store, NOW, 1000);
	finds_stuck("a");
	ok(store_erase_open(store, &oldest, &newest, &error));
	ck_assert_int_eq(oldest, 0);
	ck_assert(!store_erase_is_stuck(store, &whose));
	gives("SELECT count(*) FROM maintenance WHERE stage <> 3", "1");
	gives("SELECT count(*) FROM message WHERE id > 300 AND body LIKE"
	      " '%distant%'",
		"0");
}
END_TEST

static int erase_owner(const char *owner)
{
	struct owner_erasure erased;
	int result;

	ok(store_begin(store, &error));
	result = store_owner_erase(store,
		(struct owner_ref){ SLICE(""), slice_of(owner) }, NOW, &erased,
		&error);
	if (result)
		store_rollback(store);
	else
		ok(store_commit(store, &error));
	return result;
}

START_TEST(an_owner_is_not_erased_while_a_page_keeps_a_session)
{
	struct erasure erasure;

	erase("c");
	say_much("a");
	maintain(store, NOW, 1000);
	damage_leaf("message", 0);
	ok(erase_owner("o"));
	ok(store_begin(store, &error));
	ok(store_maintenance_step(store, NOW, 1, &error));
	ok(store_commit(store, &error));
	meet_damage();
	error = (struct error){ 0 };
	maintain(store, NOW, 1000);
	gives("SELECT count(*) FROM maintenance WHERE stage = 1", "1");
	fails(erase_owner("o"), ERROR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(error.message, "chatmem export"));
	error = (struct error){ 0 };
	ok(erase_owner("another"));
	ok(store_erase_find(store,
		(struct session_ref){ SLICE(""), SLICE("o") }, &erasure,
		&error));
	ck_assert_int_eq(erasure.erased_at, 0);
}
END_TEST

static void try_step(void)
{
	struct error why = { 0 };

	ok(store_begin(store, &error));
	if (store_maintenance_step(store, NOW, 100, &why))
		store_rollback(store);
	else
		ok(store_commit(store, &error));
}

START_TEST(an_owner_is_erased_whose_newest_message_is_lost)
{
	say_much("long");
	maintain(store, NOW, 1000);
	store_close(store);
	store = open_with(
		(struct store_options){ .search = true }, STORE_WRITE);
	damage_leaf("message", 0);
	fails(erase_owner("o"), ERROR_DAMAGED);
	ck_assert(store_retries(store));
	ok(erase_owner("o"));
	for (int i = 0; i < 20; i++)
		try_step();
	gives("SELECT count(*) FROM maintenance WHERE stage = 1 AND"
	      " due_at = 9223372036854775807",
		"2");
	has_rows("maintenance", 2);
	gives("SELECT count(*) FROM session WHERE owner = 'o'", "0");
	fails(erase_owner("o"), ERROR_DAMAGED);
}
END_TEST

static int told;

static void count_told(void *unused, const char *words)
{
	(void)unused;
	told += strstr(words, "the names of sessions") != NULL;
}

START_TEST(receipts_that_cannot_be_removed_are_told_of_once)
{
	told = 0;
	store_close(store);
	store = open_with(
		(struct store_options){ .warn = count_told }, STORE_WRITE);
	erase("b");
	maintain(store, NOW, 1000);
	has_rows("maintenance", 1);
	run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
	zero_leaf("maintenance", 0);
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	say(store, "c", "{\"content\":\"red\"}");
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	ck_assert_int_eq(told, 1);
}
END_TEST

STORE_UNIT("damage_erase", start_owned, stop, a_damaged_session_is_erased,
	a_damaged_session_goes_with_its_owner,
	a_damaged_session_expires_no_more_but_others_do,
	a_damaged_page_keeps_what_is_on_it_and_nothing_else,
	an_owner_is_not_erased_while_a_page_keeps_a_session,
	an_owner_is_erased_whose_newest_message_is_lost,
	receipts_that_cannot_be_removed_are_told_of_once)
