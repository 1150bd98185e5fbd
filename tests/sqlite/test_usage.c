/* SPDX-License-Identifier: MIT */
/*
 * test_usage.c - what a tenant keeps is counted to the byte, whatever it does,
 * and its quota is refused in words.
 */
#include "core/store/quota.h"
#include "tests/contract/as_of_changes.h"
#include "tests/sqlite/sqlite_unit.h"

#define BYTES(text) "length(CAST(" text " AS BLOB))"

/* The same by looking at all rows: what one has and the other has not. */
static const char differing[] =
	"WITH recounted AS (SELECT tenant, sum(is_session) AS sessions,"
	" sum(bytes) AS bytes FROM (SELECT tenant, 1 AS is_session,"
	" 100 + " BYTES("memory") " + " BYTES(
		"metadata") " AS bytes"
			    " FROM session UNION ALL SELECT tenant, 0, 100 + " BYTES(
				    "body") " FROM (SELECT history, body FROM message UNION ALL"
					    " SELECT history, body FROM retired) AS kept"
					    " JOIN history ON history.id = kept.history) GROUP BY tenant),"
					    " counted AS (SELECT tenant, sessions, bytes FROM tenant_usage"
					    " WHERE sessions <> 0 OR bytes <> 0)"
					    " SELECT (SELECT group_concat(tenant || ' ' || sessions || ' ' || bytes)"
					    " FROM recounted) || ' is counted as ' || (SELECT group_concat("
					    "tenant || ' ' || sessions || ' ' || bytes) FROM counted)"
					    " WHERE EXISTS (SELECT * FROM recounted EXCEPT SELECT * FROM counted)"
					    " OR EXISTS (SELECT * FROM counted EXCEPT SELECT * FROM recounted)"
					    " UNION ALL SELECT 'right' LIMIT 1";

static void open_usage(struct store_options options)
{
	scratch_file();
	bodies = lives = 0;
	store = open_with(options, STORE_WRITE);
}

static void close_usage(void)
{
	store_close(store);
	scratch_end();
}

static void describe(
	struct session *session, const char *metadata, int64_t retain)
{
	const struct session_profile profile = { .memory = SLICE("{}"),
		.metadata = slice_of(metadata),
		.retain_retired = retain };

	ok(store_session_configure(store, session, &profile, 2000, &error));
}

static void make_root(const struct change *change)
{
	struct session session;

	random_of_life(change->life);
	session = make(store, change->name);
	memcpy(marks[change->life], session.mark, sizeof(session.mark));
	describe(&session, "{\"a\":\"\xc3\xa9\"}", change->count);
}

/* A session that keeps what is retired for so many seconds, and its forks. */
static void live(int64_t retain)
{
	struct change root;

	memset(all, 0, SESSIONS * sizeof(*all));
	all[0].alive = true;
	all[0].life = new_life();
	snprintf(all[0].name, sizeof(all[0].name), "root %d", bodies);
	root = new_change(&all[0]);
	root.make = make_root;
	root.life = all[0].life;
	root.count = retain;
	next_version(&all[0]);
	make_changes(&root, 1);
	for (int i = 0; i < 60; i++) {
		try_something(true);
		gives(differing, "right");
	}
	compare_all();
}

START_TEST(every_byte_is_counted_whatever_is_done)
{
	static const int64_t retain[] = { -1, 0, 1, 30 };

	seed = 7;
	all = calloc(SESSIONS, sizeof(*all));
	ck_assert_ptr_nonnull(all);
	clock_ms = 1000000;
	for (size_t i = 0; i < sizeof(retain) / sizeof(*retain); i++) {
		open_usage((struct store_options){ .step_rows = 5,
			.search = i % 2 == 1,
			.quota_bytes = INT64_MAX });
		live(retain[i]);
		close_usage();
	}
	free(all);
}
END_TEST

static void reopen_usage(int64_t quota)
{
	store_close(store);
	store = open_with(
		(struct store_options){ .quota_bytes = quota }, STORE_WRITE);
}

static void write_sessions(char first)
{
	ok(store_begin(store, &error));
	for (char n = first; n < first + 3; n++) {
		char name[] = { n, '\0' };
		struct session session = make(store, name);

		append(store, &session, "\"caf\xc3\xa9\"");
		configure(store, &session, "{}", "{\"a\":1}", 2000);
	}
	ok(store_commit(store, &error));
}

START_TEST(what_was_written_without_a_quota_is_counted_with_one)
{
	open_usage((struct store_options){ 0 });
	write_sessions('a');
	gives("SELECT count(*) FROM tenant_usage", "0");
	reopen_usage(INT64_MAX);
	gives(differing, "right");
	gives("SELECT sessions FROM tenant_usage", "3");
	write_sessions('d');
	gives(differing, "right");
	reopen_usage(0);
	gives("SELECT count(*) FROM tenant_usage", "0");
	write_sessions('g');
	reopen_usage(INT64_MAX);
	gives(differing, "right");
	gives("SELECT sessions FROM tenant_usage", "9");
	close_usage();
}
END_TEST

static void open_as_before(void)
{
	store_close(store);
	store = open_with(
		(struct store_options){ .quota_as_before = true }, STORE_WRITE);
}

START_TEST(a_store_that_knows_no_quota_counts_as_the_last_one_did)
{
	open_usage((struct store_options){ .quota_as_before = true });
	write_sessions('a');
	gives("SELECT count(*) FROM tenant_usage", "0");
	reopen_usage(5000);
	open_as_before();
	for (char first = 'd'; first < 'z'; first = (char)(first + 3))
		write_sessions(first);
	gives("SELECT bytes > 5000 FROM tenant_usage", "1");
	gives(differing, "right");
	reopen_usage(0);
	open_as_before();
	gives("SELECT count(*) FROM tenant_usage", "0");
	close_usage();
}
END_TEST

/* --- the quota ---------------------------------------------------------- */

/* Leaves the error alone. */
static void leave(bool keep)
{
	struct error why;

	ck_assert_int_eq(store_leave(store, keep, &why), 0);
}

static int try_make(const char *tenant, const char *name)
{
	struct session session;
	int result;

	ok(store_enter(store, &error));
	result = store_session_create(store,
		(struct session_ref){ slice_of(tenant), slice_of(name) }, 2000,
		&session, &error);
	leave(result == 0);
	return result;
}

/* Appends so many bytes, in a member of its own. */
static int try_append_bytes(const char *tenant, const char *name, size_t length)
{
	struct text body = { 0 };
	struct message message = text_message("");
	struct session session;
	int result;

	while (body.length < length)
		text_byte(&body, 'x');
	message.body = text_view(&body);
	ok(store_enter(store, &error));
	ok(store_session_take(store,
		(struct session_ref){ slice_of(tenant), slice_of(name) }, 2000,
		&session, &error));
	result = store_message_append(store, &session, &message, 2000, &error);
	leave(result == 0);
	text_clear(&body);
	return result;
}

START_TEST(sessions_beyond_the_quota_are_refused)
{
	struct session session;

	open_usage((struct store_options){ .quota_sessions = 2 });
	ok(store_begin(store, &error));
	ok(try_make("t", "a"));
	ok(try_make("t", "b"));
	fails(try_make("t", "c"), ERROR_QUOTA);
	says("the quota of the tenant is 2 sessions; erasing some makes room "
	     "for others");
	ck_assert(error.final);
	ok(try_make("other", "a"));
	ok(try_append_bytes("t", "a", 1000));
	ok(store_commit(store, &error));
	ok(store_begin(store, &error));
	fails(try_make("t", "c"), ERROR_QUOTA);
	ok(store_session_take(store,
		(struct session_ref){ SLICE("t"), SLICE("a") }, 2000, &session,
		&error));
	ok(store_session_erase(store, &session, 2000, &error));
	ok(try_make("t", "c"));
	ok(store_commit(store, &error));
	gives(differing, "right");
	close_usage();
}
END_TEST

START_TEST(bytes_beyond_the_quota_are_refused)
{
	struct session session;
	struct message_removal first = { .seqs = { 1, 1 }, .now = 2000 };

	open_usage((struct store_options){ .quota_bytes = 3000 });
	ok(store_begin(store, &error));
	ok(try_make("t", "a"));
	ok(try_append_bytes("t", "a", 2000));
	fails(try_append_bytes("t", "a", 1000), ERROR_QUOTA);
	says("the quota of the tenant is 3000 bytes; erasing sessions makes "
	     "room, soon after it");
	ok(try_append_bytes("t", "a", 500));
	ok(try_make("other", "a"));
	ok(try_append_bytes("other", "a", 2000));
	ok(store_commit(store, &error));
	gives(differing, "right");
	ok(store_begin(store, &error));
	fails(try_append_bytes("t", "a", 300), ERROR_QUOTA);
	ok(store_quota_check(store, SLICE("t"), 1, &error));
	fails(store_quota_check(store, SLICE("t"), 2, &error), ERROR_QUOTA);
	ok(try_append_bytes("t", "a", 96));
	fails(store_quota_check(store, SLICE("t"), 1, &error), ERROR_QUOTA);
	ok(store_quota_check(store, SLICE("other"), 1, &error));
	ok(store_session_take(store,
		(struct session_ref){ SLICE("t"), SLICE("a") }, 2000, &session,
		&error));
	ok(store_message_remove(store, &session, &first, &error));
	ok(store_commit(store, &error));
	gives("SELECT bytes FROM tenant_usage WHERE tenant = 't'", "3000");
	gives(differing, "right");
	close_usage();
}
END_TEST

START_TEST(deletes_work_over_the_quota_in_a_fork_too)
{
	struct session parent, fork;
	struct message_removal first = { .seqs = { 1, 1 }, .now = 2000 };
	const struct session_fork twin = {
		.ref = { SLICE("t"), SLICE("twin") },
		.upto = 3,
		.now = 2000,
	};

	open_usage((struct store_options){ .quota_bytes = 4000 });
	ok(store_begin(store, &error));
	ok(try_make("t", "a"));
	for (int i = 0; i < 3; i++)
		ok(try_append_bytes("t", "a", 1000));
	ok(store_session_take(store,
		(struct session_ref){ SLICE("t"), SLICE("a") }, 2000, &parent,
		&error));
	ok(store_session_fork(store, &parent, &twin, &fork, &error));
	ok(store_message_remove(store, &fork, &first, &error));
	ck_assert_int_eq(first.removed, 1);
	fails(try_append_bytes("t", "twin", 1), ERROR_QUOTA);
	ok(store_commit(store, &error));
	gives("SELECT bytes > 4000 FROM tenant_usage", "1");
	gives(differing, "right");
	close_usage();
}
END_TEST

/* The operator makes it smaller than what is there. */
START_TEST(a_quota_that_shrinks_takes_nothing_away)
{
	static const char many[] = "{\"a\":\"0123456789\",\"b\":1}";
	struct session session;

	open_usage((struct store_options){ 0 });
	ok(store_begin(store, &error));
	ok(try_make("t", "a"));
	ok(try_make("t", "b"));
	ok(store_session_take(store,
		(struct session_ref){ SLICE("t"), SLICE("a") }, 2000, &session,
		&error));
	describe(&session, many, -1);
	ok(store_commit(store, &error));
	store_close(store);
	store = open_with(
		(struct store_options){ .quota_sessions = 1 }, STORE_WRITE);
	ok(store_begin(store, &error));
	ok(try_append_bytes("t", "a", 10));
	fails(try_make("t", "c"), ERROR_QUOTA);
	ok(store_commit(store, &error));
	store_close(store);
	store = open_with(
		(struct store_options){ .quota_bytes = 10 }, STORE_WRITE);
	ok(store_begin(store, &error));
	fails(try_append_bytes("t", "a", 10), ERROR_QUOTA);
	ok(store_session_take(store,
		(struct session_ref){ SLICE("t"), SLICE("a") }, 2000, &session,
		&error));
	describe(&session, "{}", -1);
	ok(store_commit(store, &error));
	gives(differing, "right");
	close_usage();
}
END_TEST

UNIT("usage", every_byte_is_counted_whatever_is_done,
	what_was_written_without_a_quota_is_counted_with_one,
	a_store_that_knows_no_quota_counts_as_the_last_one_did,
	sessions_beyond_the_quota_are_refused,
	bytes_beyond_the_quota_are_refused,
	deletes_work_over_the_quota_in_a_fork_too,
	a_quota_that_shrinks_takes_nothing_away)
