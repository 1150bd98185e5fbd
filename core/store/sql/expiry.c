/* SPDX-License-Identifier: MIT */
/*
 * expiry.c - sessions that end by the dozen: an owner's, and those
 * that nobody wrote to for too long.
 *
 * Each is looked up by its name, so that the writer's cache and the expiry
 * have one way in.
 */
#include "core/store/sql/sql.h"

/* The names of a session, copied: its row may go. */
struct names {
	struct text text;
	size_t tenant; /* bytes of it */
};

/* Reads tenant and name of the first row, if any, and ends the query. */
static int expiry_first_names(
	struct query *query, struct names *names, struct error *error)
{
	int found = query_step(query, error);

	names->text.length = 0;
	if (found > 0) {
		text_slice(&names->text, query_get_text(query, 0));
		names->tenant = names->text.length;
		text_slice(&names->text, query_get_text(query, 1));
	}
	query_end(query);
	return names->text.failed ? error_out_of_memory(error) : found;
}

/* The writer's handle removes it if it is gone. */
static int expiry_find_named(struct store *store, const struct names *names,
	int64_t now, struct session *out, struct error *error)
{
	struct slice tenant = { names->text.data, names->tenant };
	struct slice name = { names->text.data + names->tenant,
		names->text.length - names->tenant };

	return store_session_take(store, tenant, name, now, out, error);
}

/* --- by their owner --------------------------------------------------- */

/* What this owner has, or had when its erasure began that still goes on. */
static int expiry_read_owner(struct store *store, enum sql which,
	struct slice tenant, struct slice owner, struct owner_erasure *out,
	struct error *error)
{
	const bool counts = which == SQL_OWNER_COUNT;
	struct query query = query_start(store, which);
	int found;

	query_text(&query, 1, tenant);
	query_text(&query, 2, owner);
	if (counts)
		query_number(&query, 3, out->erased_at);
	found = query_step(&query, error);
	if (found > 0) {
		out->sessions = query_get_number(&query, 0);
		out->messages = query_get_number(&query, 1);
		if (!counts)
			out->erased_at = query_get_number(&query, 2);
	}
	query_end(&query);
	return found;
}

static int expiry_write_erasure(struct store *store, struct slice tenant,
	struct slice owner, const struct owner_erasure *erasure,
	struct error *error)
{
	struct query query = query_start(store, SQL_OWNER_ERASE);
	int64_t id;

	query_text(&query, 1, tenant);
	query_text(&query, 2, owner);
	query_number(&query, 3, erasure->sessions);
	query_number(&query, 4, erasure->messages);
	query_number(&query, 5, erasure->erased_at);
	if (query_insert(&query, &id, error))
		return -1;
	query = query_start(store, SQL_OWNER_MAINTENANCE);
	query_number(&query, 1, id);
	store_due(store, 0);
	store_cache_drop_all(store);
	return query_run(&query, error);
}

int store_owner_erase(struct store *store, struct slice tenant,
	struct slice owner, int64_t now, struct owner_erasure *out,
	struct error *error)
{
	int found;

	*out = (struct owner_erasure){ .erased_at = now };
	if (expiry_read_owner(
		    store, SQL_OWNER_COUNT, tenant, owner, out, error) < 0)
		return -1;
	if (out->sessions == 0) {
		found = expiry_read_owner(
			store, SQL_OWNER_FIND, tenant, owner, out, error);
		if (found)
			return found < 0 ? -1 : 0;
	}
	return expiry_write_erasure(store, tenant, owner, out, error);
}

int store_owner_check(struct store *store, const struct session *session,
	struct slice owner, struct error *error)
{
	struct query query = query_start(store, SQL_OWNER_CLASH);
	int found;

	query_number(&query, 1, session->id);
	query_text(&query, 2, owner);
	found = query_step(&query, error);
	query_end(&query);
	if (found > 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"the sessions of \"%.*s\" are being erased",
			SLICE_SHORT(owner));
	return found;
}

int store_owner_step(
	struct store *store, int64_t row, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_OWNER_SESSION);
	struct names names = { 0 };
	struct session session;
	int found;

	query_number(&query, 1, row);
	found = expiry_first_names(&query, &names, error);
	if (found > 0 && expiry_find_named(store, &names, now, &session, error))
		found = -1;
	text_clear(&names.text);
	if (found == 0)
		return store_erasure_end(store, row, error);
	return found < 0 ? -1 : 0;
}

/* --- by their time ---------------------------------------------------- */

void store_expiry_due(struct store *store, const struct session *session)
{
	if (session->ttl_seconds)
		store_due(store, session_expires_at(session));
}

int store_expire_step(
	struct store *store, int64_t now, int64_t *rows, struct error *error)
{
	struct names names = { 0 };
	struct session session;
	int found = 0;

	for (; *rows > 0; --*rows) {
		struct query query = query_start(store, SQL_SESSION_EXPIRED);

		query_number(&query, 1, now);
		found = expiry_first_names(&query, &names, error);
		if (found <= 0)
			break;
		found = expiry_find_named(store, &names, now, &session, error);
		/* Its row is late: an append leaves it so for a minute. */
		if (found == 0 && session.id != 0)
			found = store_session_touch(store, &session,
				session_expires_at(&session) -
					session.ttl_seconds * 1000,
				error);
		if (found < 0)
			break;
	}
	text_clear(&names.text);
	return found < 0 ? -1 : 0;
}
