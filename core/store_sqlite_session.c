/* SPDX-License-Identifier: MIT */
/*
 * store_sqlite_session.c - sessions: found, made, changed, erased, listed.
 */
#include "store_sqlite.h"

#include <string.h>
#include <sys/random.h>

int64_t session_version(const struct session *session)
{
	return session->last_seq + session->edits;
}

int64_t session_message_count(const struct session *session)
{
	return session->last_seq - session->removed;
}

/* The first columns of every statement that finds sessions. */
static void read_session(const struct query *query, struct session *out)
{
	struct slice mark = query_get_text(query, 7);

	*out = (struct session){
		.id = query_get_number(query, 0),
		.history = query_get_number(query, 1),
		.last_seq = query_get_number(query, 2),
		.edits = query_get_number(query, 3),
		.removed = query_get_number(query, 4),
		.created_at = query_get_number(query, 5),
		.touched_at = query_get_number(query, 6),
		.inherited = query_get_number(query, 8),
		.purged = query_get_number(query, 9),
		.retain_retired = query_get_number(query, 10),
	};
	if (mark.length == MARK_LENGTH)
		memcpy(out->mark, mark.data, MARK_LENGTH);
}

int store_session_find(struct store *store, struct slice tenant,
	struct slice name, struct session *out, struct error *error)
{
	struct query query;
	int found;

	*out = (struct session){ 0 };
	if (store_cache_find(store, tenant, name, out))
		return 0;
	query = query_start(store, SQL_SESSION_FIND);
	query_text(&query, 1, tenant);
	query_text(&query, 2, name);
	found = query_step(&query, error);
	if (found > 0) {
		read_session(&query, out);
		store_cache_put(store, tenant, name, out);
	}
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* 64 random bits, five to a letter; no i, l, o or u. */
int store_mark_make(char mark[MARK_LENGTH + 1], struct error *error)
{
	static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		return error_set(error, ERROR_UNAVAILABLE,
			"the system has no random numbers");
	for (int i = 0; i < MARK_LENGTH; i++, bits >>= 5)
		mark[i] = letters[bits & 31];
	mark[MARK_LENGTH] = '\0';
	return 0;
}

int store_history_make(struct store *store, struct session *session,
	int64_t from_version, const struct segment *base, struct error *error)
{
	struct query query = query_start(store, SQL_HISTORY_CREATE);

	query_number(&query, 1, session->id);
	query_number(&query, 2, from_version);
	query_text(&query, 3, slice_of(session->mark));
	if (base) {
		query_number(&query, 4, base->history);
		query_number(&query, 5, base->upto);
		query_number(&query, 6, base->version);
	}
	if (query_run(&query, error))
		return -1;
	session->history = sqlite3_last_insert_rowid(store->db);
	session->inherited = base ? base->upto : 0;
	return 0;
}

static int insert_session(struct store *store, struct slice tenant,
	struct slice name, struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_CREATE);

	query_text(&query, 1, tenant);
	query_text(&query, 2, name);
	query_text(&query, 3, slice_of(session->mark));
	query_number(&query, 4, session->created_at);
	if (query_run(&query, error))
		return -1;
	session->id = sqlite3_last_insert_rowid(store->db);
	return 0;
}

/* The session shows the history that was made for it. */
int store_session_show(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_HISTORY);

	query_number(&query, 1, session->id);
	query_number(&query, 2, session->history);
	return query_run(&query, error);
}

int store_session_create(struct store *store, struct slice tenant,
	struct slice name, int64_t now, struct session *out,
	struct error *error)
{
	*out = (struct session){ .created_at = now,
		.touched_at = now,
		.retain_retired = STORE_RETAIN };
	if (store_mark_make(out->mark, error) ||
		insert_session(store, tenant, name, out, error) ||
		store_history_make(store, out, 0, NULL, error) ||
		store_session_show(store, out, error))
		return -1;
	store_cache_put(store, tenant, name, out);
	store_cache_changed(store, out);
	return 0;
}

int store_session_settings(struct store *store, const struct session *session,
	struct text *memory, struct text *metadata, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_SETTINGS);
	int found;

	query_number(&query, 1, session->id);
	found = query_step(&query, error);
	if (found > 0 && memory)
		text_slice(memory, query_get_text(&query, 0));
	if (found > 0 && metadata)
		text_slice(metadata, query_get_text(&query, 1));
	query_end(&query);
	if ((memory && memory->failed) || (metadata && metadata->failed))
		return error_out_of_memory(error);
	return found < 0 ? -1 : 0;
}

int store_session_configure(struct store *store, struct session *session,
	struct slice memory, struct slice metadata, int64_t now,
	struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_CONFIGURE);

	query_number(&query, 1, session->id);
	query_number(&query, 2, session->last_seq);
	query_number(&query, 3, session->edits + 1);
	query_number(&query, 4, now);
	query_text(&query, 5, memory);
	query_text(&query, 6, metadata);
	if (query_run(&query, error))
		return -1;
	session->edits++;
	session->touched_at = now;
	store_cache_changed(store, session);
	return 0;
}

int store_session_erase(
	struct store *store, const struct session *session, struct error *error)
{
	static const enum sql steps[] = { SQL_ERASE_MESSAGES, SQL_ERASE_RETIRED,
		SQL_ERASE_HISTORIES, SQL_ERASE_SESSION };

	store_cache_drop(store, session);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct query query = query_start(store, steps[i]);

		query_number(&query, 1, session->id);
		if (query_run(&query, error))
			return -1;
	}
	return 0;
}

int store_session_updated(struct store *store, const struct session *session,
	int64_t *updated_at, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_UPDATED);
	int found;

	query_number(&query, 1, session->history);
	found = query_step(&query, error);
	*updated_at = session->touched_at;
	if (found > 0 && query_get_number(&query, 0) > *updated_at)
		*updated_at = query_get_number(&query, 0);
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* The statement of this list, bound. */
static struct query list_start(
	struct store *store, const struct session_query *what)
{
	bool all = !what->before_touched && !what->before_id;
	struct query query = query_start(store,
		what->by_prefix ? SQL_SESSIONS_BY_NAME : SQL_SESSIONS_BY_TOUCH);

	query_text(&query, 1, what->tenant);
	if (what->by_prefix) {
		query_text(&query, 2, what->prefix);
		query_text(&query, 3, what->after_name);
	} else {
		query_number(&query, 2, all ? INT64_MAX : what->before_touched);
		query_number(&query, 3, all ? INT64_MAX : what->before_id);
	}
	query_number(&query, 4, what->limit);
	return query;
}

static void read_row(const struct query *query, struct session_row *row)
{
	read_session(query, &row->session);
	row->name = query_get_text(query, 11);
	row->memory = query_get_text(query, 12);
	row->metadata = query_get_text(query, 13);
	row->updated_at = query_get_number(query, 14);
}

/* Names come in order: the first that begins otherwise ends a list. */
static bool is_listed(
	const struct session_query *what, const struct session_row *row)
{
	struct slice head = row->name;

	if (!what->by_prefix)
		return true;
	if (head.length > what->prefix.length)
		head.length = what->prefix.length;
	return slice_equal(head, what->prefix);
}

int store_session_list(struct store *store, const struct session_query *what,
	int (*visit)(void *context, const struct session_row *row),
	void *context, struct error *error)
{
	struct query query = list_start(store, what);
	struct session_row row;
	int more;

	while ((more = query_step(&query, error)) > 0) {
		read_row(&query, &row);
		if (!is_listed(what, &row) || visit(context, &row))
			break;
	}
	query_end(&query);
	return more < 0 ? -1 : 0;
}
