/* SPDX-License-Identifier: MIT */
/* lists.c - the newest messages of several sessions, a part for each. */
#include "core/store/lists.h"
#include "core/store/postgresql/array.h"
#include "core/store/postgresql/postgresql.h"

enum { LISTS_TENANTS = 1, LISTS_NAMES, LISTS_MOST };

static void lists_start(struct engine *engine,
	const struct query_sessions *sessions, struct query *query)
{
	pg_start_own(engine, PG_NEWEST, query);
	pg_bind_text(query, LISTS_TENANTS, sessions->tenants);
	pg_bind_text(query, LISTS_NAMES, sessions->names);
	pg_bind_text(query, LISTS_MOST, sessions->most);
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
	.values = &pg_value_list,
};
