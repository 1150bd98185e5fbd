/* SPDX-License-Identifier: MIT */
/*
 * open.c - opening, migrating and closing a store.
 */
#include "core/store/sqlite/migrations.h"
#include "core/store/sqlite/sqlite.h"

#include <stdlib.h>
#include <string.h>

/* On a full disk a database cannot even be opened: the ballast is for that. */
static int open_connect_writer(struct store *store, struct error *error)
{
	int rc;

	if (store_connect(store, error) == 0)
		return 0;
	rc = sqlite3_errcode(store->db) & 0xff;
	if (rc != SQLITE_FULL && rc != SQLITE_IOERR && rc != SQLITE_CANTOPEN)
		return -1;
	if (!store_ballast_release(store))
		return -1;
	sqlite3_close(store->db);
	store->db = NULL;
	return store_connect(store, error);
}

static int open_check_file(struct store *store, struct error *error)
{
	int64_t pages;
	char answer[32];

	if (store_ask_number(store, SQL_PAGES, &pages, error))
		return -1;
	if (pages * STORE_PAGE_BYTES >= STORE_CHECKED_BYTES)
		return 0;
	if (store_ask(store, store_sql[SQL_CHECK], answer, error))
		return -1;
	if (strcmp(answer, "ok") != 0)
		return error_set(error, ERROR_INTERNAL, "\"%s\" is damaged: %s",
			store->path, answer);
	return 0;
}

/* One step, in one transaction; the file sets its own user_version. */
static int open_migrate_once(
	struct store *store, int64_t version, struct error *error)
{
	int64_t after;

	if (store_run(store, store_sql[SQL_BEGIN_WRITE], error))
		return -1;
	if (store_run(store, migrations[version], error) == 0 &&
		store_ask_number(store, SQL_VERSION, &after, error) == 0) {
		if (after == version + 1)
			return store_run(store, store_sql[SQL_COMMIT], error);
		error_describe(error, ERROR_INTERNAL,
			"migration %lld left the tables at version %lld",
			(long long)version + 1, (long long)after);
	}
	sqlite3_exec(store->db, store_sql[SQL_ROLLBACK], NULL, NULL, NULL);
	return -1;
}

static int open_migrate(struct store *store, struct error *error)
{
	int64_t version;

	if (store_ask_number(store, SQL_VERSION, &version, error))
		return -1;
	for (; migrations[version]; version++)
		if (open_migrate_once(store, version, error))
			return -1;
	return 0;
}

static int open_prepare(struct store *store, struct error *error)
{
	for (int i = 0; i < SQL_COUNT; i++)
		if (sqlite3_prepare_v3(store->db, store_sql[i], -1,
			    SQLITE_PREPARE_PERSISTENT, &store->sql[i], NULL))
			return store_open_failed(store, error);
	return 0;
}

/* The log that a crash left is emptied before there are readers. */
static int open_writer(struct store *store, struct error *error)
{
	if (store_file_take(store, error) ||
		open_connect_writer(store, error) ||
		open_check_file(store, error) || open_migrate(store, error) ||
		store_cache_new(store, error) ||
		store_words_open(store, error) || open_prepare(store, error) ||
		store_index_open(store, error))
		return -1;
	store_log_watch(store);
	store->ready = true;
	store_ballast_make(store);
	return store_checkpoint(store, CHECKPOINT_TRUNCATE, error) < 0 ? -1 : 0;
}

static int open_reader(struct store *store, struct error *error)
{
	return store_connect(store, error) || store_words_open(store, error) ||
			       open_prepare(store, error)
		       ? -1
		       : 0;
}

int store_open(struct store **out, const struct store_options *options,
	enum store_mode mode, struct error *error)
{
	struct store *store = calloc(1, sizeof(*store));
	bool reads = mode == STORE_READ;

	if (!store)
		return error_out_of_memory(error);
	store->options = *options;
	store->mode = mode;
	store->lock = -1;
	if (reads ? open_reader(store, error) : open_writer(store, error)) {
		store->ready = false;
		store_close(store);
		return -1;
	}
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	struct error ignored = { 0 };

	if (!store)
		return;
	if (store->batch)
		store_rollback(store);
	if (store->ready) {
		store_checkpoint(store, CHECKPOINT_TRUNCATE, &ignored);
		/* So that SQLite removes the log if nobody reads. */
		sqlite3_db_config(
			store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	}
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(store->sql[i]);
	store_words_close(store);
	sqlite3_close(store->db);
	store_cache_free(store);
	store_file_leave(store);
	free(store);
}
