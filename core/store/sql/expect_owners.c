/* SPDX-License-Identifier: MIT */
/* expect_owners.c - the owners whom a batch gives sessions, or erases. */
#include "core/store/expect.h"
#include "core/store/sql/expectations.h"

#include <stdlib.h>

/* By tenant and owner, its erasure first. */
static int expect_owners_order(const void *left, const void *right)
{
	const struct store_expected *a = *(const void *const *)left;
	const struct store_expected *b = *(const void *const *)right;
	int order = slice_compare(a->ref.tenant, b->ref.tenant);

	if (!order)
		order = slice_compare(a->owner, b->owner);
	return order ? order : b->erases_owner - a->erases_owner;
}

/* Each batch asks for them in one order, so that no two wait for each other. */
static void expect_owners_lock(
	struct store *store, const struct store_expected **owners, size_t count)
{
	qsort(owners, count, sizeof(const void *), expect_owners_order);
	for (size_t i = 0; i < count; i++) {
		const struct engine_owner whose = {
			.tenant = owners[i]->ref.tenant,
			.owner = owners[i]->owner
		};

		store_lock_owner(store, &whose,
			owners[i]->erases_owner ? LOCK_OWN : LOCK_SHARED);
	}
}

int store_expect_owners(struct store *store,
	const struct store_expected *expected, size_t count,
	struct error *error)
{
	const struct store_expected **owners =
		calloc(count, sizeof(const void *));
	size_t some = 0;

	if (!owners)
		return error_out_of_memory(error);
	for (size_t i = 0; i < count; i++)
		if (expected[i].owner.length)
			owners[some++] = &expected[i];
	expect_owners_lock(store, owners, some);
	free(owners);
	return 0;
}
