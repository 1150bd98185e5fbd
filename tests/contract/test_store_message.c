/* SPDX-License-Identifier: MIT */
/*
 * test_store_message.c - messages of the store.
 */
#include "tests/contract/opened_store.h"

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

CONTRACT_UNIT("store_message", start, stop, a_message_comes_back_byte_for_byte,
	a_message_of_8_mib_comes_back, a_range_of_messages_is_listed,
	a_visitor_may_stop, a_message_is_found_by_id_or_seq,
	an_append_touches_its_session_once_a_minute)
