/* SPDX-License-Identifier: MIT */
/* test_receipts.c - what a client is told that erases a session again. */
#include "tests/contract/opened_store.h"

/* Of a request that comes again when its rows are gone. */
START_TEST(a_receipt_is_kept_until_the_bytes_are_gone)
{
	const struct session_ref ref = { SLICE(""), SLICE("a") };
	int64_t oldest, newest;
	struct erasure erasure;
	struct session session;

	say(store, "a", "{\"content\":\"some words\"}");
	ok(store_begin(store, &error));
	session = find(store, "a");
	ok(store_session_erase(store, &session, 9000, &error));
	ok(store_commit(store, &error));
	maintain(store, 9000, 3);
	ok(store_erase_open(store, &oldest, &newest, &error));
	ck_assert_int_eq(oldest, 0);
	has_rows("message", 0);
	for (int i = 0; i < 2; i++) {
		ok(store_erase_find(store, ref, &erasure, &error));
		ck_assert_int_eq(erasure.erased_at, 9000);
		ck_assert_int_eq(erasure.deleted, 1);
		store_close(store);
		store = open_store(STORE_WRITE);
	}
	ck_assert_int_eq(store_upkeep(store, UPKEEP_WHOLE, &error), 1);
	has_rows("maintenance", 0);
	ok(store_erase_find(store, ref, &erasure, &error));
	ck_assert_int_eq(erasure.erased_at, 0);
}
END_TEST

CONTRACT_UNIT(
	"receipts", start, stop, a_receipt_is_kept_until_the_bytes_are_gone)
