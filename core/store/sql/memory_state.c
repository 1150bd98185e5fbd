/* SPDX-License-Identifier: MIT */
/*
 * memory_state.c - what memory classes keep of a session.
 */
#include "core/store/memory_state.h"
#include "core/store/checksum.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statements. */
enum {
	STATE_SESSION = 1,
	STATE_CLASS,
	STATE_KEY,
	STATE_SEQ,
	STATE_EDITS,
	STATE_BYTES,
	STATE_CHECKSUM
};
enum { ITEM_SEQ = STATE_SEQ, ITEM_BYTES, ITEM_CHECKSUM };
enum { ITEMS_AFTER = 4 };
enum { FORGET_SESSION = 1, FORGET_FIRST };
enum { COPY_FROM = 1, COPY_TO, COPY_LAST_SEQ, COPY_EDITS };
enum { ERASE_SESSION = 1, ERASE_MOST };

/* And the columns of their rows. */
enum { IS_SEQ, IS_EDITS, IS_BYTES, IS_CHECKSUM };
enum { IS_ITEM_SEQ, IS_ITEM_BYTES, IS_ITEM_CHECKSUM };

/* A damaged one may be beyond any number, and stays what it is. */
#define SUM_OF_COPY                                            \
	"CASE WHEN checksum BETWEEN 1 AND 9000000000000000000" \
	" THEN checksum - ?1 + ?2 ELSE checksum END"

const char *const memory_state_sql[SQL_COUNT] = {
	[SQL_STATE_FIND] = "SELECT seq, edits, state, coalesce(checksum, 0)"
			   " " STATES OF_KEY,
	[SQL_STATE_ITEMS] = "SELECT seq, item, coalesce(checksum, 0)"
			    " " ITEMS OF_KEY "AND seq > ?4 ORDER BY seq",
	[SQL_STATE_KEEP] =
		"INSERT INTO memory_state (session, class, key, seq, edits,"
		" state, checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
		" ON CONFLICT (session, class, key) DO UPDATE"
		" SET seq = ?4, edits = ?5, state = ?6, checksum = ?7",
	[SQL_ITEM_KEEP] =
		"INSERT INTO memory_item (session, class, key, seq, item,"
		" checksum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT (session, class, key, seq) DO UPDATE"
		" SET item = ?5, checksum = ?6",
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
		" state, checksum) SELECT ?2, class, key, seq, ?4, state,"
		" " SUM_OF_COPY " " STATES "AND seq <= ?3",
	[SQL_ITEMS_COPY] =
		"INSERT INTO memory_item (session, class, key, seq, item,"
		" checksum) SELECT ?2, class, key, seq, item,"
		" " SUM_OF_COPY " " ITEMS
		"AND (class, key) IN (SELECT class, key " STATES
		"AND seq <= ?3)",
	[SQL_STATES_ERASE] =
		"DELETE FROM memory_state WHERE id IN (SELECT id " STATES
		"AND NOT EXISTS (SELECT 1 FROM session WHERE id = ?1) LIMIT ?2)",
	[SQL_ITEMS_ERASE] =
		"DELETE FROM memory_item WHERE id IN (SELECT id " ITEMS
		"AND NOT EXISTS (SELECT 1 FROM session WHERE id = ?1) LIMIT ?2)",
};

/*
 * The sum of what is kept under a key, and the id of its session, so that a
 * fork's copy has another one by its own.  A state without bytes is lowered to
 * its items: its seq counts for nothing.
 */
static int64_t memory_state_sum(
	const struct state_key *key, int64_t seq, struct slice bytes)
{
	uint64_t sum = checksum_of(key->class, (uint64_t)seq);

	sum = checksum_of(bytes, checksum_of(key->memory_key, sum));
	return (int64_t)(sum >> 2) + key->session->id;
}

static int64_t memory_state_sum_of_state(
	const struct state_key *key, const struct session_state *state)
{
	return memory_state_sum(
		key, state->bytes.length > 0 ? state->seq : 0, state->bytes);
}

/* A row of before there were sums has none. */
static bool memory_state_holds(
	const struct query *query, int column, int64_t sum)
{
	const int64_t kept = query_get_number(query, column);

	return kept == 0 || kept == sum;
}

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
		out->bytes = query_get_text(&query, IS_BYTES);
		if (!memory_state_holds(&query, IS_CHECKSUM,
			    memory_state_sum_of_state(key, out)))
			found = store_damaged_state(
				store, key->session, key->class, error);
		text_slice(buf, out->bytes);
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
	query_number(
		&query, STATE_CHECKSUM, memory_state_sum_of_state(key, state));
	return query_run(&query, error);
}

int store_memory_item_keep(struct store *store, const struct state_key *key,
	int64_t seq, struct slice bytes, struct error *error)
{
	struct query query = memory_state_start(store, SQL_ITEM_KEEP, key);

	query_number(&query, ITEM_SEQ, seq);
	query_blob(&query, ITEM_BYTES, memory_state_value(bytes));
	query_number(&query, ITEM_CHECKSUM, memory_state_sum(key, seq, bytes));
	return query_run(&query, error);
}

/* The items of a key, after this seq. */
struct memory_state_items {
	struct store *store;
	const struct state_key *key;
	struct item_visitor visitor;
	int64_t after;
	bool stopped;
};

/* 1: the item was visited; -1: it is damaged. */
static int memory_state_visit_item(struct memory_state_items *items,
	const struct query *query, struct error *error)
{
	const struct slice bytes = query_get_text(query, IS_ITEM_BYTES);
	const struct state_key *key = items->key;
	const struct item_visitor *visitor = &items->visitor;

	items->after = query_get_number(query, IS_ITEM_SEQ);
	if (!memory_state_holds(query, IS_ITEM_CHECKSUM,
		    memory_state_sum(key, items->after, bytes)))
		return store_damaged_state(
			items->store, key->session, key->class, error);
	items->stopped =
		visitor->visit(visitor->context, items->after, bytes) != 0;
	return 1;
}

/* 1: there may be more of them; 0; -1. */
static int memory_state_visit_items(
	struct memory_state_items *items, struct error *error)
{
	struct query query =
		memory_state_start(items->store, SQL_STATE_ITEMS, items->key);
	int found = 1;

	query_number(&query, ITEMS_AFTER, items->after);
	while (!items->stopped && found > 0) {
		found = query_step(&query, error);
		if (found > 0)
			found = memory_state_visit_item(items, &query, error);
	}
	query_end(&query);
	return found < 0 ? -1 : !items->stopped && query.more;
}

int store_memory_item_list(struct store *store, const struct state_key *key,
	struct item_visitor visitor, struct error *error)
{
	struct memory_state_items items = { store, key, visitor, 0, false };
	int more;

	do
		more = memory_state_visit_items(&items, error);
	while (more > 0);
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
