/* SPDX-License-Identifier: MIT */
/* test_expiry.c - sessions that end by themselves. */
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

/* Makes or configures "a", in a batch of its own. */
static struct session put(int64_t ttl, int64_t now)
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
	ok(store_session_find(
		store, SLICE(""), SLICE("a"), now, &session, &error));
	if (session.id == 0)
		ok(store_session_create(
			store, SLICE(""), SLICE("a"), now, &session, &error));
	ok(store_session_configure(store, &session, &profile, now, &error));
	ok(store_commit(store, &error));
	return session;
}

static struct session find_at(struct store *from, int64_t now)
{
	struct session session;

	ok(store_session_find(
		from, SLICE(""), SLICE("a"), now, &session, &error));
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

	ok(store_session_list(store, query, count_row, &count, &error));
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

STORE_UNIT("expiry", start, stop, a_session_expires_after_its_last_write,
	an_expired_session_is_in_no_list,
	a_write_to_an_expired_session_begins_a_new_one)
