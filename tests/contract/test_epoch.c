/* SPDX-License-Identifier: MIT */
/*
 * test_epoch.c - marks and ids of a store that was restored from a backup.
 *
 * M is the session's mark before the restore, N the one after it.
 */
#include "tests/contract/store_unit.h"

#define RESTORE(number, mark) \
	"INSERT INTO epoch (id, mark) VALUES (" #number ", '" mark "')"

static struct store *store;
static char before[MARK_LENGTH + 1]; /* M */

static void start(void)
{
	struct session session;

	scratch();
	store = open_store(STORE_WRITE);
	say(store, "alice", "\"1\"");
	say(store, "alice", "\"2\"");
	session = find(store, "alice");
	memcpy(before, session.mark, sizeof(before));
}

static void stop(void)
{
	store_close(store);
	scratch_end();
}

/* Runs SQL as a restore does, behind a store that is closed. */
static void restored(const char *sql)
{
	store_close(store);
	ck_assert_int_eq(engine->run(directory, sql), 0);
	store = open_store(STORE_WRITE);
}

/* Writes the id that clients see, its mark as a letter. */
struct id_list {
	struct text out;
	const char *now; /* N */
};

static int write_id(void *context, const struct message_row *row)
{
	struct id_list *list = context;
	struct text id = { 0 };
	const char *mark;

	text_slice(&id, row->message.id);
	if (id.length == 0) {
		text_slice(&id, row->mark);
		text_append(&id, "-", 1);
		text_number(&id, row->seq);
	}
	ck_assert_uint_gt(id.length, MARK_LENGTH);
	mark = memcmp(id.data, before, MARK_LENGTH) == 0      ? "M"
	       : memcmp(id.data, list->now, MARK_LENGTH) == 0 ? "N"
							      : "?";
	text_string(&list->out, mark);
	text_append(&list->out, id.data + MARK_LENGTH, id.length - MARK_LENGTH);
	text_append(&list->out, " ", 1);
	text_clear(&id);
	return 0;
}

static void has_ids(
	const struct session *session, const char *now, const char *expected)
{
	const struct message_query query = { .limit = 100 };
	struct id_list list = { .now = now };

	ok(store_message_list(store, session, &query,
		(struct message_visitor){ write_id, &list }, &error));
	is(text_view(&list.out), expected);
	text_clear(&list.out);
}

static int take_seq(void *context, const struct message_row *row)
{
	int64_t *seq = context;

	*seq = row->seq;
	return 1;
}

/* The seq of the message of this id; 0: there is none. */
static int64_t seq_of(
	const struct session *session, const char *mark, int seq_in_id)
{
	char id[40];
	int64_t seq = 0;

	snprintf(id, sizeof(id), "%s-%d", mark, seq_in_id);
	ok(store_message_find(store, session,
		(struct message_ref){ .id = slice_of(id) },
		(struct message_visitor){ take_seq, &seq }, &error));
	return seq;
}

START_TEST(without_a_restore_nothing_moves)
{
	struct session session;

	store_close(store);
	store = open_store(STORE_WRITE);
	session = find(store, "alice");
	ck_assert_str_eq(session.mark, before);
	has_ids(&session, "", "M-1 M-2 ");
}
END_TEST

START_TEST(a_restore_changes_the_mark_and_keeps_ids)
{
	struct session session;

	restored(RESTORE(1, "0123456789abc"));
	session = find(store, "alice");
	ck_assert_str_ne(session.mark, before);
	ck_assert_uint_eq(strlen(session.mark), MARK_LENGTH);
	ck_assert_int_eq(session_version(&session), 2);
	has_ids(&session, session.mark, "M-1 M-2 ");
}
END_TEST

START_TEST(what_comes_after_a_restore_has_new_ids)
{
	struct session session;

	restored(RESTORE(1, "0123456789abc"));
	say(store, "alice", "\"3\"");
	session = find(store, "alice");
	has_ids(&session, session.mark, "M-1 M-2 N-3 ");
	ck_assert_int_eq(seq_of(&session, before, 2), 2);
	ck_assert_int_eq(seq_of(&session, before, 3), 0);
	ck_assert_int_eq(seq_of(&session, session.mark, 3), 3);
	ck_assert_int_eq(seq_of(&session, session.mark, 2), 0);
}
END_TEST

START_TEST(each_restore_has_its_own_marks)
{
	struct session first, second;

	restored(RESTORE(1, "0123456789abc"));
	say(store, "alice", "\"3\"");
	first = find(store, "alice");
	restored(RESTORE(2, "zyxwvtsrqpnmk"));
	say(store, "alice", "\"4\"");
	second = find(store, "alice");
	ck_assert_str_ne(second.mark, first.mark);
	ck_assert_str_ne(second.mark, before);
	has_ids(&second, first.mark, "M-1 M-2 N-3 ?-4 ");
	has_ids(&second, second.mark, "M-1 M-2 ?-3 N-4 ");
}
END_TEST

/* Both show what was before the history was cleared. */
START_TEST(a_cleared_session_has_one_mark_again)
{
	struct session session, past;
	int64_t deleted;

	restored(RESTORE(1, "0123456789abc"));
	say(store, "alice", "\"3\"");
	ok(store_begin(store, &error));
	session = make(store, "alice");
	ok(store_history_clear(store, &session, 3000, &deleted, &error));
	append(store, &session, "\"4\"");
	ok(store_commit(store, &error));
	for (int i = 0; i < 2; i++) {
		past = session = find(store, "alice");
		ck_assert_str_eq(session.mark, session.id_mark);
		has_ids(&session, session.mark, "N-4 ");
		ck_assert_int_eq(seq_of(&session, session.mark, 4), 4);
		ok(store_session_as_of(store, &past, 3, &error));
		has_ids(&past, session.mark, "M-1 M-2 N-3 ");
		ck_assert_int_eq(seq_of(&past, before, 2), 2);
		store_close(store);
		store = open_store(STORE_WRITE);
	}
}
END_TEST

/* Copied, as the edit makes what it shares its own. */
START_TEST(forks_keep_the_ids_of_what_they_share)
{
	const struct message edited = text_message("\"1b\"");
	struct session session, fork;

	restored(RESTORE(1, "0123456789abc"));
	say(store, "alice", "\"3\"");
	ok(store_begin(store, &error));
	session = make(store, "alice");
	ok(store_session_fork(store, &session,
		&(struct session_fork){ { SLICE(""), SLICE("bob") }, 3, 3000 },
		&fork, &error));
	append(store, &fork, "\"4\"");
	ok(store_commit(store, &error));
	fork = find(store, "bob");
	has_ids(&fork, session.mark, "M-1 M-2 N-3 ?-4 ");
	has_ids(&fork, fork.mark, "M-1 M-2 ?-3 N-4 ");
	ok(store_begin(store, &error));
	fork = make(store, "bob");
	whole(store_message_replace(store, &fork,
		&(struct message_replacement){ 1, &edited, 4000 }, &error));
	ok(store_commit(store, &error));
	has_ids(&fork, session.mark, "M-1 M-2 N-3 ?-4 ");
	has_bodies(store, &fork, "1:\"1b\" 2:\"2\" 3:\"3\" 4:\"4\" ");
}
END_TEST

START_TEST(a_session_of_an_unknown_epoch_is_damaged)
{
	struct session session;

	restored("UPDATE session SET epoch = 7");
	fails(store_session_find(store,
		      (struct session_ref){ SLICE(""), SLICE("alice") }, 2000,
		      &session, &error),
		ERROR_DAMAGED);
}
END_TEST

CONTRACT_UNIT("epoch", start, stop, without_a_restore_nothing_moves,
	a_restore_changes_the_mark_and_keeps_ids,
	what_comes_after_a_restore_has_new_ids, each_restore_has_its_own_marks,
	a_cleared_session_has_one_mark_again,
	forks_keep_the_ids_of_what_they_share,
	a_session_of_an_unknown_epoch_is_damaged)
