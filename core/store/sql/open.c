/* SPDX-License-Identifier: MIT */
/*
 * open.c - a store opened on the engine of its URL, and closed.
 */
#include "core/store/sql/open.h"
#include "core/store/backup.h"
#include "core/store/sql/session_cache.h"

#include <stdlib.h>
#include <string.h>

const struct engine_ops *store_find_engine(const char *url, struct error *error)
{
	const struct engine_row *row = store_engines;

	while (strncmp(url, row->scheme, strlen(row->scheme)) != 0)
		row++;
	if (!row->ops)
		error_describe(error, ERROR_NOT_CONFIGURED,
			"this chatmem was built without PostgreSQL; cmake"
			" -DCHATMEM_POSTGRESQL=ON builds it in");
	return row->ops;
}

int store_open(struct store **out, const struct store_options *options,
	enum store_mode mode, struct error *error)
{
	const struct engine_ops *ops = store_find_engine(options->url, error);
	struct store *store;

	if (!ops)
		return -1;
	store = calloc(1, sizeof(*store));
	if (!store)
		return error_out_of_memory(error);
	store->ops = ops;
	store->options = *options;
	if (ops->shared)
		store->options.recent = NULL;
	store->mode = mode;
	store->held_from = INT64_MAX;
	store_texts(store->ops, store->texts);
	if ((mode == STORE_WRITE && store_cache_new(store, error)) ||
		store->ops->open(
			&store->engine, options, mode, store->texts, error)) {
		store_close(store);
		return -1;
	}
	if ((store->options.recent &&
		    (mode == STORE_WRITE ? store_writing_open
					 : store_reading_open)(store, error)) ||
		store_epochs_open(store, error) ||
		(mode == STORE_WRITE && store_usage_open(store, error))) {
		store_close(store);
		return -1;
	}
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	if (store->batch)
		store_rollback(store);
	if (store->engine)
		store->ops->close(store->engine);
	store_cache_free(store);
	store_reading_close(store);
	store_writing_close(store);
	store_epochs_close(store);
	free(store->settle.seqs);
	free(store->usage.tenants);
	free(store);
}

int store_restore(const struct store_options *options,
	struct restoring *restoring, struct error *error)
{
	const struct engine_ops *ops = store_find_engine(options->url, error);

	if (!ops)
		return -1;
	if (!ops->restore)
		return error_set(error, ERROR_NOT_CONFIGURED,
			"the database's own tools restore it");
	return ops->restore(options, restoring, error);
}

int store_plan_migration(const struct store_options *options,
	struct migration_plan *plan, struct error *error)
{
	const struct engine_ops *ops = store_find_engine(options->url, error);

	*plan = (struct migration_plan){ 0 };
	if (!ops)
		return -1;
	if (!ops->plan)
		return error_set(error, ERROR_NOT_CONFIGURED,
			"nothing is known of this database's upgrades");
	return ops->plan(options, plan, error);
}
