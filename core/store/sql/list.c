/* SPDX-License-Identifier: MIT */
/*
 * list.c - lists of sessions.
 *
 * One index gives the order; what else the query asks for is compared row by
 * row, and such rows are handed out as hidden.
 */
#include "core/store/list.h"
#include "core/store/sql/sql.h"

static enum sql list_statement_of(const struct session_query *what)
{
	switch (session_order(what)) {
	case ORDER_NAME:
		return SQL_SESSIONS_BY_NAME;
	case ORDER_BIRTH:
		return SQL_SESSIONS_BY_TAG;
	case ORDER_ACTIVITY:
		break;
	}
	return what->owner.length ? SQL_SESSIONS_BY_OWNER
				  : SQL_SESSIONS_BY_TOUCH;
}

/* The statement of this list, bound. */
static struct query list_start(
	struct store *store, const struct session_query *what)
{
	const enum sql which = list_statement_of(what);
	const struct session_cursor *after = &what->after;
	struct query query = query_start(store, which);

	query_text(&query, 1, what->tenant);
	if (which == SQL_SESSIONS_BY_NAME) {
		query_text(&query, 2, what->prefix);
		query_text(&query, 3, after->name);
		return query;
	}
	query_number(&query, 2, after->id ? after->time : INT64_MAX);
	query_number(&query, 3, after->id ? after->id : INT64_MAX);
	if (which == SQL_SESSIONS_BY_OWNER) {
		query_text(&query, 4, what->owner);
	} else if (which == SQL_SESSIONS_BY_TAG) {
		query_text(&query, 4, what->tags->key);
		query_text(&query, 5, what->tags->value);
	}
	return query;
}

static void list_read_row(const struct query *query, struct session_row *row)
{
	const int first = STORE_SESSION_COLUMNS;

	store_read_session(query, &row->session);
	row->name = query_get_text(query, first);
	row->owner = query_get_text(query, first + 1);
	row->memory = query_get_text(query, first + 2);
	row->metadata = query_get_text(query, first + 3);
	row->updated_at = query_get_number(query, first + 4);
}

int store_session_list(struct store *store, const struct session_query *what,
	int (*visit)(void *context, const struct session_row *row),
	void *context, struct error *error)
{
	struct query query = list_start(store, what);
	struct text scratch = { 0 };
	struct session_row row;
	int more;

	while ((more = query_step(&query, error)) > 0) {
		list_read_row(&query, &row);
		if (what->has_prefix &&
			!list_begins_with(row.name, what->prefix))
			break;
		row.hidden = list_is_hidden(what, &row, &scratch);
		if (scratch.failed || visit(context, &row))
			break;
	}
	query_end(&query);
	if (more > 0 && scratch.failed)
		more = error_out_of_memory(error);
	text_clear(&scratch);
	return more < 0 ? -1 : 0;
}
