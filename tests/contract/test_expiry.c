/* SPDX-License-Identifier: MIT */
/* test_expiry.c - sessions that end by themselves. */
#include "core/transfer/export.h"
#include "tests/contract/opened_store.h"

/* Makes or configures it, in a batch of its own. */
static struct session put_as(const char *name, int64_t ttl, int64_t now)
{
	const struct session_profile profile = {
		.owner = SLICE("u"),
		.memory = SLICE("{}"),
		.metadata = SLICE("{\"t\":1}"),
		.ttl_seconds = ttl,
		.retain_retired = -1,
	};
	struct session session;

	ok(store_begin(store, &error));
	ok(store_session_take(store,
		(struct session_ref){ SLICE(""), slice_of(name) }, now,
		&session, &error));
	if (session.id == 0)
		ok(store_session_create(store,
			(struct session_ref){ SLICE(""), slice_of(name) }, now,
			&session, &error));
	ok(store_session_configure(store, &session, &profile, now, &error));
	ok(store_commit(store, &error));
	return session;
}

static struct session put(int64_t ttl, int64_t now)
{
	return put_as("a", ttl, now);
}

static struct session find_at(struct store *from, int64_t now)
{
	struct session session;

	ok(store_session_find(from,
		(struct session_ref){ SLICE(""), SLICE("a") }, now, &session,
		&error));
	return session;
}

START_TEST(a_session_expires_after_its_last_write)
{
	struct session session = put(60, 1000);
	struct store *reader = open_store(STORE_READ);

	ck_assert_int_ne(find_at(reader, 60999).id, 0);
	ck_assert_int_eq(find_at(reader, 61000).id, 0);
	ok(store_begin(store, &error));
	append(store, &session, "x"); /* at 2000 */
	ok(store_commit(store, &error));
	ck_assert_int_eq(session.touched_at, 1000);
	ck_assert_int_ne(find_at(reader, 61999).id, 0);
	ck_assert_int_eq(find_at(reader, 62000).id, 0);
	ck_assert_int_ne(find_at(store, 61999).id, 0);
	put(0, 50000);
	ck_assert_int_ne(find_at(reader, INT64_MAX / 2).id, 0);
	store_close(reader);
}
END_TEST

static int count_row(void *context, const struct session_row *row)
{
	*(int *)context += !row->hidden;
	return 0;
}

static void lists(const struct session_query *query, int expected)
{
	int count = 0;

	ok(store_session_list(store, query,
		(struct session_visitor){ count_row, &count }, &error));
	ck_assert_int_eq(count, expected);
}

START_TEST(an_expired_session_is_in_no_list)
{
	struct session_tag tag = { SLICE("t"), SLICE("1") };
	struct session_query query = { .now = 60999 };

	put(60, 1000);
	lists(&query, 1);
	query.now = 61000;
	lists(&query, 0);
	query.owner = SLICE("u");
	lists(&query, 0);
	query.owner = SLICE("");
	query.tags = &tag;
	query.tag_count = 1;
	lists(&query, 0);
	query.has_prefix = true;
	lists(&query, 0);
}
END_TEST

/* Nor does it look at all of them in one bit. */
START_TEST(an_export_skips_what_has_expired_bit_by_bit)
{
	struct exporter exporter;
	struct text out = { 0 };
	const struct export_step step = { store, 61000, SIZE_MAX / 2, &out };
	int bits = 0;

	for (int i = 0; i < 4999; i++) {
		char name[8];

		snprintf(name, sizeof(name), "a%d", i);
		put_as(name, 60, 1000);
	}
	put_as("z", 0, 1000);
	export_all(&exporter, SLICE(""));
	ok(store_begin(store, &error));
	for (; !exporter.ended; bits++)
		ok(export_next(&exporter, &step, &error));
	ck_assert_int_eq(bits, 5);
	ck_assert(out.length > 14 &&
		  memcmp(out.data, "{\"session\":\"z\"", 14) == 0);
	ck_assert_ptr_eq(
		memchr(out.data, '\n', out.length), out.data + out.length - 1);
	store_rollback(store);
	export_clear(&exporter);
	text_clear(&out);
}
END_TEST

START_TEST(a_write_to_an_expired_session_begins_a_new_one)
{
	struct session old = put(60, 1000);
	struct session new = put(0, 61000);

	ck_assert_int_gt(new.id, old.id);
	ck_assert_str_ne(new.mark, old.mark);
	ck_assert_int_eq(session_version(&new), 1);
	ck_assert_int_eq(new.ttl_seconds, 0);
}
END_TEST

START_TEST(an_expired_session_is_purged)
{
	struct session session = put(60, 1000);

	ok(store_begin(store, &error));
	append(store, &session, "x");
	ok(store_commit(store, &error));
	maintain(store, 0, 100);
	ck_assert_int_eq(store_maintenance_due(store), 61000);
	maintain(store, 61000, 100);
	has_rows("session", 1);
	ck_assert_int_eq(store_maintenance_due(store), 62000);
	maintain(store, 62000, 100);
	has_rows("session", 0);
	has_rows("tag", 0);
	has_rows("history", 0);
	has_rows("message", 0);
	has_rows("maintenance", 0);
	ck_assert_int_eq(store_maintenance_due(store), INT64_MAX);
}
END_TEST

START_TEST(what_expires_is_due_at_once_after_a_change)
{
	struct session session, fork;

	maintain(store, 0, 100);
	session = put(60, 1000);
	ck_assert_int_eq(store_maintenance_due(store), 61000);
	session = put(7, 2000);
	ck_assert_int_eq(store_maintenance_due(store), 9000);
	session = put(0, 3000);
	maintain(store, 9000, 100);
	ck_assert_int_eq(store_maintenance_due(store), INT64_MAX);
	session = put(5, 10000);
	maintain(store, 14999, 100);
	ok(store_begin(store, &error));
	ok(store_session_fork(store, &session,
		&(struct session_fork){ { SLICE(""), SLICE("b") }, 0, 12000 },
		&fork, &error));
	ok(store_commit(store, &error));
	maintain(store, 15000, 100);
	ck_assert_int_eq(store_maintenance_due(store), 17000);
	has_rows("session", 1);
	ck_assert_int_eq(find(store, "b").id, fork.id);
}
END_TEST

START_TEST(sessions_expire_in_small_steps)
{
	char name[8];
	struct session session;

	ok(store_begin(store, &error));
	for (int i = 0; i < 50; i++) {
		const struct session_profile profile = {
			.memory = SLICE("{}"),
			.metadata = SLICE("{}"),
			.ttl_seconds = 1,
			.retain_retired = -1,
		};

		snprintf(name, sizeof(name), "%d", i);
		session = make(store, name);
		ok(store_session_configure(
			store, &session, &profile, 1000, &error));
	}
	ok(store_commit(store, &error));
	ok(store_begin(store, &error));
	ok(store_maintenance_step(store, 9000, 10, &error));
	ok(store_commit(store, &error));
	has_rows("session", 40);
	ck_assert_int_le(store_maintenance_due(store), 9000);
	maintain(store, 9000, 10);
	has_rows("session", 0);
	has_rows("history", 0);
}
END_TEST

START_TEST(the_writer_forgets_what_expired)
{
	struct session old = put(1, 1000);
	struct session session;

	maintain(store, 5000, 100);
	ck_assert_int_eq(find_at(store, 1500).id, 0);
	session = put(0, 1500);
	ck_assert_int_gt(session.id, old.id);
}
END_TEST

/* --- owners ----------------------------------------------------------- */

static void make_owned(const char *tenant, const char *name, const char *owner,
	int messages, int64_t ttl)
{
	const struct session_profile profile = {
		.owner = slice_of(owner),
		.memory = SLICE("{}"),
		.metadata = SLICE("{\"t\":1}"),
		.ttl_seconds = ttl,
		.retain_retired = -1,
	};
	struct session session;

	ok(store_begin(store, &error));
	ok(store_session_create(store,
		(struct session_ref){ slice_of(tenant), slice_of(name) }, 1000,
		&session, &error));
	ok(store_session_configure(store, &session, &profile, 1000, &error));
	while (messages-- > 0)
		append(store, &session, "x");
	ok(store_commit(store, &error));
}

static struct owner_erasure erase_owner(const char *owner, int64_t now)
{
	struct owner_erasure erased;

	ok(store_begin(store, &error));
	ok(store_owner_erase(store,
		(struct owner_ref){ SLICE(""), slice_of(owner) }, now, &erased,
		&error));
	ok(store_commit(store, &error));
	return erased;
}

static void make_owners(void)
{
	make_owned("", "a", "u", 3, 0);
	make_owned("", "b", "v", 1, 0);
	make_owned("", "c", "u", 2, 60);
	make_owned("", "d", "u", 1, 1);
	make_owned("t", "a", "u", 1, 0);
}

START_TEST(an_owners_sessions_are_erased_together)
{
	struct session_query query = { .has_prefix = true, .now = 9000 };
	struct store *reader = open_store(STORE_READ);
	struct owner_erasure erased;

	make_owners();
	erased = erase_owner("u", 9000);
	ck_assert_int_eq(erased.sessions, 2); /* "d" had expired */
	ck_assert_int_eq(erased.messages, 5);
	ck_assert_int_eq(erased.erased_at, 9000);
	ck_assert_int_eq(find_at(reader, 9000).id, 0);
	lists(&query, 1);
	query.has_prefix = false;
	lists(&query, 1);
	query.owner = SLICE("u");
	lists(&query, 0);
	query.tenant = SLICE("t");
	lists(&query, 1);
	maintain(store, 9000, 3);
	has_rows("session", 2); /* "b", and "a" of another tenant */
	ck_assert_int_ne(find(store, "b").id, 0);
	has_rows("message", 2);
	has_rows("tag", 2);
	has_rows("owner_erasure", 0);
	ck_assert_int_eq(store_maintenance_due(store), INT64_MAX);
	store_close(reader);
}
END_TEST

START_TEST(an_owner_erased_again_meanwhile_has_the_same_receipt)
{
	struct owner_erasure erased;

	make_owners();
	erase_owner("u", 9000);
	erased = erase_owner("u", 9500);
	ck_assert_int_eq(erased.sessions, 2);
	ck_assert_int_eq(erased.messages, 5);
	ck_assert_int_eq(erased.erased_at, 9000);
	make_owned("", "e", "u", 1, 0);
	erased = erase_owner("u", 9600);
	ck_assert_int_eq(erased.sessions, 1);
	ck_assert_int_eq(erased.erased_at, 9600);
	maintain(store, 9600, 3);
	ck_assert_int_eq(store_maintenance_due(store), INT64_MAX);
	erased = erase_owner("u", 9700);
	ck_assert_int_eq(store_maintenance_due(store), 0);
	ck_assert_int_eq(erased.sessions, 0);
	ck_assert_int_eq(erased.erased_at, 9700);
}
END_TEST

START_TEST(an_owner_being_erased_may_have_new_sessions)
{
	struct session_query query = { .owner = SLICE("u"), .now = 9000 };
	struct session session;
	struct session_profile profile = { .owner = SLICE("u"),
		.memory = SLICE("{}"),
		.metadata = SLICE("{}") };

	make_owners();
	erase_owner("u", 9000);
	session = put(0, 9000); /* "a" again */
	ck_assert_int_eq(session_version(&session), 1);
	lists(&query, 1);
	ok(store_begin(store, &error));
	session = find(store, "b");
	fails(store_session_configure(store, &session, &profile, 9000, &error),
		ERROR_UNAVAILABLE);
	says("the sessions of \"u\" are being erased");
	store_rollback(store);
	maintain(store, 9000, 3);
	lists(&query, 1);
	ok(store_begin(store, &error));
	session = find(store, "b");
	ok(store_session_configure(store, &session, &profile, 9000, &error));
	ok(store_commit(store, &error));
	lists(&query, 2);
}
END_TEST

START_TEST(the_receipt_waits_for_all_of_the_owners_sessions)
{
	int64_t oldest, newest, end;

	make_owners();
	erase_owner("u", 9000);
	ok(store_erase_open(store, &oldest, &newest, &error));
	ck_assert_int_ne(newest, 0);
	put(0, 9000); /* the writer meets one of them */
	for (end = newest; oldest == end;) {
		has_rows("owner_erasure", 1);
		ok(store_begin(store, &error));
		ok(store_maintenance_step(store, 9000, 1, &error));
		ok(store_commit(store, &error));
		ok(store_erase_open(store, &oldest, &newest, &error));
	}
	has_rows("message", 2);
	has_rows("owner_erasure", 0);
}
END_TEST

CONTRACT_UNIT("expiry", start, stop, a_session_expires_after_its_last_write,
	an_expired_session_is_in_no_list,
	an_export_skips_what_has_expired_bit_by_bit,
	a_write_to_an_expired_session_begins_a_new_one,
	an_expired_session_is_purged,
	what_expires_is_due_at_once_after_a_change,
	sessions_expire_in_small_steps, the_writer_forgets_what_expired,
	an_owners_sessions_are_erased_together,
	an_owner_erased_again_meanwhile_has_the_same_receipt,
	an_owner_being_erased_may_have_new_sessions,
	the_receipt_waits_for_all_of_the_owners_sessions)
