/* SPDX-License-Identifier: MIT */
/* idempotency_purge.c - kept replies that go: with their sessions, and in time.
 */
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statements. */
enum { ERASE_SESSION = 1, ERASE_MOST };
enum { FORGET_TENANT = 1, FORGET_ETAG };
enum { OLDEST_NOW = 1 };
enum { PURGE_UNTIL = 1, PURGE_MOST };

/* And the columns of their rows. */
enum { GONE_TENANT, GONE_HAS_KEY };
enum { IS_OLDEST_KEPT_AT, IS_OLDEST_AHEAD };

const char *const idempotency_purge_sql[SQL_COUNT] = {
	[SQL_IDEMPOTENCY_ERASE] =
		"DELETE FROM idempotency_record WHERE id IN (SELECT id FROM"
		" idempotency_record WHERE session = ?1 AND NOT EXISTS"
		" (SELECT 1 FROM session WHERE id = ?1) LIMIT ?2)"
		" RETURNING tenant, key IS NOT NULL",
	[SQL_IDEMPOTENCY_FORGET] =
		"DELETE FROM idempotency_record WHERE tenant = ?1"
		" AND etag = ?2 AND session IS NULL"
		" RETURNING tenant, key IS NOT NULL",
	[SQL_IDEMPOTENCY_OLDEST] =
		"SELECT kept_at, kept_at > ?1 FROM idempotency_record"
		" ORDER BY id LIMIT 1",
	[SQL_IDEMPOTENCY_OLDEST_NOW] =
		"UPDATE idempotency_record SET kept_at = ?1, id = 1 + (SELECT"
		" max(id) FROM idempotency_record) WHERE id = (SELECT min(id)"
		" FROM idempotency_record)",
	[SQL_IDEMPOTENCY_PURGE] =
		"DELETE FROM idempotency_record WHERE kept_at <= ?1 AND id IN"
		" (SELECT id FROM idempotency_record ORDER BY id LIMIT ?2)"
		" RETURNING tenant, key IS NOT NULL",
};

/* Removes what the query deletes and returns, and ends it. */
static int idempotency_purge_remove(struct store *store, struct query *query,
	int64_t *rows, struct error *error)
{
	int found;

	while ((found = query_step(query, error)) > 0) {
		--*rows;
		if (!query_get_number(query, GONE_HAS_KEY))
			continue;
		found = store_idempotency_count(
			store, query_get_text(query, GONE_TENANT), -1, error);
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

	query_number(&query, ERASE_SESSION, session);
	query_number(&query, ERASE_MOST, *rows);
	return idempotency_purge_remove(store, &query, rows, error);
}

int store_idempotency_forget(struct store *store, struct slice tenant,
	struct slice etag, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_FORGET);
	int64_t rows = 0;

	query_text(&query, FORGET_TENANT, tenant);
	query_text(&query, FORGET_ETAG, etag);
	return idempotency_purge_remove(store, &query, &rows, error);
}

struct idempotency_purge_oldest {
	int64_t kept_at;
	bool ahead; /* of the clock */
};

static int idempotency_purge_find_oldest(struct store *store, int64_t now,
	struct idempotency_purge_oldest *oldest, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_OLDEST);
	int found;

	query_number(&query, OLDEST_NOW, now);
	found = query_step(&query, error);
	if (found > 0)
		*oldest = (struct idempotency_purge_oldest){
			query_get_number(&query, IS_OLDEST_KEPT_AT),
			query_get_number(&query, IS_OLDEST_AHEAD),
		};
	query_end(&query);
	return found;
}

/*
 * A record of a time to come, because the clock went back, would hold up all
 * behind it until then: it goes to their end, as if it were kept now.
 */
static int idempotency_purge_renew_oldest(
	struct store *store, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_OLDEST_NOW);

	query_number(&query, OLDEST_NOW, now);
	return query_run(&query, error);
}

int store_idempotency_purge(
	struct store *store, int64_t now, int64_t *rows, struct error *error)
{
	const int64_t until = store_believed(store, now) - IDEMPOTENCY_KEPT;
	struct idempotency_purge_oldest oldest = { 0 };
	struct query query;
	int found;

	while ((found = idempotency_purge_find_oldest(
			store, now, &oldest, error)) > 0 &&
		oldest.ahead && *rows > 0) {
		if (idempotency_purge_renew_oldest(store, now, error))
			return -1;
		--*rows;
	}
	if (found <= 0 || oldest.kept_at > until)
		return found < 0 ? -1 : 0;
	query = query_rows(store, SQL_IDEMPOTENCY_PURGE, *rows);
	query_number(&query, PURGE_UNTIL, until);
	query_number(&query, PURGE_MOST, *rows);
	return idempotency_purge_remove(store, &query, rows, error);
}
