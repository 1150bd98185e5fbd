/* SPDX-License-Identifier: MIT */
/*
 * statements.c - the tables of statements, which are each beside its subject.
 */
#include "core/store/sql/sql.h"

#include <assert.h>

static const char *const *const statements_tables[] = {
	archive_sql,
	as_of_sql,
	batch_sql,
	change_feed_sql,
	check_sql,
	checksum_fill_sql,
	copy_on_write_sql,
	edit_sql,
	epoch_sql,
	erase_sql,
	erased_sql,
	expect_newest_sql,
	expect_sql,
	expect_sessions_sql,
	expiry_sql,
	find_ids_sql,
	fork_sql,
	gc_history_sql,
	gc_sql,
	history_sql,
	idempotency_purge_sql,
	idempotency_sql,
	item_sessions_sql,
	list_sql,
	maintenance_sql,
	memory_state_sql,
	message_sql,
	owner_sql,
	response_sql,
	restore_sql,
	rows_sql,
	schedule_sql,
	seal_fill_sql,
	search_sql,
	segment_sql,
	session_find_sql,
	session_sql,
	settle_sql,
	stuck_sql,
	tags_sql,
	usage_count_sql,
	usage_sql,
};

static const char *statements_find(enum sql which)
{
	const size_t count =
		sizeof(statements_tables) / sizeof(*statements_tables);

	for (size_t i = 0; i < count; i++)
		if (statements_tables[i][which])
			return statements_tables[i][which];
	return NULL;
}

void store_texts(const struct engine_ops *ops, const char *texts[SQL_COUNT])
{
	for (enum sql i = 0; i < SQL_COUNT; i++) {
		texts[i] = ops->overrides ? ops->overrides[i] : NULL;
		if (!texts[i])
			texts[i] = statements_find(i);
		assert(texts[i]);
	}
}

void store_start(struct store *store, enum sql which, struct query_most most,
	struct query *query)
{
	if (store_reading_holds(store))
		store->ops->start(store->engine, which, most, query);
	else
		*query = store_refused_query();
}
