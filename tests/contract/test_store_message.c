/* SPDX-License-Identifier: MIT */
/*
 * test_store_message.c - messages of the store.
 */
#include "core/store/message_ids.h"
#include "tests/contract/opened_store.h"

static int check_full(void *context, const struct message_row *row)
{
	const struct message *sent = context;

	ck_assert_int_eq(row->seq, 1);
	ck_assert_int_eq(row->created_at, 1007);
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
	ok(store_message_append(store, &session, &sent, 1007, &error));
	ok(store_commit(store, &error));
	ok(store_message_list(store, &session, &query,
		(struct message_visitor){ check_full, &sent }, &error));
	ok(store_message_find(store, &session,
		(struct message_ref){ sent.id, 0 },
		(struct message_visitor){ check_full, &sent }, &error));
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
	ok(store_message_append(store, &session, &sent, 1007, &error));
	ok(store_commit(store, &error));
	ok(store_message_list(store, &session, &query,
		(struct message_visitor){ check_full, &sent }, &error));
	free(body);
}
END_TEST

static void range(const struct session *session,
	const struct message_query *query, const char *expected)
{
	struct text out = { 0 };

	ok(store_message_list(store, session, query,
		(struct message_visitor){ write_body, &out }, &error));
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
	ok(store_message_list(store, &session, &query,
		(struct message_visitor){ stop_at_once, &visits }, &error));
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
	ok(store_message_find(store, &session,
		(struct message_ref){ SLICE("me"), 0 },
		(struct message_visitor){ stop_at_once, &visits }, &error));
	ck_assert_int_eq(visits, 1);
	ok(store_message_find(store, &session,
		(struct message_ref){ (struct slice){ 0 }, 1 },
		(struct message_visitor){ stop_at_once, &visits }, &error));
	ck_assert_int_eq(visits, 2);
	ok(store_message_find(store, &session,
		(struct message_ref){ SLICE("you"), 0 },
		(struct message_visitor){ stop_at_once, &visits }, &error));
	ok(store_message_find(store, &session,
		(struct message_ref){ (struct slice){ 0 }, 3 },
		(struct message_visitor){ stop_at_once, &visits }, &error));
	ck_assert_int_eq(visits, 2);
}
END_TEST

static void append_with_id(
	struct session *session, const char *body, const char *id)
{
	struct message message = text_message(body);

	message.id = slice_of(id);
	ok(store_message_append(store, session, &message, 2000, &error));
}

/* Those with these ids, as has_bodies() writes them. */
static void has_ids(const struct session *session,
	const struct message *messages, size_t count, const char *bodies)
{
	struct message_ids ids;
	struct text out = { 0 };

	ck_assert_int_eq(message_ids_sort(&ids, messages, count), 0);
	ok(store_message_find_ids(store, session, &ids,
		(struct message_visitor){ write_body, &out }, &error));
	is(text_view(&out), bodies);
	text_clear(&out);
	message_ids_clear(&ids);
}

/* In a session, in a fork of it, and in what the fork was. */
START_TEST(messages_are_found_by_several_ids_at_once)
{
	struct message asked[7] = { { .id = SLICE("b") }, { .id = SLICE("a") },
		{ .id = SLICE("") }, { .id = SLICE("a") },
		{ .id = SLICE("none") } };
	struct session parent, fork;
	char id[40];

	ok(store_begin(store, &error));
	parent = make(store, "alice");
	append_with_id(&parent, "A", "a");
	append_with_id(&parent, "B", "b");
	append(store, &parent, "C");
	append_with_id(&parent, "D", "\303\251\"\001");
	snprintf(id, sizeof(id), "%s-3", parent.mark);
	asked[5].id = slice_of(id);
	asked[6].id = SLICE("\303\251\"\001");
	has_ids(&parent, asked, 7, "1:A 2:B 4:D 3:C ");
	has_ids(&parent, asked, 3, "1:A 2:B ");
	has_ids(&parent, asked + 4, 1, "");
	ok(store_session_fork(store, &parent,
		&(struct session_fork){ { SLICE(""), SLICE("bob") }, 3, 2000 },
		&fork, &error));
	append_with_id(&fork, "E", "none");
	has_ids(&fork, asked, 7, "4:E 1:A 2:B 3:C ");
	ok(store_message_remove(store, &fork,
		&(struct message_removal){ .seqs = { 4, 4 }, .now = 2000 },
		&error));
	append_with_id(&fork, "F", "e");
	has_ids(&fork, asked, 7, "1:A 2:B 3:C ");
	ok(store_session_as_of(
		store, &fork, session_version(&fork) - 2, &error));
	has_ids(&fork, asked, 7, "4:E 1:A 2:B 3:C ");
	ok(store_commit(store, &error));
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
	messages_are_found_by_several_ids_at_once,
	an_append_touches_its_session_once_a_minute)
