/* SPDX-License-Identifier: MIT */
/*
 * merge.c - messages that follow each other in the queue go as one statement.
 *
 * For the server a statement of many rows is half the work of as many
 * statements.  Each parameter becomes an array.
 */
#include "core/store/postgresql/array.h"
#include "core/store/postgresql/postgresql.h"

#include <stdlib.h>

/* In the order of the parameters of SQL_MESSAGE_APPEND. */
static const enum array_of merge_types[] = { OF_NUMBERS, OF_NUMBERS, OF_NUMBERS,
	OF_NUMBERS, OF_NUMBERS, OF_NUMBERS, OF_BYTES, OF_BYTES, OF_TEXTS,
	OF_TEXTS, OF_NUMBERS, OF_NUMBERS };
#define MERGE_PARAMETERS ((int)(sizeof(merge_types) / sizeof(*merge_types)))

static bool merge_is_append(
	const struct postgresql *pg, const struct pg_statement *statement)
{
	return statement && statement->text == pg->texts[SQL_MESSAGE_APPEND] &&
	       statement->count == MERGE_PARAMETERS && !statement->waited_for;
}

/* How many there are from here on, one after the other. */
static int64_t merge_count(
	const struct postgresql *pg, const struct pg_statement *from)
{
	int64_t count = 0;

	for (; merge_is_append(pg, from); from = from->next)
		count++;
	return count;
}

static void merge_put_value(struct text *out, const struct pg_value *value)
{
	if (value->type == PG_NUMBER)
		pg_array_number(out, value->number);
	else if (value->type == PG_BYTES)
		pg_array_bytes(out, value->bytes);
	else
		pg_array_null(out);
}

static void merge_put_array(struct text *out, const struct pg_statement *from,
	int64_t count, int parameter)
{
	pg_array_begin(out, merge_types[parameter], (size_t)count);
	for (; count > 0; count--, from = from->next)
		merge_put_value(out, &from->bound[parameter]);
}

/* NULL: out of memory, so they go one by one. */
static struct pg_statement *merge_make(
	struct postgresql *pg, const struct pg_statement *from, int64_t count)
{
	struct pg_statement *all = pg_statement_new(pg->own[PG_APPEND_ALL]);
	size_t ends[MERGE_PARAMETERS + 1] = { 0 };

	if (!all)
		return NULL;
	for (int i = 0; i < MERGE_PARAMETERS; i++) {
		merge_put_array(&all->kept, from, count, i);
		ends[i + 1] = all->kept.length;
	}
	if (all->kept.failed) {
		pg_statement_free(all);
		return NULL;
	}
	for (int i = 0; i < MERGE_PARAMETERS; i++)
		all->bound[i] = (struct pg_value){ .type = PG_BYTES,
			.bytes = { all->kept.data + ends[i],
				ends[i + 1] - ends[i] } };
	all->count = MERGE_PARAMETERS;
	all->writes = all->prepares = all->queued = true;
	return all;
}

/* In place of those from *at on. */
static void merge_replace(
	struct pg_statement **at, struct pg_statement *all, int64_t count)
{
	struct pg_statement *next = *at;

	for (; count > 0; count--) {
		struct pg_statement *statement = next;

		next = statement->next;
		pg_statement_free(statement);
	}
	all->next = next;
	*at = all;
}

void pg_merge(struct postgresql *pg)
{
	for (struct pg_statement **at = &pg->first; *at; at = &(*at)->next) {
		const int64_t count = merge_count(pg, *at);
		struct pg_statement *all =
			count > 1 ? merge_make(pg, *at, count) : NULL;

		if (all)
			merge_replace(at, all, count);
	}
}
