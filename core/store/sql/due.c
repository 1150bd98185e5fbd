/* SPDX-License-Identifier: MIT */
/* due.c - what is due on one handle becomes due on another one. */
#include "core/store/due.h"

#include "core/store/sql/sql.h"

struct store_due store_due_take(struct store *store)
{
	const struct store_due due = { store->due_at,
		store->engine->index.due_at };

	store->due_at = store->engine->index.due_at = INT64_MAX;
	return due;
}

void store_due_add(struct store *store, const struct store_due *due)
{
	if (due->rows < store->due_at)
		store->due_at = due->rows;
	engine_index_due(store->engine, due->words);
}
