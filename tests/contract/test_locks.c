/* SPDX-License-Identifier: MIT */
/*
 * test_locks.c - what a batch asks to have for itself, or to share with others
 * that only refer to it, is asked for before the rows of it are read.
 */
#include "core/store/expect.h"
#include "core/store/restore.h"
#include "core/store/statements.h"
#include "tests/contract/store_unit.h"

static struct store *store;

static void start(void)
{
	scratch();
	store = open_store(STORE_WRITE);
}

static void stop(void)
{
	store_close(store);
	scratch_end();
}

static void begin(void)
{
	ok(store_begin(store, &error));
	if (engine->notes)
		engine->notes()[0] = '\0';
}

static void commit(void)
{
	ok(store_commit(store, &error));
}

/* Where the line is among the notes; -1: nowhere. */
static long noted_at(const char *line)
{
	const char *notes = engine->notes();
	const char *at = strstr(notes, line);

	return at ? at - notes : -1;
}

/* Whether an engine that locks was asked to, and then for the statement. */
static void locked_before(const char *lock, enum sql statement)
{
	char line[20];

	if (!engine->notes)
		return;
	snprintf(line, sizeof(line), "#%d\n", (int)statement);
	ck_assert_msg(noted_at(lock) >= 0, "no %s: %s", lock, engine->notes());
	ck_assert_msg(noted_at(line) > noted_at(lock), "%s after %s: %s", lock,
		line, engine->notes());
}

static void locked_history_before(
	const char *how, int64_t history, enum sql statement)
{
	char lock[60];

	snprintf(lock, sizeof(lock), "%s history %lld\n", how,
		(long long)history);
	locked_before(lock, statement);
}

static void read_on_both_sides_of(const char *lock, enum sql statement)
{
	const char *at;
	char line[20];

	if (!engine->notes)
		return;
	snprintf(line, sizeof(line), "#%d\n", (int)statement);
	at = strstr(engine->notes(), lock);
	ck_assert(at && strstr(at, line) && noted_at(line) >= 0 &&
		  noted_at(line) < noted_at(lock));
}

static struct session fork_of(
	struct session *parent, const char *name, int64_t upto)
{
	struct session fork;

	ok(store_session_fork(store, parent,
		&(struct session_fork){
			{ SLICE(""), slice_of(name) }, upto, 2000 },
		&fork, &error));
	return fork;
}

START_TEST(a_fork_shares_the_history_that_it_begins_with)
{
	struct session parent, fork;

	say(store, "parent", "a");
	say(store, "parent", "b");
	begin();
	parent = find(store, "parent");
	fork = fork_of(&parent, "fork", 2);
	commit();
	locked_history_before("share", parent.history, SQL_SESSION_FORK);
	/* Of the fork again: what has the message is found, held and found. */
	begin();
	fork = find(store, "fork");
	fork_of(&fork, "again", 1);
	commit();
	locked_history_before("share", parent.history, SQL_SESSION_FORK);
	read_on_both_sides_of("share", SQL_HISTORY_BELOW);
}
END_TEST

START_TEST(an_edit_has_its_history_for_itself)
{
	struct message_removal removal = { .seqs = { 2, 2 }, .now = 2000 };
	struct message message = text_message("c");
	struct session session;
	int64_t count;

	for (int i = 0; i < 4; i++)
		say(store, "s", "a");
	begin();
	session = find(store, "s");
	ok(store_message_replace(store, &session,
		&(struct message_replacement){ 1, &message, 2000 }, &error));
	commit();
	locked_history_before("own", session.history, SQL_MESSAGES_RETIRE);
	begin();
	session = find(store, "s");
	ok(store_message_remove(store, &session, &removal, &error));
	commit();
	locked_history_before("own", session.history, SQL_MESSAGES_REMOVE);
	begin();
	session = find(store, "s");
	count = session.history;
	ok(store_history_clear(store, &session, 2000, &(int64_t){ 0 }, &error));
	commit();
	locked_history_before("own", count, SQL_HISTORY_END);
}
END_TEST

START_TEST(a_pass_of_maintenance_has_the_history_for_itself)
{
	struct session session;

	say(store, "s", "a");
	begin();
	session = find(store, "s");
	ok(store_session_erase(store, &session, 2000, &error));
	commit();
	begin();
	ok(store_maintenance_step(store, 3000, 100, &error));
	commit();
	locked_history_before("own", session.history, SQL_GC_REMAINS);
}
END_TEST

static const struct session_profile of_owner = {
	.owner = { "o", 1 },
	.memory = { "{}", 2 },
	.metadata = { "{}", 2 },
	.retain_retired = -1,
};

START_TEST(an_owner_is_shared_by_sessions_and_erased_alone)
{
	const struct session as = { .edits = 1, .mark = "9f3kq0w2m5xvd" };
	struct owner_erasure erasure;
	struct session session;

	say(store, "s", "a");
	begin();
	session = find(store, "s");
	ok(store_session_configure(store, &session, &of_owner, 2000, &error));
	commit();
	locked_before("share owner o\n", SQL_OWNER_CLASH);
	begin();
	ok(store_session_restore(store,
		(struct session_ref){ SLICE(""), SLICE("r") },
		&(struct session_image){ &as, &of_owner }, &session, &error));
	commit();
	locked_before("share owner o\n", SQL_SESSION_RESTORE);
	begin();
	ok(store_owner_erase(store, (struct owner_ref){ SLICE(""), SLICE("o") },
		3000, &erasure, &error));
	ck_assert_int_eq(erasure.sessions, 2);
	commit();
	locked_before("own owner o\n", SQL_OWNER_COUNT);
}
END_TEST

/* In one order, before the first session is looked at. */
START_TEST(owners_that_are_expected_come_first)
{
	const struct store_expected expected[] = {
		{ .ref.name = SLICE("s"), .owner = SLICE("p") },
		{ .owner = SLICE("o"), .erases_owner = true },
		{ .ref.name = SLICE("s"), .owner = SLICE("o") },
	};

	say(store, "s", "a");
	begin();
	ok(store_expect(store, expected, 3, 2000, &error));
	commit();
	locked_before("own owner o\nshare owner o\nshare owner p\n",
		SQL_EXPECT_SESSIONS);
}
END_TEST

CONTRACT_UNIT("locks", start, stop,
	a_fork_shares_the_history_that_it_begins_with,
	an_edit_has_its_history_for_itself,
	a_pass_of_maintenance_has_the_history_for_itself,
	an_owner_is_shared_by_sessions_and_erased_alone,
	owners_that_are_expected_come_first)
