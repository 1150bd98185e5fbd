/* SPDX-License-Identifier: MIT */
/*
 * memory_state.c - what memory classes keep of a session.
 */
#include "core/store/memory_state.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statements. */
enum {
	STATE_SESSION = 1,
	STATE_CLASS,
	STATE_KEY,
	STATE_SEQ,
	STATE_EDITS,
	STATE_BYTES
};
enum { ITEM_SEQ = STATE_SEQ, ITEM_BYTES };
enum { ITEMS_AFTER = 4 };
enum { FORGET_SESSION = 1, FORGET_FIRST };
enum { COPY_FROM = 1, COPY_TO, COPY_LAST_SEQ, COPY_EDITS };
enum { ERASE_SESSION = 1, ERASE_MOST };

/* And the columns of their rows. */
enum { IS_SEQ, IS_EDITS, IS_BYTES };
enum { IS_ITEM_SEQ, IS_ITEM_BYTES };

const char *const memory_state_sql[SQL_COUNT] = {
	[SQL_STATE_FIND] = "SELECT seq, edits, state " STATES OF_KEY,
	[SQL_STATE_ITEMS] =
		"SELECT seq, item " ITEMS OF_KEY "AND seq > ?4 ORDER BY seq",
	[SQL_STATE_KEEP] =
		"INSERT INTO memory_state (session, class, key, seq, edits,"
		" state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT (session, class, key) DO UPDATE"
		" SET seq = ?4, edits = ?5, state = ?6",
	[SQL_ITEM_KEEP] =
		"INSERT INTO memory_item (session, class, key, seq, item)"
		" VALUES (?1, ?2, ?3, ?4, ?5)"
		" ON CONFLICT (session, class, key, seq) DO UPDATE"
		" SET item = ?5",
	[SQL_STATE_FORGET] =
		"DELETE " STATES "AND seq >= ?2 AND length(state) > 0",
	[SQL_ITEMS_DROP] =
		"DELETE " ITEMS "AND (class, key) IN (SELECT class, key " STATES
		"AND seq >= ?2 AND length(state) > 0)",
	[SQL_ITEMS_FORGET] = "DELETE " ITEMS "AND seq >= ?2",
	[SQL_STATE_LOWER] =
		"UPDATE memory_state AS kept SET seq = coalesce((SELECT"
		" max(item.seq) FROM memory_item AS item WHERE session = ?1"
		" AND item.class = kept.class AND item.key = kept.key), 0)"
		" WHERE session = ?1 AND seq >= ?2",
	[SQL_STATE_COPY] =
		"INSERT INTO memory_state (session, class, key, seq, edits,"
		" state) SELECT ?2, class, key, seq, ?4, state " STATES
		"AND seq <= ?3",
	[SQL_ITEMS_COPY] =
		"INSERT INTO memory_item (session, class, key, seq, item)"
		" SELECT ?2, class, key, seq, item " ITEMS
		"AND (class, key) IN (SELECT class, key " STATES
		"AND seq <= ?3)",
	[SQL_STATES_ERASE] =
		"DELETE FROM memory_state WHERE id IN (SELECT id " STATES
		"AND NOT EXISTS (SELECT 1 FROM session WHERE id = ?1) LIMIT ?2)",
	[SQL_ITEMS_ERASE] =
		"DELETE FROM memory_item WHERE id IN (SELECT id " ITEMS
		"AND NOT EXISTS (SELECT 1 FROM session WHERE id = ?1) LIMIT ?2)",
};

static struct query memory_state_start(
	struct store *store, enum sql which, const struct state_key *key)
{
	struct query query = query_rows(
		store, which, which == SQL_STATE_ITEMS ? STORE_PIECE_ROWS : 1);

	query_number(&query, STATE_SESSION, key->session->id);
	query_text(&query, STATE_CLASS, key->class);
	query_text(&query, STATE_KEY, key->memory_key);
	return query;
}

int store_memory_state_find(struct store *store, const struct state_key *key,
	struct text *buf, struct session_state *out, struct error *error)
{
	struct query query = memory_state_start(store, SQL_STATE_FIND, key);
	const size_t begun = buf->length;
	int found = query_step(&query, error);

	*out = (struct session_state){ 0 };
	if (found > 0) {
		out->seq = query_get_number(&query, IS_SEQ);
		out->edits = query_get_number(&query, IS_EDITS);
		text_slice(buf, query_get_text(&query, IS_BYTES));
	}
	query_end(&query);
	if (found < 0)
		return -1;
	if (buf->failed)
		return error_out_of_memory(error);
	out->bytes = text_view(buf);
	out->bytes.data += begun;
	out->bytes.length -= begun;
	return 0;
}

/* Nothing is a value too. */
static struct slice memory_state_value(struct slice bytes)
{
	return bytes.length > 0 ? bytes : SLICE("");
}

int store_memory_state_keep(struct store *store, const struct state_key *key,
	const struct session_state *state, struct error *error)
{
	struct query query = memory_state_start(store, SQL_STATE_KEEP, key);

	query_number(&query, STATE_SEQ, state->seq);
	query_number(&query, STATE_EDITS, key->session->edits);
	query_blob(&query, STATE_BYTES, memory_state_value(state->bytes));
	return query_run(&query, error);
}

int store_memory_item_keep(struct store *store, const struct state_key *key,
	int64_t seq, struct slice bytes, struct error *error)
{
	struct query query = memory_state_start(store, SQL_ITEM_KEEP, key);

	query_number(&query, ITEM_SEQ, seq);
	query_blob(&query, ITEM_BYTES, memory_state_value(bytes));
	return query_run(&query, error);
}

/* Visits the items after *item; 1: there may be more of them; 0; -1. */
static int memory_state_visit_items(struct query *query, int64_t *item,
	struct item_visitor visitor, struct error *error)
{
	bool stopped = false;
	int found = 1;

	while (!stopped && (found = query_step(query, error)) > 0) {
		*item = query_get_number(query, IS_ITEM_SEQ);
		stopped = visitor.visit(visitor.context, *item,
				  query_get_text(query, IS_ITEM_BYTES)) != 0;
	}
	query_end(query);
	return found < 0 ? -1 : !stopped && query->more;
}

int store_memory_item_list(struct store *store, const struct state_key *key,

	struct item_visitor visitor, struct error *error)
{
	int64_t item = 0;
	int more;

	do {
		struct query query =
			memory_state_start(store, SQL_STATE_ITEMS, key);

		query_number(&query, ITEMS_AFTER, item);
		more = memory_state_visit_items(&query, &item, visitor, error);
	} while (more > 0);
	return more;
}

/* A state without bytes is as true as the items before are. */
int store_memory_state_forget(struct store *store,
	const struct session *session, int64_t first, struct error *error)
{
	static const enum sql steps[] = { SQL_ITEMS_DROP, SQL_STATE_FORGET,
		SQL_ITEMS_FORGET, SQL_STATE_LOWER };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct query query = query_start(store, steps[i]);

		query_number(&query, FORGET_SESSION, session->id);
		query_number(&query, FORGET_FIRST, first);
		if (query_run(&query, error))
			return -1;
	}
	return 0;
}

int store_memory_state_copy(struct store *store, const struct session *parent,
	const struct session *fork, struct error *error)
{
	struct query query = query_start(store, SQL_STATE_COPY);

	query_number(&query, COPY_FROM, parent->id);
	query_number(&query, COPY_TO, fork->id);
	query_number(&query, COPY_LAST_SEQ, fork->last_seq);
	query_number(&query, COPY_EDITS, fork->edits);
	if (query_run(&query, error))
		return -1;
	query = query_start(store, SQL_ITEMS_COPY);
	query_number(&query, COPY_FROM, parent->id);
	query_number(&query, COPY_TO, fork->id);
	query_number(&query, COPY_LAST_SEQ, fork->last_seq);
	return query_run(&query, error);
}

int store_memory_state_erase(struct store *store, int64_t session, int64_t most,
	int64_t *count, struct error *error)
{
	static const enum sql rows[] = { SQL_ITEMS_ERASE, SQL_STATES_ERASE };
	int64_t left = most, erased;

	for (size_t i = 0; left && i < sizeof(rows) / sizeof(*rows); i++) {
		struct query query = query_start(store, rows[i]);

		query_number(&query, ERASE_SESSION, session);
		query_number(&query, ERASE_MOST, left);
		if (query_run_counting(&query, &erased, error))
			return -1;
		left -= erased;
	}
	*count = most - left;
	return 0;
}
