/* SPDX-License-Identifier: MIT */
/*
 * sqlite.c - batches, their members, and statements in use.
 */
#include "core/store/sqlite/sqlite.h"

#include <stdarg.h>
#include <stdio.h>

void store_warn(const struct store *store, const char *format, ...)
{
	char line[500];
	va_list arguments;

	if (!store->options.warn)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	store->options.warn(store->options.warn_context, line);
}

/* What a result code means to a client; the rest are bugs or damage. */
static const struct {
	int rc;
	enum error_code code;
	const char *words;
} failures[] = {
	{ SQLITE_NOMEM, ERROR_UNAVAILABLE, "out of memory" },
	{ SQLITE_FULL, ERROR_STORAGE, "there is no room left to store this" },
	{ SQLITE_BUSY, ERROR_UNAVAILABLE, "the store is busy" },
	{ SQLITE_PROTOCOL, ERROR_UNAVAILABLE, "the store is busy" },
	{ SQLITE_IOERR, ERROR_UNAVAILABLE, "the store cannot be reached" },
	{ SQLITE_CANTOPEN, ERROR_UNAVAILABLE, "the store cannot be reached" },
	{ SQLITE_ABORT, ERROR_UNAVAILABLE, "the batch was undone" },
	{ SQLITE_TOOBIG, ERROR_TOO_LARGE,
		"what is to be stored is over the bound of 64 MiB" },
	{ 0, ERROR_INTERNAL, "the store failed" },
};

int store_failed(struct store *store, int rc, struct error *error)
{
	size_t i = 0;

	if (rc != SQLITE_INTERRUPT) /* which is our own doing */
		store_warn(store, "sqlite: %s (%d)", sqlite3_errmsg(store->db),
			rc);
	while (failures[i].rc && failures[i].rc != (rc & 0xff))
		i++;
	return error_set(error, failures[i].code, "%s", failures[i].words);
}

/*
 * An error can end the transaction behind our back; what came after would
 * then commit by itself.
 */
bool store_batch_lost(const struct store *store)
{
	return store->batch && sqlite3_get_autocommit(store->db);
}

struct query query_start(struct store *store, enum sql which)
{
	int rc = store_batch_lost(store) ? SQLITE_ABORT : SQLITE_OK;

	return (struct query){ store, store->sql[which], rc };
}

static void sqlite_bound(struct query *query, int rc)
{
	if (query->rc == SQLITE_OK)
		query->rc = rc;
}

void query_number(struct query *query, int at, int64_t number)
{
	sqlite_bound(query, sqlite3_bind_int64(query->statement, at, number));
}

void query_text(struct query *query, int at, struct slice text)
{
	const char *data = text.data ? text.data : "";

	sqlite_bound(query, sqlite3_bind_text64(query->statement, at, data,
				    text.length, SQLITE_STATIC, SQLITE_UTF8));
}

void query_blob(struct query *query, int at, struct slice bytes)
{
	sqlite_bound(query, sqlite3_bind_blob64(query->statement, at,
				    bytes.data, bytes.length, SQLITE_STATIC));
}

void query_optional(struct query *query, int at, struct slice text)
{
	if (text.length)
		query_text(query, at, text);
	else
		sqlite_bound(query, sqlite3_bind_null(query->statement, at));
}

int query_step(struct query *query, struct error *error)
{
	if (query->rc == SQLITE_OK || query->rc == SQLITE_ROW)
		query->rc = sqlite3_step(query->statement);
	if (query->rc == SQLITE_ROW)
		return 1;
	if (query->rc == SQLITE_DONE)
		return 0;
	return store_failed(query->store, query->rc, error);
}

int64_t query_get_number(const struct query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

/* As a blob: asking for text would copy it to put a NUL behind. */
struct slice query_get_text(const struct query *query, int column)
{
	const char *data = sqlite3_column_blob(query->statement, column);
	int length = sqlite3_column_bytes(query->statement, column);

	return (struct slice){ data, (size_t)length };
}

/* The error of the last step, which reset returns again, is known. */
void query_end(struct query *query)
{
	sqlite3_reset(query->statement);
	sqlite3_clear_bindings(query->statement);
}

int query_run(struct query *query, struct error *error)
{
	int got;

	do
		got = query_step(query, error);
	while (got > 0);
	query_end(query);
	return got;
}

/* Runs one of the statements that begin and end transactions. */
static int sqlite_control(struct store *store, enum sql which)
{
	int rc = sqlite3_step(store->sql[which]);

	sqlite3_reset(store->sql[which]);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int sqlite_may_write(struct store *store, struct error *error)
{
	if (store->mode == STORE_READ)
		return 0;
	if (!store->ready)
		return error_set(error, ERROR_UNKNOWN,
			"the disk failed; the store must be opened again");
	return store_file_room(store, error);
}

int store_begin(struct store *store, struct error *error)
{
	bool reads = store->mode == STORE_READ;
	int rc;

	if (sqlite_may_write(store, error))
		return -1;
	rc = sqlite_control(store, reads ? SQL_BEGIN_READ : SQL_BEGIN_WRITE);
	if (rc)
		return store_failed(store, rc, error);
	store->batch = true;
	store_cache_begin(store);
	return 0;
}

void store_rollback(struct store *store)
{
	if (!sqlite3_get_autocommit(store->db))
		sqlite_control(store, SQL_ROLLBACK);
	store->batch = false;
	store->due_at = 0;
	if (store->options.search)
		store->index_at = 0;
	store_cache_undo_all(store);
}

/*
 * Only a full disk and a busy file are known to have left nothing behind: a
 * commit whose fsync failed may be there after a crash.
 */
int store_commit(struct store *store, struct error *error)
{
	bool lost = store_batch_lost(store);
	int rc = lost ? SQLITE_ABORT : sqlite_control(store, SQL_COMMIT);

	if (rc == SQLITE_OK) {
		store->batch = false;
		return 0;
	}
	store_failed(store, rc, error);
	store_rollback(store);
	rc &= 0xff;
	if (lost || rc == SQLITE_FULL || rc == SQLITE_BUSY)
		return -1;
	store->ready = false;
	return error_set(error, ERROR_UNKNOWN,
		"the disk failed; this may or may not have been stored");
}

int store_enter(struct store *store, struct error *error)
{
	int rc = store_batch_lost(store) ? SQLITE_ABORT
					 : sqlite_control(store, SQL_ENTER);

	if (rc)
		return store_failed(store, rc, error);
	store->unfinished = false;
	store_cache_enter(store);
	return 0;
}

int store_leave(struct store *store, bool keep, struct error *error)
{
	int rc = store_batch_lost(store) ? SQLITE_ABORT : SQLITE_OK;

	if (rc == SQLITE_OK && !keep)
		rc = sqlite_control(store, SQL_UNDO);
	if (rc == SQLITE_OK)
		rc = sqlite_control(store, SQL_KEEP);
	if (rc || !keep)
		store_cache_undo(store);
	return rc ? store_failed(store, rc, error) : 0;
}
