/* SPDX-License-Identifier: MIT */
/*
 * test_store.c - sessions of the store: found, made, changed, erased, listed.
 */
#include "tests/contract/opened_store.h"

START_TEST(an_unknown_session_has_no_id)
{
	ck_assert_int_eq(find(store, "alice").id, 0);
}
END_TEST

START_TEST(a_find_leaves_what_expired_where_it_is)
{
	const struct session_profile profile = {
		.memory = SLICE("{}"), .metadata = SLICE("{}"), .ttl_seconds = 1
	};
	struct session made, found;

	ok(store_begin(store, &error));
	made = make(store, "a");
	ok(store_session_configure(store, &made, &profile, 1000, &error));
	ok(store_commit(store, &error));
	for (int64_t now = 2000; now >= 1999; now--) {
		ok(store_begin(store, &error));
		ok(store_session_find(store,
			(struct session_ref){ SLICE(""), SLICE("a") }, now,
			&found, &error));
		ok(store_commit(store, &error));
		ck_assert_int_eq(found.id, now < 2000 ? made.id : 0);
	}
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
		ok(store_session_find(store,
			(struct session_ref){ keys[i].tenant, keys[i].name }, 1,
			&session, &error));
		ck_assert_int_eq(session.id, 0);
		ok(store_session_create(store,
			(struct session_ref){ keys[i].tenant, keys[i].name }, 1,
			&session, &error));
		ids[i] = session.id;
	}
	ok(store_commit(store, &error));
	reader = open_store(STORE_READ);
	for (int i = 0; i < COUNT; i++) {
		ok(store_session_find(reader,
			(struct session_ref){ keys[i].tenant, keys[i].name }, 1,
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
	ok(store_session_create(store,
		(struct session_ref){ SLICE(""), (struct slice){ name, 255 } },
		1, &session, &error));
	ok(store_commit(store, &error));
	/* An insert may wait for the commit. */
	ok(store_begin(store, &error));
	fails(store_session_create(store,
		      (struct session_ref){
			      SLICE(""), (struct slice){ name, 256 } },
		      1, &session, &error) ||
				store_commit(store, &error)
			? -1
			: 0,
		ERROR_INTERNAL);
	store_rollback(store);
}
END_TEST

START_TEST(settings_are_kept_and_are_one_edit)
{
	struct session_profile profile;
	struct text room = { 0 };
	struct session session;

	ok(store_begin(store, &error));
	session = make(store, "alice");
	ok(store_session_profile(store, &session, &room, &profile, &error));
	is(profile.owner, "");
	is(profile.memory, "{}");
	is(profile.metadata, "{}");
	ck_assert_int_eq(profile.ttl_seconds, 0);
	ck_assert_int_eq(profile.retain_retired, -1);
	profile.owner = SLICE("u1");
	profile.memory = SLICE("{\"k\":1}");
	profile.metadata = SLICE("{\"a\":1.10}");
	profile.ttl_seconds = 60;
	profile.retain_retired = 0;
	ok(store_session_configure(store, &session, &profile, 5000, &error));
	ok(store_commit(store, &error));
	ck_assert_int_eq(session_version(&session), 1);
	ck_assert_int_eq(session.touched_at, 5000);
	ok(store_session_profile(store, &session, &room, &profile, &error));
	is(profile.owner, "u1");
	is(profile.memory, "{\"k\":1}");
	is(profile.metadata, "{\"a\":1.10}");
	ck_assert_int_eq(profile.ttl_seconds, 60);
	ck_assert_int_eq(profile.retain_retired, 0);
	session.id++; /* there is no such row */
	fails(store_session_profile(store, &session, &room, &profile, &error),
		ERROR_INTERNAL);
	text_clear(&room);
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
	ok(store_session_erase(store, &old, 1, &error));
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
	ok(store_session_erase(store, &session, 1, &error));
	ok(store_commit(store, &error));
	session = find(store, "bob");
	has_bodies(store, &session, "1:b ");
}
END_TEST

/* Patch by patch, metadata may grow beyond what a body may have. */
START_TEST(what_is_too_large_for_a_row_is_refused_by_its_bound)
{
	const size_t length = (64 << 20) + 1;
	char *metadata = malloc(length);
	struct session_profile profile = {
		.memory = SLICE("{}"),
		.metadata = { metadata, length },
	};
	struct session session;

	memset(metadata, 'a', length);
	memcpy(metadata, "{\"a\":\"", 6);
	memcpy(metadata + length - 2, "\"}", 2);
	ok(store_begin(store, &error));
	session = make(store, "alice");
	fails(store_session_configure(store, &session, &profile, 1, &error),
		ERROR_TOO_LARGE);
	says("what is to be stored is over the bound of 64 MiB");
	store_rollback(store);
	free(metadata);
}
END_TEST

CONTRACT_UNIT("store", start, stop, an_unknown_session_has_no_id,
	a_find_leaves_what_expired_where_it_is, a_new_session_is_version_zero,
	two_sessions_have_two_marks, no_two_names_share_a_session,
	a_name_may_have_255_bytes_and_no_more,
	settings_are_kept_and_are_one_edit,
	a_cleared_session_is_empty_and_its_seqs_go_on,
	a_reader_counts_on_after_a_clear, clearing_nothing_changes_nothing,
	an_erased_session_is_unknown_and_a_new_one_is_another,
	erasing_one_session_leaves_the_others,
	what_is_too_large_for_a_row_is_refused_by_its_bound)
