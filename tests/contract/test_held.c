/* SPDX-License-Identifier: MIT */
/* test_held.c - what is kept while the clock is doubted. */
#include "core/store/hold.h"
#include "tests/contract/opened_store.h"

#define DAY  ((int64_t)86400000)
#define YEAR (365 * DAY)

/* A session that expires a minute after 1000, unless it is written to. */
static struct session put(const char *name)
{
	const struct session_profile profile = {
		.owner = SLICE("u"),
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.ttl_seconds = 60,
		.retain_retired = -1,
	};
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, name);
	ok(store_session_configure(store, &session, &profile, 1000, &error));
	append(store, &session, "one");
	ok(store_commit(store, &error));
	return session;
}

/* What a write to this name begins with. */
static struct session take(const char *name, int64_t now)
{
	struct session session;

	ok(store_begin(store, &error));
	ok(store_session_take(store,
		(struct session_ref){ SLICE(""), slice_of(name) }, now,
		&session, &error));
	ok(store_commit(store, &error));
	return session;
}

static const char *aside(const char *name, const struct session *session)
{
	static char other[300];

	snprintf(other, sizeof(other), "%s~expired-%s", name, session->mark);
	return other;
}

START_TEST(what_is_held_is_out_of_sight_and_kept)
{
	struct session session = put("a"), found;

	store_hold(store, 5000);
	maintain(store, YEAR, 9);
	ok(store_session_find(store,
		(struct session_ref){ SLICE(""), SLICE("a") }, YEAR, &found,
		&error));
	ck_assert_int_eq(found.id, 0);
	has_rows("session", 1);
	has_bodies(store, &session, "1:one ");
	ck_assert_int_gt(store_maintenance_due(store), YEAR);
	store_hold(store, YEAR);
	maintain(store, YEAR, 9);
	has_rows("session", 0);
	has_rows("message", 0);
}
END_TEST

START_TEST(its_name_is_free_and_it_has_another)
{
	struct session session = put("a"), found;

	store_hold(store, 5000);
	ck_assert_int_eq(take("a", YEAR).id, 0);
	say(store, "a", "new");
	found = find(store, aside("a", &session));
	ck_assert_int_eq(found.id, session.id);
	has_bodies(store, &found, "1:one ");
	found = find(store, "a");
	ck_assert_int_ne(found.id, session.id);
	has_bodies(store, &found, "1:new ");
	store_hold(store, YEAR);
	maintain(store, YEAR, 9);
	has_rows("session", 1);
	has_rows("message", 1);
}
END_TEST

START_TEST(a_long_name_is_cut_between_two_characters)
{
	char name[256] = "", cut[256];
	struct session session;

	for (int i = 0; i < 85; i++)
		snprintf(name + 3 * i, 4, "\xe2\x82\xac");
	session = put(name);
	store_hold(store, 5000);
	take(name, YEAR);
	snprintf(cut, sizeof(cut), "%.231s", name);
	ck_assert_int_eq(find(store, aside(cut, &session)).id, session.id);
}
END_TEST

START_TEST(what_ended_before_is_not_held)
{
	put("a");
	put("b");
	store_hold(store, 62000);
	ck_assert_int_eq(take("a", YEAR).id, 0);
	maintain(store, YEAR, 9);
	has_rows("session", 0);
}
END_TEST

START_TEST(what_was_edited_is_kept_for_time_travel)
{
	const struct message message = text_message("edited");
	struct session session;

	say(store, "a", "one");
	session = find(store, "a");
	ok(store_begin(store, &error));
	ok(store_message_replace(store, &session,
		&(struct message_replacement){ 1, &message, 2000 }, &error));
	ok(store_commit(store, &error));
	store_hold(store, 5000);
	maintain(store, YEAR, 9);
	has_rows("retired", 1);
	store_hold(store, YEAR);
	maintain(store, YEAR, 9);
	has_rows("retired", 0);
}
END_TEST

START_TEST(an_erasure_is_not_held)
{
	struct session session = put("a");

	store_hold(store, 5000);
	ok(store_begin(store, &error));
	ok(store_session_erase(store, &session, 6000, &error));
	ok(store_commit(store, &error));
	maintain(store, YEAR, 9);
	has_rows("message", 0);
}
END_TEST

/* The clock that was wrong when it was due is right again. */
START_TEST(what_no_fork_begins_with_any_more_is_not_held)
{
	const struct message message = text_message("edited");
	struct session session = put("a"), fork;

	store_hold(store, 5000);
	ok(store_begin(store, &error));
	ok(store_session_fork(store, &session,
		&(struct session_fork){ { SLICE(""), SLICE("b") }, 1, 2000 },
		&fork, &error));
	ok(store_session_erase(store, &session, 2000, &error));
	ok(store_commit(store, &error));
	maintain(store, 3000, 9);
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	has_rows("maintenance", 0);
	has_rows("message", 1);
	ok(store_begin(store, &error));
	fork = find(store, "b");
	ok(store_message_replace(store, &fork,
		&(struct message_replacement){ 1, &message, YEAR }, &error));
	ok(store_session_erase(store, &fork, YEAR, &error));
	ok(store_commit(store, &error));
	maintain(store, 4000, 9);
	has_rows("message", 0);
	has_rows("retired", 0);
}
END_TEST

START_TEST(what_ended_by_the_wrong_clock_is_not_held)
{
	put("a");
	store_hold(store, 62000);
	ck_assert_int_eq(take("a", YEAR).id, 0);
	maintain(store, 62000, 9);
	has_rows("message", 0);
}
END_TEST

START_TEST(the_probe_says_what_was_believed)
{
	int64_t at;

	ok(store_probed_at(store, &at, &error));
	ck_assert_int_eq(at, 0);
	store_hold(store, 5000);
	ok(store_begin(store, &error));
	ok(store_probe(store, YEAR, &error));
	ok(store_commit(store, &error));
	ok(store_probed_at(store, &at, &error));
	ck_assert_int_eq(at, 5000);
}
END_TEST

CONTRACT_UNIT("held", start, stop, what_is_held_is_out_of_sight_and_kept,
	its_name_is_free_and_it_has_another,
	a_long_name_is_cut_between_two_characters,
	what_ended_before_is_not_held, what_was_edited_is_kept_for_time_travel,
	an_erasure_is_not_held, what_no_fork_begins_with_any_more_is_not_held,
	what_ended_by_the_wrong_clock_is_not_held,
	the_probe_says_what_was_believed)
