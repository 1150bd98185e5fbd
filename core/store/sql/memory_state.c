/* SPDX-License-Identifier: MIT */
/*
 * memory_state.c - what memory classes keep of a session.
 */
#include "core/store/memory_state.h"
#include "core/store/sql/sql.h"

static struct query memory_state_start(struct store *store, enum sql which,
	const struct session *session, const struct state_key *key)
{
	struct query query = query_start(store, which);

	query_number(&query, 1, session->id);
	query_text(&query, 2, key->class);
	query_text(&query, 3, key->memory_key);
	return query;
}

int store_memory_state_find(struct store *store, const struct session *session,
	const struct state_key *key, struct text *buf,
	struct session_state *out, struct error *error)
{
	struct query query =
		memory_state_start(store, SQL_STATE_FIND, session, key);
	const size_t begun = buf->length;
	int found = query_step(&query, error);

	*out = (struct session_state){ 0 };
	if (found > 0) {
		out->seq = query_get_number(&query, 0);
		out->edits = query_get_number(&query, 1);
		text_slice(buf, query_get_text(&query, 2));
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

static int memory_state_write_item(struct store *store,
	const struct session *session, const struct state_key *key,
	int64_t item, int64_t seq, struct slice bytes, struct error *error)
{
	struct query query =
		memory_state_start(store, SQL_STATE_KEEP, session, key);

	query_number(&query, 4, item);
	query_number(&query, 5, seq);
	query_number(&query, 6, session->edits);
	/* Nothing is a value too. */
	query_blob(&query, 7, bytes.length > 0 ? bytes : SLICE(""));
	return query_run(&query, error);
}

int store_memory_state_keep(struct store *store, const struct session *session,
	const struct state_key *key, const struct session_state *state,
	struct error *error)
{
	return memory_state_write_item(
		store, session, key, 0, state->seq, state->bytes, error);
}

int store_memory_item_keep(struct store *store, const struct session *session,
	const struct state_key *key, int64_t seq, struct slice bytes,
	struct error *error)
{
	return memory_state_write_item(
		store, session, key, seq, seq, bytes, error);
}

int store_memory_item_list(struct store *store, const struct session *session,
	const struct state_key *key,
	int (*visit)(void *context, int64_t seq, struct slice bytes),
	void *context, struct error *error)
{
	struct query query =
		memory_state_start(store, SQL_STATE_ITEMS, session, key);
	int found;

	while ((found = query_step(&query, error)) > 0)
		if (visit(context, query_get_number(&query, 0),
			    query_get_text(&query, 1)))
			break;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* A state without bytes is as true as the items before are. */
int store_memory_state_forget(struct store *store,
	const struct session *session, int64_t first, struct error *error)
{
	static const enum sql steps[] = { SQL_STATE_FORGET, SQL_ITEMS_FORGET,
		SQL_STATE_LOWER };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct query query = query_start(store, steps[i]);

		query_number(&query, 1, session->id);
		query_number(&query, 2, first);
		if (query_run(&query, error))
			return -1;
	}
	return 0;
}

int store_memory_state_copy(struct store *store, const struct session *parent,
	const struct session *fork, struct error *error)
{
	struct query query = query_start(store, SQL_STATE_COPY);

	query_number(&query, 1, parent->id);
	query_number(&query, 2, fork->id);
	query_number(&query, 3, fork->last_seq);
	query_number(&query, 4, fork->edits);
	return query_run(&query, error);
}

int store_memory_state_erase(struct store *store, int64_t session, int64_t most,
	int64_t *count, struct error *error)
{
	struct query query = query_start(store, SQL_STATES_ERASE);

	query_number(&query, 1, session);
	query_number(&query, 2, most);
	return query_run_counting(&query, count, error);
}
