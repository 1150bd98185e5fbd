/* SPDX-License-Identifier: MIT */
/*
 * list.c - lists of sessions.
 *
 * One index gives the order; what else the query asks for is compared row by
 * row, and such rows are handed out as hidden.
 */
#include "core/store/list.h"
#include "core/store/figures.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statements. */
enum { LIST_TENANT = 1 };
enum { LIST_PREFIX = 2, LIST_AFTER_NAME };
enum { LIST_TIME = 2, LIST_ID, LIST_OWNER };
enum { LIST_KEY = 4, LIST_VALUE };
enum { COUNT_ALL };

/* Places that a statement passes, each by a look at an index. */
#define LIST_PAGES_MOST 1000

/* A place in an index; the name comes by name only. */
enum { IS_NEXT_NAME, IS_NEXT_ID, IS_NEXT_TIME };
/* These come behind the columns of a session. */
enum { IS_NAME = SESSION_REST, IS_OWNER, IS_TEXTS };
enum { IS_UPDATED_AT = IS_TEXTS + TEXTS_REST };

const char *const list_sql[SQL_COUNT] = {
	[SQL_SESSIONS_COUNT] = "SELECT count(*) FROM session",
	/* The unary plus leaves the index to the greater bound. */
	[SQL_SESSIONS_BY_NAME] =
		"SELECT " LIST_COLUMNS " FROM session WHERE tenant = ?1"
		" AND name >= max(?2, ?3) AND +name > ?3 ORDER BY name",
	/* The next place, by the index alone. */
	[SQL_SESSIONS_NEXT_NAME] =
		"SELECT name, id, 0 FROM session WHERE tenant = ?1"
		" AND name >= max(?2, ?3) AND +name > ?3 ORDER BY name LIMIT 1",
	[SQL_SESSIONS_NEXT_TOUCH] =
		"SELECT '', id, touched_at FROM session WHERE tenant = ?1"
		" AND (touched_at, id) < (?2, ?3)"
		" ORDER BY touched_at DESC, id DESC LIMIT 1",
	[SQL_SESSIONS_NEXT_OF_OWNER] =
		"SELECT '', id, touched_at FROM session WHERE tenant = ?1"
		" AND (touched_at, id) < (?2, ?3) AND owner = ?4"
		" ORDER BY touched_at DESC, id DESC LIMIT 1",
	[SQL_SESSIONS_NEXT_OF_TAG] =
		"SELECT '', session, born_at FROM tag WHERE tenant = ?1"
		" AND key = ?4 AND value = ?5 AND (born_at, session) < (?2, ?3)"
		" ORDER BY born_at DESC, session DESC LIMIT 1",
	[SQL_SESSIONS_BY_TOUCH] =
		"SELECT " LIST_COLUMNS " FROM session WHERE tenant = ?1"
		" AND (touched_at, id) < (?2, ?3)"
		" ORDER BY touched_at DESC, id DESC",
	[SQL_SESSIONS_OLDEST_TOUCH] =
		"SELECT " LIST_COLUMNS " FROM session WHERE tenant = ?1"
		" AND (touched_at, id) > (?2, ?3)"
		" ORDER BY touched_at, id",
	[SQL_SESSIONS_BY_OWNER] =
		"SELECT " LIST_COLUMNS " FROM session WHERE tenant = ?1"
		" AND (touched_at, id) < (?2, ?3) AND owner = ?4"
		" ORDER BY touched_at DESC, id DESC",
	[SQL_SESSIONS_BY_TAG] =
		"SELECT " LIST_COLUMNS " FROM tag CROSS JOIN session"
		" ON id = tag.session AND session.tenant = tag.tenant"
		" WHERE tag.tenant = ?1 AND key = ?4"
		" AND value = ?5 AND (born_at, tag.session) < (?2, ?3)"
		" ORDER BY born_at DESC, tag.session DESC",
};

int store_count_sessions(
	struct store *store, int64_t *count, struct error *error)
{
	struct query query = query_start(store, SQL_SESSIONS_COUNT);
	int found = query_step(&query, error);

	*count = found > 0 ? query_get_number(&query, COUNT_ALL) : 0;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

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
	if (what->owner.length > 0)
		return SQL_SESSIONS_BY_OWNER;
	return what->ascending ? SQL_SESSIONS_OLDEST_TOUCH
			       : SQL_SESSIONS_BY_TOUCH;
}

static enum sql list_next_of(const struct session_query *what)
{
	switch (session_order(what)) {
	case ORDER_NAME:
		return SQL_SESSIONS_NEXT_NAME;
	case ORDER_BIRTH:
		return SQL_SESSIONS_NEXT_OF_TAG;
	case ORDER_ACTIVITY:
		break;
	}
	return what->owner.length > 0 ? SQL_SESSIONS_NEXT_OF_OWNER
				      : SQL_SESSIONS_NEXT_TOUCH;
}

/* A statement of this list, bound; it goes on behind this cursor. */
static struct query list_start(struct store *store,
	const struct session_query *what, const struct session_cursor *after,
	enum sql which)
{
	const enum session_order order = session_order(what);
	const int64_t start = what->ascending ? 0 : INT64_MAX;
	struct query query = query_rows(store, which, STORE_PIECE_ROWS);

	query_text(&query, LIST_TENANT, what->tenant);
	if (order == ORDER_NAME) {
		query_text(&query, LIST_PREFIX, what->prefix);
		query_text(&query, LIST_AFTER_NAME, after->name);
		return query;
	}
	query_number(&query, LIST_TIME, after->id ? after->time : start);
	query_number(&query, LIST_ID, after->id ? after->id : start);
	if (order == ORDER_ACTIVITY && what->owner.length > 0) {
		query_text(&query, LIST_OWNER, what->owner);
	} else if (order == ORDER_BIRTH) {
		query_text(&query, LIST_KEY, what->tags->key);
		query_text(&query, LIST_VALUE, what->tags->value);
	}
	return query;
}

static int list_read_row(const struct store *store, const struct query *query,
	struct session_row *row, struct error *error)
{
	row->name = query_get_text(query, IS_NAME);
	row->owner = query_get_text(query, IS_OWNER);
	row->memory = query_get_text(query, IS_TEXTS + TEXTS_MEMORY);
	row->metadata = query_get_text(query, IS_TEXTS + TEXTS_METADATA);
	row->updated_at = query_get_number(query, IS_UPDATED_AT);
	return store_read_session(
		       store, query, row->name, &row->session, error) ||
			       store_check_texts(
				       query, row->name, IS_TEXTS, error)
		       ? -1
		       : 0;
}

struct list_walk {
	struct store *store;
	const struct session_query *what;
	struct session_visitor visitor;
	struct session_cursor cursor; /* behind the last row; its name is */
	struct text name;	      /* kept here */
	struct text scratch;
	int pages; /* that were passed */
	bool ended;
};

/* Where to go on, as the row's own name is borrowed. */
static void list_remember(struct list_walk *walk, const struct session_row *row)
{
	walk->cursor = session_cursor(walk->what, row);
	walk->name.length = 0;
	text_slice(&walk->name, walk->cursor.name);
	walk->cursor.name = text_view(&walk->name);
}

/* Names come in their order. */
static bool list_is_beyond(
	const struct session_query *what, const struct session_row *row)
{
	return what->has_prefix && !list_begins_with(row->name, what->prefix);
}

/* 1: the caller is told and it goes on; -1.  Behind no id nothing goes on. */
static int list_pass_damaged(struct list_walk *walk,
	const struct session_row *row, struct error *error)
{
	if (error->code != ERROR_DAMAGED || !walk->what->damaged ||
		row->session.id == 0)
		return -1;
	if (!list_is_beyond(walk->what, row))
		walk->what->damaged(walk->visitor.context, row->name, error);
	list_remember(walk, row);
	*error = (struct error){ 0 };
	return walk->name.failed ? -1 : 1;
}

/* Visits the rows and ends the query; 1: there may be more; 0; -1. */
static int list_visit_rows(
	struct list_walk *walk, struct query *query, struct error *error)
{
	const struct session_query *what = walk->what;
	struct session_row row;
	int more = 1;

	while (!walk->ended && (more = query_step(query, error)) > 0) {
		if (list_read_row(walk->store, query, &row, error)) {
			more = list_pass_damaged(walk, &row, error);
			if (more < 0)
				break;
			continue;
		}
		list_remember(walk, &row);
		row.hidden = list_is_hidden(what, &row, &walk->scratch);
		walk->ended = walk->scratch.failed || walk->name.failed ||
			      list_is_beyond(what, &row) ||
			      walk->visitor.visit(walk->visitor.context, &row);
	}
	query_end(query);
	if (walk->scratch.failed || walk->name.failed)
		return error_out_of_memory(error);
	return more < 0 ? -1 : !walk->ended && query->more;
}

/* Goes on behind the place where a page is damaged; 1; 0: none is there; -1. */
static int list_pass_page(struct list_walk *walk, struct error *error)
{
	const struct session_query *what = walk->what;
	struct query query = list_start(
		walk->store, what, &walk->cursor, list_next_of(what));
	struct error ignored = { 0 };
	struct session_row row = { 0 };
	const int found = query_step(&query, &ignored);

	if (found > 0) {
		row.name = query_get_text(&query, IS_NEXT_NAME);
		row.session.id = query_get_number(&query, IS_NEXT_ID);
		row.session.touched_at = row.session.created_at =
			query_get_number(&query, IS_NEXT_TIME);
		if (row.name.length > 0)
			store_damaged_named(
				&walk->store->options, row.name, error);
		else
			store_damaged_session(walk->store, &row.session, error);
		walk->ended = list_is_beyond(what, &row);
		if (!walk->ended)
			what->damaged(walk->visitor.context, row.name, error);
		list_remember(walk, &row);
		*error = (struct error){ 0 };
	}
	query_end(&query);
	if (walk->name.failed)
		return error_out_of_memory(error);
	return found > 0 ? !walk->ended : -1;
}

int store_session_list(struct store *store, const struct session_query *what,
	struct session_visitor visitor, struct error *error)
{
	struct list_walk walk = {
		.store = store,
		.what = what,
		.visitor = visitor,
		.cursor = what->after,
	};
	int more;

	do {
		struct query query = list_start(
			store, what, &walk.cursor, list_statement_of(what));

		more = list_visit_rows(&walk, &query, error);
		if (more < 0 && error->code == ERROR_DAMAGED &&
			what->passes_pages && walk.pages++ < LIST_PAGES_MOST)
			more = list_pass_page(&walk, error);
	} while (more > 0);
	text_clear(&walk.name);
	text_clear(&walk.scratch);
	return more;
}
