/* SPDX-License-Identifier: MIT */
/*
 * members.h - batches of several members, run as the writer of the server
 * runs them: an engine may lose a batch, and then each is run again alone.
 */
#ifndef TESTS_CONTRACT_MEMBERS_H
#define TESTS_CONTRACT_MEMBERS_H

#include "tests/contract/store_unit.h"

struct members {
	/* Runs the nth; false: what it wrote is undone.  May run again. */
	bool (*run)(struct store *writer, void *context, int nth);
	void *context;
	int count;
};

/* False: nothing of it happened. */
static inline bool members_run_once(
	struct store *writer, const struct members *members, int first, int end)
{
	ok(store_begin(writer, &error));
	for (int i = first; i < end; i++) {
		bool keep;

		ok(store_enter(writer, &error));
		keep = members->run(writer, members->context, i);
		if (store_batch_lost(writer) ||
			store_leave(writer, keep, &error)) {
			ck_assert(store_batch_lost(writer));
			store_rollback(writer);
			return false;
		}
	}
	if (!store_commit(writer, &error))
		return true;
	ck_assert_msg(store_batch_lost(writer), "%s", error.message);
	return false;
}

/* All in one batch; or each alone, when that one was lost. */
static inline void members_run(
	struct store *writer, const struct members *members)
{
	if (members_run_once(writer, members, 0, members->count))
		return;
	ck_assert_int_gt(members->count, 1);
	for (int i = 0; i < members->count; i++)
		ck_assert(members_run_once(writer, members, i, i + 1));
}

#endif
