/* SPDX-License-Identifier: MIT */
/*
 * test_cut.c - large removals, edits of large forks and long chains of forks
 * cost a write little, and a read no more than a short one.
 */
#include "tests/contract/store_unit.h"

#define MANY 1000
#define STEP 10

static struct store *store;

static void begin(void)
{
	scratch();
	store = open_steps(STEP);
	ok(store_begin(store, &error));
}

static void end(void)
{
	store_rollback(store);
	store_close(store);
	scratch_end();
}

static struct session filled(const char *name)
{
	struct session session = make(store, name);
	char body[24];

	for (int i = 1; i <= MANY; i++) {
		snprintf(body, sizeof(body), "\"%d\"", i);
		append(store, &session, body);
	}
	return session;
}

/* Commits, for has_rows() counts what is committed. */
static void then_has_rows(const char *table, int64_t rows)
{
	ok(store_commit(store, &error));
	has_rows(table, rows);
	ok(store_begin(store, &error));
}

static void ends_with(const struct session *session, const char *expected)
{
	const struct message_query newest = { .limit = 2, .descending = true };
	struct text out = { 0 };

	ok(store_message_list(store, session, &newest,
		(struct message_visitor){ write_body, &out }, &error));
	is(text_view(&out), expected);
	text_clear(&out);
}

static void begins_with(const struct session *session, const char *expected)
{
	const struct message_query oldest = { .limit = 2 };
	struct text out = { 0 };

	ok(store_message_list(store, session, &oldest,
		(struct message_visitor){ write_body, &out }, &error));
	is(text_view(&out), expected);
	text_clear(&out);
}

static void remove_range(struct session *session, int64_t first, int64_t last)
{
	struct message_removal removal = {
		.seqs = { first, last },
		.now = 3000,
	};

	ok(store_message_remove(store, session, &removal, &error));
	ck_assert_int_eq(removal.removed, last + 1 - first);
}

START_TEST(many_of_the_oldest_go_without_moving_a_row)
{
	struct session session = filled("a"), before = session;

	remove_range(&session, 1, 500);
	then_has_rows("retired", 0);
	then_has_rows("message", 1000);
	begins_with(&session, "501:\"501\" 502:\"502\" ");
	ck_assert_int_eq(session_version(&session), MANY + 1);
	ck_assert_int_eq(session_message_count(&session), 500);
	session = find(store, "a");
	ok(store_session_as_of(store, &session, MANY, &error));
	begins_with(&session, "1:\"1\" 2:\"2\" ");
	begins_with(&before, "1:\"1\" 2:\"2\" ");
}
END_TEST

START_TEST(many_of_the_newest_go_without_moving_a_row)
{
	struct session session = filled("a");

	remove_range(&session, 501, MANY);
	then_has_rows("retired", 0);
	ends_with(&session, "500:\"500\" 499:\"499\" ");
	append(store, &session, "\"new\"");
	ends_with(&session, "1001:\"new\" 500:\"500\" ");
}
END_TEST

START_TEST(what_was_cut_off_goes_in_time)
{
	struct session session = filled("a");
	const int64_t later = 3000 + 2592000000;

	remove_range(&session, 1, 500);
	remove_range(&session, 801, MANY);
	ok(store_commit(store, &error));
	maintain(store, later, 50);
	ok(store_begin(store, &error));
	then_has_rows("message", 300);
	session = find(store, "a");
	begins_with(&session, "501:\"501\" 502:\"502\" ");
	ends_with(&session, "800:\"800\" 799:\"799\" ");
}
END_TEST

START_TEST(what_goes_at_once_goes_though_a_pass_is_under_way)
{
	const struct session_profile nothing = { .memory = SLICE("{}"),
		.metadata = SLICE("{}") };
	struct session session = filled("a");
	int64_t deleted;

	ok(store_session_configure(store, &session, &nothing, 3000, &error));
	for (int i = 0; i < 2; i++) {
		ok(store_history_clear(
			store, &session, 3000, &deleted, &error));
		ok(store_maintenance_step(store, 3000, 10, &error));
		append(store, &session, "\"more\"");
	}
	ok(store_commit(store, &error));
	maintain(store, 3000, 50);
	ok(store_begin(store, &error));
	then_has_rows("message", 1);
	session = find(store, "a");
	begins_with(&session, "1002:\"more\" ");
}
END_TEST

/* It shares these through a history that it shows no more itself. */
START_TEST(what_a_fork_cut_off_goes_with_its_parent)
{
	struct session session = filled("a"), fork;

	ok(store_session_fork(store, &session,
		&(struct session_fork){ { SLICE(""), SLICE("b") }, MANY, 2000 },
		&fork, &error));
	append(store, &fork, "\"own\"");
	remove_range(&fork, 1, 500);
	ok(store_session_erase(store, &session, 3000, &error));
	ok(store_commit(store, &error));
	maintain(store, 3000 + 2592000000, 50);
	ok(store_begin(store, &error));
	then_has_rows("message", 501);
	fork = find(store, "b");
	begins_with(&fork, "501:\"501\" 502:\"502\" ");
	ends_with(&fork, "1001:\"own\" 1000:\"1000\" ");
}
END_TEST

/* In a batch of its own, again and again; false: it has more to do. */
static bool edit_first(const char *name)
{
	const struct message message = text_message("\"edited\"");
	struct session session;
	bool done;

	ok(store_begin(store, &error));
	ok(store_enter(store, &error));
	session = find(store, name);
	done = !store_message_replace(store, &session,
		&(struct message_replacement){ 1, &message, 3000 }, &error);
	ck_assert(done || store_unfinished(store));
	ok(store_leave(store, true, &error));
	ok(store_commit(store, &error));
	return done;
}

/* Another session is written to whenever it pauses. */
START_TEST(a_large_fork_is_edited_in_parts)
{
	struct session session = filled("a"), fork;
	int parts = 1;

	ok(store_session_fork(store, &session,
		&(struct session_fork){ { SLICE(""), SLICE("b") }, MANY, 2000 },
		&fork, &error));
	ok(store_commit(store, &error));
	for (; !edit_first("b"); parts++) {
		say(store, "c", "\"hello\"");
		fork = find(store, "b");
		begins_with(&fork, "1:\"1\" 2:\"2\" ");
		ck_assert_int_eq(session_version(&fork), MANY);
	}
	ck_assert_int_eq(parts, MANY / STEP);
	ok(store_begin(store, &error));
	fork = find(store, "b");
	begins_with(&fork, "1:\"edited\" 2:\"2\" ");
	ends_with(&fork, "1000:\"1000\" 999:\"999\" ");
	begins_with(&session, "1:\"1\" 2:\"2\" ");
}
END_TEST

START_TEST(a_hundredth_fork_of_forks_has_what_the_first_began_with)
{
	struct session session = make(store, "0"), fork;
	int64_t count, seq;
	char name[24], body[24];

	append(store, &session, "\"0\"");
	for (int i = 1; i <= 100; i++) {
		snprintf(name, sizeof(name), "%d", i);
		snprintf(body, sizeof(body), "\"%d\"", i);
		whole(store_session_fork(store, &session,
			&(struct session_fork){
				{ SLICE(""), slice_of(name) }, i, 2000 },
			&fork, &error));
		append(store, &fork, body);
		session = fork;
	}
	begins_with(&session, "1:\"0\" 2:\"1\" ");
	ends_with(&session, "101:\"100\" 100:\"99\" ");
	ok(store_message_count(
		store, &session, (struct seq_range){ 2, 100 }, &count, &error));
	ck_assert_int_eq(count, 99);
	ok(store_message_nth(store, &session, 100, &seq, &error));
	ck_assert_int_eq(seq, 2);
}
END_TEST

CONTRACT_UNIT("cut", begin, end, many_of_the_oldest_go_without_moving_a_row,
	many_of_the_newest_go_without_moving_a_row,
	what_was_cut_off_goes_in_time,
	what_goes_at_once_goes_though_a_pass_is_under_way,
	what_a_fork_cut_off_goes_with_its_parent,
	a_large_fork_is_edited_in_parts,
	a_hundredth_fork_of_forks_has_what_the_first_began_with)
