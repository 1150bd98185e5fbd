/* SPDX-License-Identifier: MIT */
/*
 * idempotency.c - replies kept for requests that come again.
 */
#include "core/store/idempotency.h"
#include "core/store/sql/sql.h"

/* For a tenant, so that keys fill no disk: 115 a second all day. */
#define MOST 10000000

static void idempotency_read_record(
	const struct query *query, struct idempotency_record *reply)
{
	*reply = (struct idempotency_record){
		.session = query_get_number(query, 0),
		.digest = query_get_text(query, 1),
		.status = (int)query_get_number(query, 2),
		.etag = query_get_text(query, 3),
		.location = query_get_text(query, 4),
		.body = query_get_text(query, 5),
	};
}

static int idempotency_visit_one(struct query *query,
	int (*visit)(void *context, const struct idempotency_record *reply),
	void *context, struct error *error)
{
	struct idempotency_record reply;
	int found = query_step(query, error);

	if (found > 0) {
		idempotency_read_record(query, &reply);
		visit(context, &reply);
	}
	query_end(query);
	return found < 0 ? -1 : 0;
}

int store_idempotency_find(struct store *store, struct slice tenant,
	struct slice key, int64_t after, int64_t now,
	int (*visit)(void *context, const struct idempotency_record *reply),
	void *context, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_BY_KEY);

	query_text(&query, 1, tenant);
	query_blob(&query, 2, key);
	query_number(&query, 3, after);
	query_number(&query, 4, now);
	return idempotency_visit_one(&query, visit, context, error);
}

int store_idempotency_newest(struct store *store, const struct session *session,
	int64_t after,
	int (*visit)(void *context, const struct idempotency_record *reply),
	void *context, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_NEWEST);

	query_number(&query, 1, session->id);
	query_number(&query, 2, after);
	return idempotency_visit_one(&query, visit, context, error);
}

/* --- how many there are ----------------------------------------------- */

static int idempotency_add_count(struct store *store, struct slice tenant,
	int64_t more, int64_t *count, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_COUNT);
	int found;

	query_text(&query, 1, tenant);
	query_number(&query, 2, more);
	found = query_step(&query, error);
	if (found > 0)
		*count = query_get_number(&query, 0);
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* Removes what the query deletes and returns, and ends it. */
static int idempotency_remove(struct store *store, struct query *query,
	int64_t *rows, struct error *error)
{
	int64_t count;
	int found;

	while ((found = query_step(query, error)) > 0) {
		--*rows;
		if (!query_get_number(query, 1))
			continue;
		found = idempotency_add_count(
			store, query_get_text(query, 0), -1, &count, error);
		if (found)
			break;
	}
	query_end(query);
	return found;
}

int store_idempotency_erase(struct store *store, int64_t session, int64_t *rows,
	struct error *error)
{
	struct query query = query_rows(store, SQL_IDEMPOTENCY_ERASE, *rows);

	query_number(&query, 1, session);
	query_number(&query, 2, *rows);
	return idempotency_remove(store, &query, rows, error);
}

/* 1: it was kept at *kept_at; 0: there is none; -1. */
static int idempotency_find_oldest(
	struct store *store, int64_t *kept_at, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_OLDEST);
	int found = query_step(&query, error);

	if (found > 0)
		*kept_at = query_get_number(&query, 0);
	query_end(&query);
	return found;
}

/*
 * One of a time to come, because the clock went back, would hold up all behind
 * it until then: it goes to their end, as if it were kept now.
 */
static int idempotency_renew_oldest(
	struct store *store, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_RENEW);

	query_number(&query, 1, now);
	return query_run(&query, error);
}

int store_idempotency_purge(
	struct store *store, int64_t now, int64_t *rows, struct error *error)
{
	struct query query;
	int64_t kept_at;
	int found;

	while ((found = idempotency_find_oldest(store, &kept_at, error)) > 0 &&
		kept_at > now && *rows > 0) {
		if (idempotency_renew_oldest(store, now, error))
			return -1;
		--*rows;
	}
	if (found <= 0 || kept_at > now - IDEMPOTENCY_KEPT)
		return found < 0 ? -1 : 0;
	query = query_start(store, SQL_IDEMPOTENCY_PURGE);
	query_number(&query, 1, now - IDEMPOTENCY_KEPT);
	query_number(&query, 2, *rows);
	return idempotency_remove(store, &query, rows, error);
}

/* The place of one that is found no more is taken. */
static int idempotency_take_place(struct store *store, struct slice tenant,
	struct slice key, struct error *error)
{
	const int64_t most = store->options.idempotency_max;
	struct query query = query_start(store, SQL_IDEMPOTENCY_FREE);
	int64_t count = 0, freed;

	query_text(&query, 1, tenant);
	query_blob(&query, 2, key);
	if (query_run_counting(&query, &freed, error) ||
		idempotency_add_count(store, tenant, 1 - freed, &count, error))
		return -1;
	if (count <= (most ? most : MOST))
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
		"%lld replies are kept for Idempotency-Keys already",
		(long long)count - 1);
}

/* ---------------------------------------------------------------------- */

int store_idempotency_keep(struct store *store, struct slice tenant,
	struct slice key, const struct idempotency_record *reply, int64_t now,
	struct error *error)
{
	struct query query;

	if (key.length > 0 && idempotency_take_place(store, tenant, key, error))
		return -1;
	store_due(store, now + IDEMPOTENCY_DUE);
	query = query_start(store, SQL_IDEMPOTENCY_KEEP);
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
	return query_run(&query, error);
}
