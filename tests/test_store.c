/* SPDX-License-Identifier: MIT */
/*
 * test_store.c - sessions and messages, batches, and their rolling back.
 */
#include "store_unit.h"

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

/* --- sessions --------------------------------------------------------- */

START_TEST(an_unknown_session_has_no_id)
{
	ck_assert_int_eq(find(store, "alice").id, 0);
}
END_TEST

START_TEST(a_new_session_is_version_zero)
{
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, "alice");
	ok(store_commit(store, &error));
	ck_assert_int_eq(session_version(&session), 0);
	ck_assert_int_eq(session_message_count(&session), 0);
	ck_assert_int_eq(session.created_at, 1000);
	ck_assert_uint_eq(strlen(session.mark), MARK_LENGTH);
	ck_assert_uint_eq(
		strspn(session.mark, "0123456789abcdefghjkmnpqrstvwxyz"),
		MARK_LENGTH);
}
END_TEST

START_TEST(two_sessions_have_two_marks)
{
	ok(store_begin(store, &error));
	ck_assert_str_ne(make(store, "alice").mark, make(store, "bob").mark);
	store_rollback(store);
}
END_TEST

/* Pairs that a careless key would take for the same. */
START_TEST(no_two_names_share_a_session)
{
	static const struct {
		struct slice tenant, name;
	} keys[] = {
		{ SLICE(""), SLICE("a") },
		{ SLICE("a"), SLICE("a") },
		{ SLICE(""), SLICE("aa") },
		{ SLICE("a"), SLICE("aa") },
		{ SLICE("aa"), SLICE("a") },
		{ SLICE(""), SLICE("A") },
		{ SLICE(""), SLICE("a ") },
		{ SLICE(""), SLICE(" a") },
		{ SLICE(""), SLICE("a/b") },
		{ SLICE(""), SLICE("a%2Fb") },
		{ SLICE(""), SLICE("caf\xc3\xa9") },
		{ SLICE(""), SLICE("cafe\xcc\x81") },
		{ SLICE(""), SLICE("\xf0\x9f\x98\x80") },
		{ SLICE(""), SLICE("1") },
		{ SLICE(""), SLICE("01") },
		{ SLICE(""), SLICE("1.0") },
	};
	enum { COUNT = sizeof(keys) / sizeof(*keys) };
	struct store *reader;
	struct session session;
	int64_t ids[COUNT];

	ok(store_begin(store, &error));
	for (int i = 0; i < COUNT; i++) {
		ok(store_session_find(
			store, keys[i].tenant, keys[i].name, &session, &error));
		ck_assert_int_eq(session.id, 0);
		ok(store_session_create(store, keys[i].tenant, keys[i].name, 1,
			&session, &error));
		ids[i] = session.id;
	}
	ok(store_commit(store, &error));
	reader = open_store(STORE_READ);
	for (int i = 0; i < COUNT; i++) {
		ok(store_session_find(reader, keys[i].tenant, keys[i].name,
			&session, &error));
		ck_assert_int_eq(session.id, ids[i]);
	}
	store_close(reader);
}
END_TEST

START_TEST(a_name_may_have_255_bytes_and_no_more)
{
	char name[256];
	struct session session;

	memset(name, 'n', sizeof(name));
	ok(store_begin(store, &error));
	ok(store_session_create(store, SLICE(""), (struct slice){ name, 255 },
		1, &session, &error));
	fails(store_session_create(store, SLICE(""),
		      (struct slice){ name, 256 }, 1, &session, &error),
		ERROR_INTERNAL);
	store_rollback(store);
}
END_TEST

START_TEST(settings_are_kept_and_are_one_edit)
{
	struct text memory = { 0 }, metadata = { 0 };
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, "alice");
	ok(store_session_settings(store, &session, &memory, &metadata, &error));
	is(text_view(&memory), "{}");
	is(text_view(&metadata), "{}");
	ok(store_session_configure(store, &session, SLICE("{\"k\":1}"),
		SLICE("{\"a\":1.10}"), 5000, &error));
	ok(store_commit(store, &error));
	ck_assert_int_eq(session_version(&session), 1);
	ck_assert_int_eq(session.touched_at, 5000);
	memory.length = metadata.length = 0;
	ok(store_session_settings(store, &session, &memory, NULL, &error));
	ok(store_session_settings(store, &session, NULL, &metadata, &error));
	is(text_view(&memory), "{\"k\":1}");
	is(text_view(&metadata), "{\"a\":1.10}");
	text_clear(&memory);
	text_clear(&metadata);
}
END_TEST

START_TEST(a_cleared_session_is_empty_and_its_seqs_go_on)
{
	struct session session;
	int64_t deleted;

	say(store, "alice", "a");
	say(store, "alice", "b");
	ok(store_begin(store, &error));
	session = find(store, "alice");
	ok(store_history_clear(store, &session, 9000, &deleted, &error));
	ck_assert_int_eq(deleted, 2);
	ck_assert_int_eq(session_version(&session), 3);
	ck_assert_int_eq(session_message_count(&session), 0);
	has_bodies(store, &session, "");
	ok(store_commit(store, &error));
	say(store, "alice", "c");
	session = find(store, "alice");
	ck_assert_int_eq(session_version(&session), 4);
	ck_assert_int_eq(session_message_count(&session), 1);
	has_bodies(store, &session, "3:c ");
}
END_TEST

START_TEST(a_reader_counts_on_after_a_clear)
{
	struct store *reader = open_store(STORE_READ);
	struct session session;
	int64_t deleted;

	say(store, "alice", "a");
	ok(store_begin(store, &error));
	session = find(store, "alice");
	ok(store_history_clear(store, &session, 9000, &deleted, &error));
	ok(store_commit(store, &error));
	session = find(reader, "alice");
	ck_assert_int_eq(session.last_seq, 1);
	ck_assert_int_eq(session_version(&session), 2);
	ck_assert_int_eq(session.touched_at, 9000);
	store_close(reader);
}
END_TEST

START_TEST(clearing_nothing_changes_nothing)
{
	struct session session, before;
	int64_t deleted = 7;

	ok(store_begin(store, &error));
	session = before = make(store, "alice");
	ok(store_history_clear(store, &session, 9000, &deleted, &error));
	ck_assert_int_eq(deleted, 0);
	ck_assert_mem_eq(&session, &before, sizeof(session));
	store_rollback(store);
}
END_TEST

START_TEST(an_erased_session_is_unknown_and_a_new_one_is_another)
{
	struct session old, new;

	say(store, "alice", "a");
	ok(store_begin(store, &error));
	old = find(store, "alice");
	ok(store_session_erase(store, &old, &error));
	ck_assert_int_eq(find(store, "alice").id, 0);
	new = make(store, "alice");
	ok(store_commit(store, &error));
	ck_assert_int_gt(new.id, old.id);
	ck_assert_int_gt(new.history, old.history);
	ck_assert_str_ne(new.mark, old.mark);
	ck_assert_int_eq(session_version(&new), 0);
	has_bodies(store, &new, "");
}
END_TEST

START_TEST(erasing_one_session_leaves_the_others)
{
	struct session session;

	say(store, "alice", "a");
	say(store, "bob", "b");
	ok(store_begin(store, &error));
	session = find(store, "alice");
	ok(store_session_erase(store, &session, &error));
	ok(store_commit(store, &error));
	session = find(store, "bob");
	has_bodies(store, &session, "1:b ");
}
END_TEST

/* --- lists ------------------------------------------------------------ */

static int write_name(void *context, const struct session_row *row)
{
	text_slice(context, row->name);
	text_append(context, " ", 1);
	return 0;
}

static void lists(const struct session_query *query, const char *expected)
{
	struct text out = { 0 };

	ok(store_session_list(store, query, write_name, &out, &error));
	is(text_view(&out), expected);
	text_clear(&out);
}

/* Sessions touched at 1, 2, 2, 3 and 4, and one of another tenant. */
static void make_list(void)
{
	static const struct {
		const char *name;
		int64_t at;
	} rows[] = { { "b2", 1 }, { "a", 2 }, { "b1", 2 }, { "b%", 3 },
		{ "c", 4 } };
	struct session session;

	ok(store_begin(store, &error));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ok(store_session_create(store, SLICE(""),
			slice_of(rows[i].name), rows[i].at, &session, &error));
	ok(store_session_create(
		store, SLICE("t"), SLICE("b"), 3, &session, &error));
	ok(store_commit(store, &error));
}

START_TEST(sessions_are_listed_newest_first)
{
	struct session_query query = { .limit = 10 };

	make_list();
	lists(&query, "c b% b1 a b2 ");
	query.tenant = SLICE("t");
	lists(&query, "b ");
}
END_TEST

START_TEST(a_list_goes_on_where_it_ended)
{
	struct session_query query = { .limit = 2 };

	make_list();
	lists(&query, "c b% ");
	query.before_touched = 3;
	query.before_id = find(store, "b%").id;
	lists(&query, "b1 a ");
	query.before_touched = 2;
	query.before_id = find(store, "a").id;
	lists(&query, "b2 ");
}
END_TEST

START_TEST(sessions_are_listed_by_prefix)
{
	struct session_query query = { .limit = 10, .by_prefix = true };

	make_list();
	lists(&query, "a b% b1 b2 c ");
	query.prefix = SLICE("b");
	lists(&query, "b% b1 b2 ");
	query.after_name = SLICE("b%");
	lists(&query, "b1 b2 ");
	query.limit = 1;
	lists(&query, "b1 ");
	query.after_name = SLICE("a");
	lists(&query, "b% ");
	query.prefix = SLICE("zz");
	lists(&query, "");
}
END_TEST

static int check_row(void *context, const struct session_row *row)
{
	int *visits = context;

	is(row->memory, "{\"k\":2}");
	is(row->metadata, "{}");
	ck_assert_int_eq(row->updated_at, 2000);
	ck_assert_int_eq(session_version(&row->session), 2);
	++*visits;
	return 1;
}

START_TEST(a_listed_session_has_all_of_it)
{
	struct session_query query = { .limit = 10 };
	struct session session;
	int visits = 0;

	ok(store_begin(store, &error));
	session = make(store, "alice");
	ok(store_session_configure(store, &session, SLICE("{\"k\":2}"),
		SLICE("{}"), 1500, &error));
	append(store, &session, "a");
	ok(store_commit(store, &error));
	say(store, "bob", "b");
	query.before_touched = 1501;
	query.before_id = session.id + 1;
	ok(store_session_list(store, &query, check_row, &visits, &error));
	ck_assert_int_eq(visits, 1);
}
END_TEST

/* --- messages --------------------------------------------------------- */

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
	ok(store_session_erase(store, &session, &error));
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

STORE_UNIT("store", start, stop, an_unknown_session_has_no_id,
	a_new_session_is_version_zero, two_sessions_have_two_marks,
	no_two_names_share_a_session, a_name_may_have_255_bytes_and_no_more,
	settings_are_kept_and_are_one_edit,
	a_cleared_session_is_empty_and_its_seqs_go_on,
	a_reader_counts_on_after_a_clear, clearing_nothing_changes_nothing,
	an_erased_session_is_unknown_and_a_new_one_is_another,
	erasing_one_session_leaves_the_others, sessions_are_listed_newest_first,
	a_list_goes_on_where_it_ended, sessions_are_listed_by_prefix,
	a_listed_session_has_all_of_it, a_message_comes_back_byte_for_byte,
	a_message_of_8_mib_comes_back, a_range_of_messages_is_listed,
	a_visitor_may_stop, a_message_is_found_by_id_or_seq,
	an_append_touches_its_session_once_a_minute,
	an_undone_member_leaves_no_hole, a_batch_rolled_back_is_forgotten,
	an_undone_erase_erases_nothing,
	a_reader_sees_what_was_committed_when_it_began, a_reader_cannot_write,
	what_an_undone_member_read_is_forgotten,
	the_writer_never_remembers_what_was_undone)
