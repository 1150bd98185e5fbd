/* SPDX-License-Identifier: MIT */
/*
 * test_batch.c - batches of several members, and their undoing.
 */
#include "tests/contract/members.h"
#include "tests/contract/opened_store.h"

/* "a" is there; "b" is kept, the second member undone, "c" kept. */
static bool write_one_of_three(struct store *in, void *context, int nth)
{
	struct session session = find(in, "alice");

	(void)context;
	append(in, &session, nth == 0 ? "b" : nth == 1 ? "never" : "c");
	if (nth == 2)
		ck_assert_int_eq(find(in, "bob").id, 0);
	if (nth == 1)
		make(in, "bob");
	return nth != 1;
}

START_TEST(an_undone_member_leaves_no_hole)
{
	struct session session;

	say(store, "alice", "a");
	/* Where every second batch is lost, both ways are gone. */
	for (int way = 0; way < 2; way++) {
		members_run(store,
			&(struct members){ write_one_of_three, NULL, 3 });
		ck_assert_int_eq(find(store, "bob").id, 0);
		ck_assert_int_eq(find(store, "alice").last_seq, 3 + 2 * way);
	}
	session = find(store, "alice");
	has_bodies(store, &session, "1:a 2:b 3:c 4:b 5:c ");
}
END_TEST

START_TEST(a_batch_rolled_back_is_forgotten)
{
	struct session session;

	say(store, "alice", "a");
	ok(store_begin(store, &error));
	session = find(store, "alice");
	append(store, &session, "never");
	session = make(store, "bob");
	store_rollback(store);
	ck_assert_int_eq(find(store, "bob").id, 0);
	session = find(store, "alice");
	ck_assert_int_eq(session.last_seq, 1);
	say(store, "alice", "b");
	session = find(store, "alice");
	has_bodies(store, &session, "1:a 2:b ");
}
END_TEST

static bool erase_and_undo(struct store *in, void *context, int nth)
{
	struct session session = find(in, "alice");

	(void)context;
	(void)nth;
	ok(store_session_erase(in, &session, 1, &error));
	return false;
}

START_TEST(an_undone_erase_erases_nothing)
{
	struct session session;

	say(store, "alice", "a");
	members_run(store, &(struct members){ erase_and_undo, NULL, 1 });
	session = find(store, "alice");
	has_bodies(store, &session, "1:a ");
}
END_TEST

START_TEST(a_reader_sees_what_was_committed_when_it_began)
{
	struct store *reader = open_store(STORE_READ);
	struct session session;

	say(store, "alice", "a");
	ok(store_begin(reader, &error));
	session = find(reader, "alice");
	say(store, "alice", "b");
	ck_assert_int_eq(find(reader, "alice").last_seq, 1);
	has_bodies(reader, &session, "1:a ");
	store_rollback(reader);
	ck_assert_int_eq(find(reader, "alice").last_seq, 2);
	store_close(reader);
}
END_TEST

START_TEST(a_reader_cannot_write)
{
	struct store *reader = open_store(STORE_READ);
	struct session session;

	ok(store_begin(reader, &error));
	fails(store_session_create(reader,
		      (struct session_ref){ SLICE(""), SLICE("a") }, 1,
		      &session, &error),
		ERROR_INTERNAL);
	store_rollback(reader);
	store_close(reader);
}
END_TEST

/* Enough of them to push many others out of the writer's memory. */
static void find_many(void)
{
	char name[16];

	for (int i = 0; i < times(times(12000)); i++) {
		snprintf(name, sizeof(name), "%d", i);
		make(store, name);
	}
}

/* Appends to twenty sessions and reads them back, some from the tables. */
static bool write_twenty(struct store *in, void *context, int nth)
{
	char name[] = "alice A";
	struct session session;

	if (nth != 1) {
		find_many();
		return true;
	}
	for (name[6] = 'A'; name[6] < 'U'; name[6]++) {
		session = make(in, name);
		append(in, &session, "never");
	}
	find_many();
	for (name[6] = 'A'; name[6] < 'U'; name[6]++)
		ck_assert_int_eq(find(in, name).last_seq, 1);
	(void)context;
	return false;
}

START_TEST(what_an_undone_member_read_is_forgotten)
{
	char name[] = "alice A";

	members_run(store, &(struct members){ write_twenty, NULL, 2 });
	for (name[6] = 'A'; name[6] < 'U'; name[6]++)
		ck_assert_int_eq(find(store, name).id, 0);
}
END_TEST

/* Sets how long the session lives, once that is known of it. */
static void live(struct store *in, int64_t before, int64_t after)
{
	struct session session = find(in, "alice");
	struct session_profile profile;
	struct text buf = { 0 };

	ok(store_session_profile(in, &session, &buf, &profile, &error));
	ck_assert_int_eq(profile.ttl_seconds, before);
	profile.ttl_seconds = after;
	ok(store_session_configure(in, &session, &profile, 1, &error));
	ok(store_session_profile(in, &session, &buf, &profile, &error));
	ck_assert_int_eq(profile.ttl_seconds, after);
	text_clear(&buf);
}

/* The second member is undone. */
static bool live_longer(struct store *in, void *context, int nth)
{
	(void)context;
	live(in, nth ? 6000 : 5000, 6000 + nth);
	return nth != 1;
}

START_TEST(the_profile_of_a_session_is_that_which_was_kept)
{
	say(store, "alice", "a");
	ok(store_begin(store, &error));
	live(store, 0, 5000);
	ok(store_commit(store, &error));
	ok(store_begin(store, &error));
	live(store, 5000, 9000);
	store_rollback(store);
	members_run(store, &(struct members){ live_longer, NULL, 3 });
	ok(store_begin(store, &error));
	live(store, 6002, 0);
	ok(store_commit(store, &error));
}
END_TEST

#define NAMES 30000

/* What a member of a batch does: appends to this session, or undoes that. */
struct attempt {
	int name;
	bool keep;
};

static int64_t counts[NAMES];

static bool attempt(struct store *in, void *context, int nth)
{
	const struct attempt *what = (const struct attempt *)context + nth;
	const struct attempt *first = context;
	int64_t expected = counts[what->name];
	struct session session;
	char name[16];

	for (; first < what; first++)
		expected += first->keep && first->name == what->name;
	snprintf(name, sizeof(name), "%d", what->name);
	session = make(in, name);
	ck_assert_int_eq(session.last_seq, expected);
	append(in, &session, "x");
	return what->keep;
}

/* Begun and given up in the middle, or lost there. */
static void roll_back(struct attempt *attempts, int count)
{
	ok(store_begin(store, &error));
	for (int i = 0; i < count && !store_batch_lost(store); i++) {
		ok(store_enter(store, &error));
		attempt(store, attempts, i);
		if (store_leave(store, attempts[i].keep, &error))
			ck_assert(store_batch_lost(store));
	}
	store_rollback(store);
}

/* More names than are cached, members undone at random, against a model. */
START_TEST(the_writer_never_remembers_what_was_undone)
{
	enum { BATCHES = 625, BATCH = 64 };
	struct attempt attempts[BATCH];

	srandom(1);
	for (int batch = 0; batch < times(BATCHES); batch++) {
		for (int i = 0; i < BATCH; i++)
			attempts[i] = (struct attempt){
				.name = (int)(random() %
					      (random() % 2 ? 50 : NAMES)),
				.keep = random() % 4,
			};
		if (random() % 4 == 0) {
			roll_back(attempts, BATCH);
			continue;
		}
		members_run(
			store, &(struct members){ attempt, attempts, BATCH });
		for (int i = 0; i < BATCH; i++)
			counts[attempts[i].name] += attempts[i].keep;
	}
}
END_TEST

CONTRACT_UNIT("batch", start, stop, an_undone_member_leaves_no_hole,
	a_batch_rolled_back_is_forgotten, an_undone_erase_erases_nothing,
	a_reader_sees_what_was_committed_when_it_began, a_reader_cannot_write,
	what_an_undone_member_read_is_forgotten,
	the_profile_of_a_session_is_that_which_was_kept,
	the_writer_never_remembers_what_was_undone)
