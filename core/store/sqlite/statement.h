/* SPDX-License-Identifier: MIT */
/*
 * statement.h - the slots of a statement in use; see struct engine_ops.
 */
#ifndef CORE_STORE_SQLITE_STATEMENT_H
#define CORE_STORE_SQLITE_STATEMENT_H

#include "core/store/sqlite/sqlite.h"

/* Makes a statement of a text, to be finalized; what SQLite returns. */
int statement_prepare(
	struct sqlite *sqlite, const char *text, sqlite3_stmt **out);

void statement_start(struct engine *engine, enum sql which,
	struct query_most most, struct query *query);
void statement_bind_number(struct query *query, int at, int64_t number);
void statement_bind_text(struct query *query, int at, struct slice text);
void statement_bind_blob(struct query *query, int at, struct slice bytes);
void statement_bind_null(struct query *query, int at);
int statement_step(struct query *query, struct error *error);
int64_t statement_number(const struct query *query, int column);
struct slice statement_text(const struct query *query, int column);
void statement_end(struct query *query);
int statement_run(struct query *query, struct error *error);
int statement_run_counting(
	struct query *query, int64_t *rows, struct error *error);
int statement_insert(struct query *query, int64_t *id, struct error *error);

#endif
