/* SPDX-License-Identifier: MIT */
/*
 * store_sqlite_end.c - sessions that end by the dozen: an owner's, and those
 * that nobody wrote to for too long.
 *
 * Each is looked up by its name, so that the writer's cache and the expiry
 * have one way in.
 */
#include "store_sqlite.h"

/* The names of a session, copied: its row may go. */
struct names {
	struct text text;
	size_t tenant; /* bytes of it */
};

/* Reads tenant and name of the first row, if any, and ends the query. */
static int first_names(
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

/* As at the time `now`, at which it may have to go. */
static int find_named(struct store *store, const struct names *names,
	int64_t now, struct session *out, struct error *error)
{
	struct slice tenant = { names->text.data, names->tenant };
	struct slice name = { names->text.data + names->tenant,
		names->text.length - names->tenant };

	return store_session_find(store, tenant, name, now, out, error);
}

int store_owner_erase(struct store *store, struct slice tenant,
	struct slice owner, int64_t now, struct owner_erasure *out,
	struct error *error)
{
	struct names names = { 0 };
	struct session session;
	int found;

	*out = (struct owner_erasure){ 0 };
	for (;;) {
		struct query query = query_start(store, SQL_SESSION_OF_OWNER);

		query_text(&query, 1, tenant);
		query_text(&query, 2, owner);
		found = first_names(&query, &names, error);
		if (found <= 0)
			break;
		/* In the beginning none had expired. */
		found = find_named(store, &names, 0, &session, error);
		if (found == 0)
			found = store_session_erase(
				store, &session, now, error);
		if (found < 0)
			break;
		if (session_has_expired(&session, now))
			continue;
		out->sessions++;
		out->messages += session_message_count(&session);
	}
	text_clear(&names.text);
	return found;
}

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
		found = first_names(&query, &names, error);
		if (found <= 0)
			break;
		found = find_named(store, &names, now, &session, error);
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
