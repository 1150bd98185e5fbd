/* SPDX-License-Identifier: MIT */
/*
 * test_archive.c - what is archived can be shown until its session is erased.
 */
#include "core/store/archive.h"
#include "tests/contract/opened_store.h"

#define DAY   INT64_C(86400000)
#define LATER (40 * DAY)

static struct session session;

/* Three messages of a session that retains them for so many seconds. */
static void holds_three(int64_t retain)
{
	const struct session_profile profile = {
		.memory = SLICE("{}"),
		.metadata = SLICE("{}"),
		.retain_retired = retain,
	};

	ok(store_begin(store, &error));
	session = make(store, "s");
	ok(store_session_configure(store, &session, &profile, 1000, &error));
	append(store, &session, "a");
	append(store, &session, "b");
	append(store, &session, "c");
	ok(store_commit(store, &error));
}

static void removes(int64_t first, int64_t last, bool archives)
{
	struct message_removal removal = {
		.seqs = { first, last },
		.now = 3000,
		.archives = archives,
	};

	ok(store_begin(store, &error));
	ok(store_message_remove(store, &session, &removal, &error));
	ck_assert_int_eq(removal.removed, last + 1 - first);
	ok(store_commit(store, &error));
}

static void shows(int64_t version, const char *bodies)
{
	struct session then = session;

	ok(store_session_as_of(store, &then, version, &error));
	has_bodies(store, &then, bodies);
}

static void is_left_in_peace(void)
{
	maintain(store, LATER, 10);
	ck_assert_int_eq(store_maintenance_due(store), INT64_MAX);
}

START_TEST(it_outlasts_what_is_retained)
{
	static const int64_t retained[] = { 0, 60, -1 };

	for (size_t i = 0; i < 3; i++) {
		start();
		holds_three(retained[i]);
		removes(2, 3, true);
		ok(store_begin(store, &error));
		append(store, &session, "d");
		ok(store_commit(store, &error));
		is_left_in_peace();
		session = find(store, "s");
		has_bodies(store, &session, "1:a 4:d ");
		shows(4, "1:a 2:b 3:c ");
		shows(5, "1:a ");
		stop();
	}
}
END_TEST

START_TEST(the_whole_history_may_be_archived)
{
	start();
	holds_three(0);
	removes(1, 3, true);
	is_left_in_peace();
	session = find(store, "s");
	has_bodies(store, &session, "");
	shows(4, "1:a 2:b 3:c ");
	stop();
}
END_TEST

START_TEST(it_stays_beside_what_goes)
{
	int64_t deleted;

	start();
	holds_three(60);
	removes(3, 3, true);
	removes(2, 2, false);
	is_left_in_peace();
	has_rows("retired", 1);
	ok(store_begin(store, &error));
	session = find(store, "s");
	ok(store_history_clear(store, &session, 4000, &deleted, &error));
	ok(store_commit(store, &error));
	is_left_in_peace();
	has_rows("message", 0);
	has_rows("retired", 1);
	has_rows("history", 2);
	stop();
}
END_TEST

static int lists_row(void *context, const struct message_row *row)
{
	struct text *out = context;

	text_format(out, "%lld@%lld ", (long long)row->seq,
		(long long)row->archived);
	return 0;
}

static void lists(int64_t version, int64_t after, const char *expected)
{
	const struct message_query query = { .after = after, .limit = 100 };
	struct session then = session;
	struct text seen = { 0 };

	ok(store_session_as_of(store, &then, version, &error));
	ok(store_archive_list(store, &then, &query,
		(struct message_visitor){ lists_row, &seen }, &error));
	ck_assert_msg(slice_is(text_view(&seen), expected), "%.*s",
		(int)seen.length, seen.data);
	text_clear(&seen);
}

START_TEST(it_is_listed_in_order_from_all_histories)
{
	int64_t deleted;

	start();
	holds_three(60);
	removes(2, 2, true);
	removes(1, 1, true);
	removes(3, 3, false);
	ok(store_begin(store, &error));
	ok(store_history_clear(store, &session, 4000, &deleted, &error));
	append(store, &session, "d");
	ok(store_commit(store, &error));
	removes(4, 4, true);
	lists(session_version(&session), 0, "1@6 2@5 4@9 ");
	lists(session_version(&session), 1, "2@5 4@9 ");
	lists(5, 0, "2@5 ");
	lists(4, 0, "");
	stop();
}
END_TEST

START_TEST(it_goes_with_its_session)
{
	start();
	holds_three(60);
	removes(2, 3, true);
	ok(store_begin(store, &error));
	ok(store_session_erase(store, &session, 4000, &error));
	ok(store_commit(store, &error));
	is_left_in_peace();
	has_rows("retired", 0);
	has_rows("history", 0);
	stop();
}
END_TEST

CONTRACT_UNIT("archive", NULL, NULL, it_outlasts_what_is_retained,
	the_whole_history_may_be_archived, it_stays_beside_what_goes,
	it_is_listed_in_order_from_all_histories, it_goes_with_its_session)
