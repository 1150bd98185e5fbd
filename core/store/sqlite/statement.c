/* SPDX-License-Identifier: MIT */
/*
 * statement.c - statements in use, and what SQLite returns for them.
 */
#include "core/store/sqlite/statement.h"

#include <stdarg.h>
#include <stdio.h>

void sqlite_tell(const struct store_options *options, int64_t done, int64_t all,
	const char *noun)
{
	char rest[80];

	if (!options->progress)
		return;
	snprintf(rest, sizeof(rest), "of %lld %s", (long long)all, noun);
	options->progress(options->progress_context, done, rest);
}

void sqlite_warn(const struct sqlite *sqlite, const char *format, ...)
{
	char line[500];
	va_list arguments;

	if (!sqlite->engine.options.warn)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	sqlite->engine.options.warn(sqlite->engine.options.warn_context, line);
}

/* These result codes mean something to a client; others are bugs or damage. */
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
	{ SQLITE_CORRUPT, ERROR_DAMAGED,
		"a page of the file is not what was written" },
	{ SQLITE_NOTADB, ERROR_DAMAGED,
		"a page of the file is not what was written" },
	{ 0, ERROR_INTERNAL, "the store failed" },
};

int sqlite_failed(struct sqlite *sqlite, int rc, struct error *error)
{
	size_t i = 0;

	if (rc != SQLITE_INTERRUPT && rc != SQLITE_ABORT) /* our own doing */
		sqlite_warn(sqlite, "sqlite: %s (%d)",
			sqlite3_errcode(sqlite->db) == SQLITE_OK
				? sqlite3_errstr(rc)
				: sqlite3_errmsg(sqlite->db),
			rc);
	while (failures[i].rc && failures[i].rc != (rc & 0xff))
		i++;
	error_describe(error, failures[i].code, "%s", failures[i].words);
	error->final = error->code == ERROR_DAMAGED;
	/* SQLite writes nothing more in this transaction, nor commits it. */
	if (rc == SQLITE_CORRUPT && sqlite->engine.mode == STORE_WRITE)
		sqlite->damaged = true;
	return -1;
}

/*
 * An error can end the transaction behind our back; what came after would
 * then commit by itself.
 */
static bool statement_is_undone(const struct sqlite *sqlite)
{
	return sqlite->batch && sqlite3_get_autocommit(sqlite->db);
}

bool sqlite_lost(const struct engine *engine)
{
	const struct sqlite *sqlite =
		(const struct sqlite *)(const void *)engine;

	return statement_is_undone(sqlite) ||
	       (sqlite->batch && (sqlite->damaged || sqlite->undone));
}

static void statement_begin(
	struct sqlite *sqlite, sqlite3_stmt *statement, struct query *query)
{
	*query = (struct query){
		.ops = &engine_sqlite,
		.engine = &sqlite->engine,
		.statement = statement,
		.state = statement_is_undone(sqlite) ? SQLITE_ABORT : SQLITE_OK,
	};
}

int statement_prepare(
	struct sqlite *sqlite, const char *text, sqlite3_stmt **out)
{
	return sqlite3_prepare_v3(
		sqlite->db, text, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
}

struct query sqlite_start(struct sqlite *sqlite, enum own which)
{
	struct query query;

	statement_begin(sqlite, sqlite->own[which], &query);
	return query;
}

/* Rows are read one by one, so no bound helps. */
void statement_start(struct engine *engine, enum sql which,
	struct query_most most, struct query *query)
{
	struct sqlite *sqlite = sqlite_of(engine);

	sqlite3_stmt **statement = &sqlite->statements[which];
	int rc = SQLITE_OK;

	(void)most;
	if (!*statement)
		rc = statement_prepare(sqlite, sqlite->texts[which], statement);
	statement_begin(sqlite, *statement, query);
	if (rc)
		query->state = rc;
}

static void statement_bound(struct query *query, int rc)
{
	if (query->state == SQLITE_OK)
		query->state = rc;
}

void statement_bind_number(struct query *query, int at, int64_t number)
{
	statement_bound(
		query, sqlite3_bind_int64(query->statement, at, number));
}

void statement_bind_text(struct query *query, int at, struct slice text)
{
	const char *data = text.data ? text.data : "";

	statement_bound(
		query, sqlite3_bind_text64(query->statement, at, data,
			       text.length, SQLITE_STATIC, SQLITE_UTF8));
}

void statement_bind_blob(struct query *query, int at, struct slice bytes)
{
	statement_bound(
		query, sqlite3_bind_blob64(query->statement, at, bytes.data,
			       bytes.length, SQLITE_STATIC));
}

void statement_bind_null(struct query *query, int at)
{
	statement_bound(query, sqlite3_bind_null(query->statement, at));
}

int statement_step(struct query *query, struct error *error)
{
	if (query->state == SQLITE_OK || query->state == SQLITE_ROW)
		query->state = sqlite3_step(query->statement);
	if (query->state == SQLITE_ROW)
		return 1;
	if (query->state == SQLITE_DONE)
		return 0;
	return sqlite_failed(sqlite_of(query->engine), query->state, error);
}

int64_t statement_number(const struct query *query, int column)
{
	return sqlite3_column_int64(query->statement, column);
}

/*
 * As a blob: asking for text would copy it to put a NUL behind.  Of a value, as
 * the connection is this thread's: to ask for a column twice takes longer.
 */
struct slice statement_text(const struct query *query, int column)
{
	sqlite3_value *value = sqlite3_column_value(query->statement, column);
	const char *data = sqlite3_value_blob(value);
	int length = sqlite3_value_bytes(value);

	return (struct slice){ data, (size_t)length };
}

/* The error of the last step, which reset returns again, is known. */
void statement_end(struct query *query)
{
	if (!query->statement)
		return;
	sqlite3_reset(query->statement);
	sqlite3_clear_bindings(query->statement);
}

int statement_run(struct query *query, struct error *error)
{
	int got;

	do
		got = statement_step(query, error);
	while (got > 0);
	statement_end(query);
	return got;
}

int statement_run_counting(
	struct query *query, int64_t *rows, struct error *error)
{
	if (statement_run(query, error))
		return -1;
	*rows = sqlite3_changes64(sqlite_of(query->engine)->db);
	return 0;
}

int statement_insert(struct query *query, int64_t *id, struct error *error)
{
	if (statement_run(query, error))
		return -1;
	*id = sqlite3_last_insert_rowid(sqlite_of(query->engine)->db);
	return 0;
}

int sqlite_control(struct sqlite *sqlite, enum own which)
{
	int rc = sqlite3_step(sqlite->own[which]);

	sqlite3_reset(sqlite->own[which]);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
