/* SPDX-License-Identifier: MIT */
/*
 * test_damaged_kept.c - a damaged reply, and what classes keep if it is
 * damaged, is given to nobody.
 */
#include "core/store/idempotency.h"
#include "core/store/memory_state.h"
#include "tests/contract/damaged.h"

static int count_record(void *context, const struct idempotency_record *record)
{
	int *count = context;

	(void)record;
	++*count;
	return 0;
}

/* How many are given again under the key; -1: what is there is damaged. */
static int replies(const char *tenant, const char *key)
{
	int count = 0;

	if (store_idempotency_find(store,
		    &(struct idempotency_query){
			    { slice_of(tenant), slice_of(key) }, 0, 2000 },
		    (struct idempotency_visitor){ count_record, &count },
		    &error) == 0)
		return count;
	ck_assert_int_eq(error.code, ERROR_DAMAGED);
	error = (struct error){ 0 };
	return -1;
}

static void keep_reply(void)
{
	const struct idempotency_record record = {
		.session = find(store, "a").id,
		.digest = { "0123456789abcdef0123456789abcdef", 32 },
		.status = 200,
		.etag = SLICE("\"1\""),
		.location = SLICE("/l"),
		.body = SLICE("{\"of\":\"a\"}"),
	};

	ok(store_begin(store, &error));
	ok(store_idempotency_keep(store,
		(struct idempotency_key){ SLICE(""), SLICE("k") }, &record,
		2000, &error));
	ok(store_commit(store, &error));
}

START_TEST(a_damaged_reply_is_not_given)
{
	static const char *const damages[] = { "body = '{\"of\":\"b\"}'",
		"status = 201", "etag = '\"2\"'", "location = ''",
		"session = " OF_B("id"), "tenant = 'other'",
		"checksum = checksum + 1" };
	char sql[200];

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		fill();
		keep_reply();
		ck_assert_int_eq(replies("", "k"), 1);
		snprintf(sql, sizeof(sql), "UPDATE idempotency_record SET %s",
			damages[i]);
		change(sql);
		ck_assert_msg(replies("", "k") < 1, "%s", sql);
		ck_assert_msg(replies("other", "k") < 1, "%s", sql);
		stop();
		start();
	}
	fill();
	keep_reply();
	change("UPDATE idempotency_record SET checksum = NULL");
	ck_assert_int_eq(replies("", "k"), 1); /* of before there were sums */
}
END_TEST

static int count_item(void *context, int64_t seq, struct slice bytes)
{
	int *count = context;

	(void)seq;
	(void)bytes;
	++*count;
	return 0;
}

/* The bytes and items that the class keeps; -1: something is damaged. */
static int kept(const char *name, const char *class)
{
	const struct session session = find(store, name);
	const struct state_key key = { &session, slice_of(class), SLICE("h") };
	struct text buf = { 0 };
	struct session_state state;
	int count = 0;

	if (store_memory_state_find(store, &key, &buf, &state, &error) == 0)
		count = (int)state.bytes.length;
	if (!error.code)
		store_memory_item_list(store, &key,
			(struct item_visitor){ count_item, &count }, &error);
	text_clear(&buf);
	if (!error.code)
		return count;
	ck_assert_int_eq(error.code, ERROR_DAMAGED);
	ck_assert_msg(
		strstr(error.message, "of session \""), "%s", error.message);
	error = (struct error){ 0 };
	return -1;
}

static void keep_state(void)
{
	struct session session, fork;
	const struct state_key key = { &session, SLICE("one"), SLICE("h") };

	ok(store_begin(store, &error));
	session = find(store, "a");
	ok(store_memory_state_keep(store, &key,
		&(struct session_state){ 2, 0, SLICE("so far") }, &error));
	ok(store_memory_item_keep(store, &key, 1, SLICE("first"), &error));
	ok(store_memory_item_keep(store, &key, 2, SLICE("second"), &error));
	ok(store_session_fork(store, &session,
		&(struct session_fork){
			{ SLICE(""), SLICE("copy") }, session.last_seq, 2000 },
		&fork, &error));
	ok(store_commit(store, &error));
	ck_assert_int_eq(kept("a", "one"), 8);
	ck_assert_int_eq(kept("copy", "one"), 8);
}

START_TEST(a_damaged_state_is_not_used)
{
	static const char *const damages[] = {
		"memory_state SET state = (SELECT item FROM memory_item"
		" WHERE seq = 1 LIMIT 1)",
		"memory_state SET seq = 1",
		"memory_state SET class = 'two'",
		"memory_state SET key = 'other'",
		"memory_state SET session = " OF_B("id") BY_A,
		"memory_state SET checksum = checksum + 1",
		"memory_item SET item = (SELECT state FROM memory_state"
		" LIMIT 1)",
		"memory_item SET seq = seq + 5 WHERE seq = 2",
		"memory_item SET session = " OF_B("id") BY_A,
	};
	char sql[300];

	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		fill();
		keep_state();
		snprintf(sql, sizeof(sql), "UPDATE %s", damages[i]);
		change(sql);
		ck_assert_msg(kept("a", "one") < 8, "%s", sql);
		ck_assert_msg(kept("b", "one") <= 0, "%s", sql);
		ck_assert_msg(kept("a", "two") <= 0, "%s", sql);
		stop();
		start();
	}
}
END_TEST

CONTRACT_UNIT("damaged_kept", start, stop, a_damaged_reply_is_not_given,
	a_damaged_state_is_not_used)
