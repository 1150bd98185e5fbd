/* SPDX-License-Identifier: MIT */
/*
 * test_store_message.c - messages of the store, batches and their undoing.
 */
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

static int check_full(void *context, const struct message_row *row)
{
	const struct message *sent = context;

	ck_assert_int_eq(row->seq, 1);
	ck_assert_int_eq(row->created_at, 7);
	ck_assert_int_eq(row->updated_at, 0);
	ck_assert_int_eq(row->message.form, sent->form);
	ck_assert_int_eq(row->message.type, sent->type);
	ck_assert(slice_equal(row->message.type_sent, sent->type_sent));
	ck_assert(slice_equal(row->message.id, sent->id));
	ck_assert(slice_equal(row->message.body, sent->body));
	ck_assert(slice_equal(
		row->message.client_created_at, sent->client_created_at));
	return 0;
}

START_TEST(a_message_comes_back_byte_for_byte)
{
	struct message sent = { .form = MESSAGE_TUPLE,
		.type = MESSAGE_GENERIC,
		.type_sent = SLICE("chat"),
		.body = SLICE("\"\\u0000 \\ud83d caf\xc3\xa9 1.10\""),
		.id = SLICE("a\0b"),
		.client_created_at = SLICE("\"2026-01-31T09:30:00Z\"") };
	struct message_query query = { .limit = 10 };
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, "alice");
	ok(store_message_append(store, &session, &sent, 7, &error));
	ok(store_commit(store, &error));
	ok(store_message_list(
		store, &session, &query, check_full, &sent, &error));
	ok(store_message_find(
		store, &session, sent.id, 0, check_full, &sent, &error));
}
END_TEST

START_TEST(a_message_of_8_mib_comes_back)
{
	size_t size = MESSAGE_MAX_BYTES;
	char *body = malloc(size);
	struct message sent = text_message("");
	struct message_query query = { .limit = 10 };
	struct session session;

	ck_assert_ptr_nonnull(body);
	for (size_t i = 0; i < size; i++)
		body[i] = (char)('a' + i % 23);
	sent.body = (struct slice){ body, size };
	ok(store_begin(store, &error));
	session = make(store, "alice");
	ok(store_message_append(store, &session, &sent, 7, &error));
	ok(store_commit(store, &error));
	ok(store_message_list(
		store, &session, &query, check_full, &sent, &error));
	free(body);
}
END_TEST

static void range(const struct session *session,
	const struct message_query *query, const char *expected)
{
	struct text out = { 0 };

	ok(store_message_list(store, session, query, write_body, &out, &error));
	is(text_view(&out), expected);
	text_clear(&out);
}

START_TEST(a_range_of_messages_is_listed)
{
	struct message_query query = { .limit = 10 };
	struct message message = text_message("x");
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, "alice");
	for (int i = 0; i < 6; i++) {
		message.type = i % 2 ? MESSAGE_AI : MESSAGE_HUMAN;
		ok(store_message_append(store, &session, &message, 7, &error));
	}
	ok(store_commit(store, &error));
	range(&session, &query, "1:x 2:x 3:x 4:x 5:x 6:x ");
	query.after = 2;
	range(&session, &query, "3:x 4:x 5:x 6:x ");
	query.before = 5;
	range(&session, &query, "3:x 4:x ");
	query.descending = true;
	range(&session, &query, "4:x 3:x ");
	query.limit = 1;
	range(&session, &query, "4:x ");
	query = (struct message_query){ .limit = 2, .types = 1u << MESSAGE_AI };
	range(&session, &query, "2:x 4:x ");
	query.types |= 1u << MESSAGE_HUMAN;
	range(&session, &query, "1:x 2:x ");
	query.types = 1u << MESSAGE_TOOL;
	range(&session, &query, "");
}
END_TEST

static int stop_at_once(void *context, const struct message_row *row)
{
	(void)row;
	++*(int *)context;
	return 1;
}

START_TEST(a_visitor_may_stop)
{
	struct message_query query = { .limit = 10 };
	struct session session;
	int visits = 0;

	say(store, "alice", "a");
	say(store, "alice", "b");
	session = find(store, "alice");
	ok(store_message_list(
		store, &session, &query, stop_at_once, &visits, &error));
	ck_assert_int_eq(visits, 1);
	has_bodies(store, &session, "1:a 2:b ");
}
END_TEST

START_TEST(a_message_is_found_by_id_or_seq)
{
	struct message message = text_message("b");
	struct session session;
	int visits = 0;

	say(store, "alice", "a");
	ok(store_begin(store, &error));
	session = find(store, "alice");
	message.id = SLICE("me");
	ok(store_message_append(store, &session, &message, 7, &error));
	ok(store_commit(store, &error));
	ok(store_message_find(store, &session, SLICE("me"), 0, stop_at_once,
		&visits, &error));
	ck_assert_int_eq(visits, 1);
	ok(store_message_find(store, &session, (struct slice){ 0 }, 1,
		stop_at_once, &visits, &error));
	ck_assert_int_eq(visits, 2);
	ok(store_message_find(store, &session, SLICE("you"), 0, stop_at_once,
		&visits, &error));
	ok(store_message_find(store, &session, (struct slice){ 0 }, 3,
		stop_at_once, &visits, &error));
	ck_assert_int_eq(visits, 2);
}
END_TEST

START_TEST(an_append_touches_its_session_once_a_minute)
{
	struct message message = text_message("a");
	struct session session;
	int64_t updated;

	ok(store_begin(store, &error));
	session = make(store, "alice"); /* at 1000 */
	ok(store_message_append(store, &session, &message, 60999, &error));
	ck_assert_int_eq(session.touched_at, 1000);
	ok(store_session_updated(store, &session, &updated, &error));
	ck_assert_int_eq(updated, 60999);
	ok(store_message_append(store, &session, &message, 61000, &error));
	ck_assert_int_eq(session.touched_at, 61000);
	ok(store_commit(store, &error));
	store_close(store);
	store = open_store(STORE_WRITE);
	session = find(store, "alice");
	ck_assert_int_eq(session.touched_at, 61000);
	ck_assert_int_eq(session.last_seq, 2);
	ok(store_session_updated(store, &session, &updated, &error));
	ck_assert_int_eq(updated, 61000);
}
END_TEST

/* --- batches ---------------------------------------------------------- */

START_TEST(an_undone_member_leaves_no_hole)
{
	struct session session;

	say(store, "alice", "a");
	ok(store_begin(store, &error));
	ok(store_enter(store, &error));
	session = find(store, "alice");
	append(store, &session, "b");
	ok(store_leave(store, true, &error));
	ok(store_enter(store, &error));
	session = find(store, "alice");
	append(store, &session, "never");
	session = make(store, "bob");
	ok(store_leave(store, false, &error));
	ck_assert_int_eq(find(store, "bob").id, 0);
	ok(store_enter(store, &error));
	session = find(store, "alice");
	append(store, &session, "c");
	ok(store_leave(store, true, &error));
	ok(store_commit(store, &error));
	session = find(store, "alice");
	has_bodies(store, &session, "1:a 2:b 3:c ");
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

START_TEST(an_undone_erase_erases_nothing)
{
	struct session session;

	say(store, "alice", "a");
	ok(store_begin(store, &error));
	ok(store_enter(store, &error));
	session = find(store, "alice");
	ok(store_session_erase(store, &session, 1, &error));
	ok(store_leave(store, false, &error));
	ok(store_commit(store, &error));
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
	fails(store_session_create(
		      reader, SLICE(""), SLICE("a"), 1, &session, &error),
		ERROR_INTERNAL);
	store_rollback(reader);
	store_close(reader);
}
END_TEST

/* Enough of them to push every other out of the writer's memory. */
static void find_many(void)
{
	char name[16];

	for (int i = 0; i < 30000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		make(store, name);
	}
}

/* Appends to twenty sessions and reads them back, some from the tables. */
START_TEST(what_an_undone_member_read_is_forgotten)
{
	char name[] = "alice A";
	struct session session;

	ok(store_begin(store, &error));
	find_many();
	ok(store_enter(store, &error));
	for (name[6] = 'A'; name[6] < 'U'; name[6]++) {
		session = make(store, name);
		append(store, &session, "never");
	}
	find_many();
	for (name[6] = 'A'; name[6] < 'U'; name[6]++)
		ck_assert_int_eq(find(store, name).last_seq, 1);
	ok(store_leave(store, false, &error));
	for (name[6] = 'A'; name[6] < 'U'; name[6]++)
		ck_assert_int_eq(find(store, name).id, 0);
	store_rollback(store);
}
END_TEST

/* More names than are cached, members undone at random, against a model. */
START_TEST(the_writer_never_remembers_what_was_undone)
{
	enum { NAMES = 30000, ROUNDS = 40000 };
	static int64_t count[NAMES], before[NAMES];
	struct session session;
	char name[16];

	srandom(1);
	for (int i = 0; i < ROUNDS; i++) {
		bool hot = random() % 2;
		long n = random() % (hot ? 50 : NAMES);
		bool keep = random() % 4;

		if (i % 64 == 0) {
			ok(store_begin(store, &error));
			memcpy(before, count, sizeof(count));
		}
		snprintf(name, sizeof(name), "%ld", n);
		ok(store_enter(store, &error));
		session = make(store, name);
		ck_assert_int_eq(session.last_seq, count[n]);
		append(store, &session, "x");
		ok(store_leave(store, keep, &error));
		count[n] += keep;
		if (i % 64 != 63)
			continue;
		if (random() % 4) {
			ok(store_commit(store, &error));
			continue;
		}
		store_rollback(store);
		memcpy(count, before, sizeof(count));
	}
}
END_TEST

CONTRACT_UNIT("store_message", start, stop, a_message_comes_back_byte_for_byte,
	a_message_of_8_mib_comes_back, a_range_of_messages_is_listed,
	a_visitor_may_stop, a_message_is_found_by_id_or_seq,
	an_append_touches_its_session_once_a_minute,
	an_undone_member_leaves_no_hole, a_batch_rolled_back_is_forgotten,
	an_undone_erase_erases_nothing,
	a_reader_sees_what_was_committed_when_it_began, a_reader_cannot_write,
	what_an_undone_member_read_is_forgotten,
	the_writer_never_remembers_what_was_undone)
