/* SPDX-License-Identifier: MIT */
/*
 * store_sqlite_reply.c - replies kept for requests that come again.
 */
#include "core/store_reply.h"
#include "core/store_sqlite.h"

/* So many old ones make room for a new one: there is never a backlog. */
#define PURGED_ROWS 2

static void read_reply(const struct query *query, struct kept_reply *reply)
{
	*reply = (struct kept_reply){
		.session = query_get_number(query, 0),
		.digest = query_get_text(query, 1),
		.status = (int)query_get_number(query, 2),
		.etag = query_get_text(query, 3),
		.location = query_get_text(query, 4),
		.body = query_get_text(query, 5),
	};
}

static int visit_one(struct query *query,
	int (*visit)(void *context, const struct kept_reply *reply),
	void *context, struct error *error)
{
	struct kept_reply reply;
	int found = query_step(query, error);

	if (found > 0) {
		read_reply(query, &reply);
		visit(context, &reply);
	}
	query_end(query);
	return found < 0 ? -1 : 0;
}

int store_reply_find(struct store *store, struct slice tenant, struct slice key,
	int64_t after,
	int (*visit)(void *context, const struct kept_reply *reply),
	void *context, struct error *error)
{
	struct query query = query_start(store, SQL_REPLY_BY_KEY);

	query_text(&query, 1, tenant);
	query_blob(&query, 2, key);
	query_number(&query, 3, after);
	return visit_one(&query, visit, context, error);
}

int store_reply_newest(struct store *store, const struct session *session,
	int64_t after,
	int (*visit)(void *context, const struct kept_reply *reply),
	void *context, struct error *error)
{
	struct query query = query_start(store, SQL_REPLY_NEWEST);

	query_number(&query, 1, session->id);
	query_number(&query, 2, after);
	return visit_one(&query, visit, context, error);
}

static int purge(struct store *store, int64_t until, struct error *error)
{
	struct query query = query_start(store, SQL_REPLY_PURGE);

	query_number(&query, 1, until);
	query_number(&query, 2, PURGED_ROWS);
	return query_run(&query, error);
}

int store_reply_keep(struct store *store, struct slice tenant, struct slice key,
	const struct kept_reply *reply, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_REPLY_KEEP);

	query_text(&query, 1, tenant);
	query_number(&query, 2, reply->session);
	if (key.length > 0)
		query_blob(&query, 3, key);
	query_blob(&query, 4, reply->digest);
	query_number(&query, 5, now);
	query_number(&query, 6, reply->status);
	query_text(&query, 7, reply->etag);
	query_text(&query, 8, reply->location);
	query_text(&query, 9, reply->body);
	if (query_run(&query, error))
		return -1;
	return purge(store, now - STORE_REPLY_KEPT, error);
}
