/* SPDX-License-Identifier: MIT */
/* lists.c - the newest messages of several sessions, a part for each. */
#include "core/store/lists.h"
#include "core/store/postgresql/postgresql.h"

enum { LISTS_NAMES = 1 };

static void lists_start(
	struct engine *engine, struct slice names, struct query *query)
{
	pg_start_own(engine, PG_NEWEST, query);
	pg_bind_text(query, LISTS_NAMES, names);
}

static void lists_part(
	const struct query *query, struct query_part of, struct query *part)
{
	const struct pg_statement *whole = query->statement;
	struct pg_statement *statement =
		pg_statement_begin(query->engine, whole->text, part);

	if (!statement)
		return;
	statement->result = whole->result;
	statement->is_part = true;
	statement->row = of.first;
	statement->end = of.first + of.count;
	statement->piece = of.first + of.most;
}

const struct engine_lists pg_lists = {
	.start = lists_start,
	.part = lists_part,
};
