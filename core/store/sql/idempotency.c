/* SPDX-License-Identifier: MIT */
/* idempotency.c - replies kept for requests that come again. */
#include "core/store/idempotency.h"
#include "core/store/checksum.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* For a tenant, so that keys fill no disk: 115 a second all day. */
#define MOST 10000000

/* The parameters of the statements. */
enum { FIND_TENANT = 1, FIND_KEY, FIND_AFTER, FIND_NOW };
enum { NEWEST_SESSION = 1, NEWEST_AFTER };
enum {
	KEEP_TENANT = 1,
	KEEP_SESSION,
	KEEP_KEY,
	KEEP_DIGEST,
	KEEP_NOW,
	KEEP_STATUS,
	KEEP_ETAG,
	KEEP_LOCATION,
	KEEP_BODY,
	KEEP_CHECKSUM
};
enum { THERE_TENANT = 1, THERE_KEY, THERE_AFTER, THERE_NOW };
enum { FREE_TENANT = 1, FREE_KEY, FREE_KEPT_AT };
enum { RENEW_SESSION = 1 };
enum { COUNT_TENANT = 1, COUNT_MORE };

/* And the columns of their rows. */
enum {
	IS_SESSION,
	IS_DIGEST,
	IS_STATUS,
	IS_ETAG,
	IS_LOCATION,
	IS_BODY,
	IS_AT,
	IS_CHECKSUM
};
enum { IS_COUNT, IS_KEPT_AT, IS_VALID };

#define IS_VALID_STILL                                              \
	"kept_at > ?3 AND (session IS NULL OR EXISTS"               \
	" (SELECT 1 FROM session WHERE session.id = record.session" \
	" AND " SESSION_LIVES("?4") "))"

const char *const idempotency_sql[SQL_COUNT] = {
	/* An erased session's may still be there, to be removed. */
	[SQL_IDEMPOTENCY_BY_KEY] =
		"SELECT " IDEMPOTENCY_COLUMNS " FROM idempotency_record"
		" AS record WHERE tenant = ?1 AND key = ?2 AND " IS_VALID_STILL,
	[SQL_IDEMPOTENCY_THERE] =
		"SELECT coalesce((SELECT count FROM idempotency_count WHERE"
		" tenant = ?1), 0), coalesce((SELECT kept_at FROM"
		" idempotency_record WHERE tenant = ?1 AND key = ?2), 0),"
		" EXISTS (SELECT 1 FROM idempotency_record AS record"
		" WHERE tenant = ?1 AND key = ?2 AND " IS_VALID_STILL ")",
	[SQL_IDEMPOTENCY_NEWEST] = "SELECT " IDEMPOTENCY_COLUMNS " FROM"
				   " idempotency_record"
				   " WHERE session = ?1 AND key IS NULL"
				   " AND kept_at > ?2",
	[SQL_IDEMPOTENCY_KEEP] =
		"INSERT INTO idempotency_record (tenant, session,"
		" key, digest, kept_at, status, etag, location, body, checksum)"
		" VALUES (?1, nullif(?2, 0), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[SQL_IDEMPOTENCY_FREE] =
		"DELETE FROM idempotency_record WHERE tenant = ?1 AND key = ?2"
		" AND kept_at = ?3",
	[SQL_IDEMPOTENCY_RENEW] = "DELETE FROM idempotency_record"
				  " WHERE session = ?1 AND key IS NULL",
	[SQL_IDEMPOTENCY_COUNT] =
		"INSERT INTO idempotency_count AS kept (tenant, count)"
		" VALUES (?1, ?2) ON CONFLICT (tenant) DO UPDATE"
		" SET count = kept.count + ?2",
};

static bool idempotency_is_line(struct slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if (text.data[i] < ' ' || text.data[i] > '~')
			return false;
	return true;
}

/* Of all but its time, which maintenance may renew. */
static int64_t idempotency_sum(
	struct idempotency_key key, const struct idempotency_record *record)
{
	uint64_t sum = checksum_of(key.key, 0);

	if (key.key.length > 0)
		sum = checksum_of(key.tenant, sum);
	sum = checksum_of_number(record->session, sum);
	sum = checksum_of(record->digest, sum);
	sum = checksum_of_number(record->status, sum);
	sum = checksum_of(record->etag, sum);
	sum = checksum_of(record->location, sum);
	return checksum_kept(checksum_of(record->body, sum));
}

/* A record of before there were sums has none. */
static bool idempotency_sum_holds(const struct query *query,
	struct idempotency_key key, const struct idempotency_record *record)
{
	const int64_t sum = query_get_number(query, IS_CHECKSUM);

	return sum == 0 || sum == idempotency_sum(key, record);
}

/* They become a reply's head, and its body. */
static bool idempotency_is_sound(const struct idempotency_record *record)
{
	return record->status >= 200 && record->status <= 599 &&
	       record->digest.length == IDEMPOTENCY_DIGEST &&
	       idempotency_is_line(record->etag) &&
	       idempotency_is_line(record->location) &&
	       slice_is_utf8(record->body);
}

static int idempotency_read_record(const struct query *query,
	struct idempotency_key key, struct idempotency_record *record,
	struct error *error)
{
	*record = (struct idempotency_record){
		.session = query_get_number(query, IS_SESSION),
		.digest = query_get_text(query, IS_DIGEST),
		.status = (int)query_get_number(query, IS_STATUS),
		.etag = query_get_text(query, IS_ETAG),
		.location = query_get_text(query, IS_LOCATION),
		.body = query_get_text(query, IS_BODY),
		.kept_at = query_get_number(query, IS_AT),
	};
	if (record->status == query_get_number(query, IS_STATUS) &&
		idempotency_is_sound(record) &&
		idempotency_sum_holds(query, key, record))
		return 0;
	error_describe(error, ERROR_DAMAGED,
		"the reply that was kept for this request is damaged: it was"
		" carried out; look what is there");
	error->final = true;
	return -1;
}

/* Without a key it is the newest, if it is of a request of this digest. */
struct idempotency_wanted {
	struct idempotency_key key;
	struct slice digest;
};

static int idempotency_visit_one(struct query *query,
	const struct idempotency_wanted *wanted,
	struct idempotency_visitor visitor, struct error *error)
{
	struct idempotency_record record;
	int found = query_step(query, error);

	if (found > 0 &&
		idempotency_read_record(query, wanted->key, &record, error))
		found = -1;
	if (found > 0 &&
		(wanted->key.key.length > 0 || !wanted->digest.length ||
			slice_equal(wanted->digest, record.digest)))
		visitor.visit(visitor.context, &record);
	query_end(query);
	return found < 0 ? -1 : 0;
}

/* As long ago by the clock that is believed. */
static int64_t idempotency_since(
	const struct store *store, int64_t after, int64_t now)
{
	return after - now + store_believed(store, now);
}

int store_idempotency_find(struct store *store,
	const struct idempotency_query *what,
	struct idempotency_visitor visitor, struct error *error)
{
	struct query query;

	if (store_expect_no_record(store, what->key))
		return 0;
	query = query_start(store, SQL_IDEMPOTENCY_BY_KEY);
	query_text(&query, FIND_TENANT, what->key.tenant);
	query_blob(&query, FIND_KEY, what->key.key);
	query_number(&query, FIND_AFTER,
		idempotency_since(store, what->after, what->now));
	query_number(&query, FIND_NOW, what->now);
	return idempotency_visit_one(&query,
		&(struct idempotency_wanted){ .key = what->key }, visitor,
		error);
}

int store_idempotency_newest(struct store *store, const struct session *session,
	const struct idempotency_newest *what,
	struct idempotency_visitor visitor, struct error *error)
{
	struct query query;

	if (store_expect_no_newest(store, session->id, what->digest))
		return 0;
	query = query_start(store, SQL_IDEMPOTENCY_NEWEST);
	query_number(&query, NEWEST_SESSION, session->id);
	query_number(&query, NEWEST_AFTER, what->after);
	return idempotency_visit_one(&query,
		&(struct idempotency_wanted){ .digest = what->digest }, visitor,
		error);
}

/* --- how many there are ----------------------------------------------- */

int store_idempotency_count(struct store *store, struct slice tenant,
	int64_t more, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_COUNT);

	query_text(&query, COUNT_TENANT, tenant);
	query_number(&query, COUNT_MORE, more);
	return query_run(&query, error);
}

/* --- keeping ----------------------------------------------------------- */

/* A key's record, and how many the tenant has. */
struct idempotency_there {
	int64_t count;
	int64_t kept_at; /* 0: there is none */
	bool valid;
};

static int idempotency_look(struct store *store, struct idempotency_key key,
	int64_t now, struct idempotency_there *there, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_THERE);
	int found;

	query_text(&query, THERE_TENANT, key.tenant);
	query_blob(&query, THERE_KEY, key.key);
	query_number(&query, THERE_AFTER,
		idempotency_since(store, now - IDEMPOTENCY_KEPT, now));
	query_number(&query, THERE_NOW, now);
	found = query_step(&query, error);
	if (found > 0)
		*there = (struct idempotency_there){
			.count = query_get_number(&query, IS_COUNT),
			.kept_at = query_get_number(&query, IS_KEPT_AT),
			.valid = query_get_number(&query, IS_VALID),
		};
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* Only what was read goes: not what another server may have kept since then. */
static int idempotency_free(struct store *store, struct idempotency_key key,
	int64_t kept_at, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_FREE);

	query_text(&query, FREE_TENANT, key.tenant);
	query_blob(&query, FREE_KEY, key.key);
	query_number(&query, FREE_KEPT_AT, kept_at);
	return query_run(&query, error);
}

static int idempotency_refuse(int64_t count, struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE,
		"%lld replies are kept for Idempotency-Keys already",
		(long long)count);
}

/* Nothing stands there, and so many do for the tenant: no answer is needed. */
static int idempotency_take_new(struct store *store, struct slice tenant,
	int64_t *known, struct error *error)
{
	const int64_t most = store->options.idempotency_max;

	if (*known >= (most ? most : MOST))
		return idempotency_refuse(*known, error);
	++*known;
	return store_idempotency_count(store, tenant, 1, error);
}

/* Makes room under the key; there is one more, or one in place of another. */
static int idempotency_make_room(struct store *store,
	struct idempotency_key key, bool renews, int64_t now,
	struct error *error)
{
	int64_t *known = store_expect_count(store, key.tenant);
	struct idempotency_there there = { 0 };

	if (known && store_expect_no_record(store, key))
		return idempotency_take_new(store, key.tenant, known, error);
	if (idempotency_look(store, key, now, &there, error))
		return -1;
	if (there.valid && !renews)
		return error_set(error, ERROR_UNAVAILABLE,
			"a reply is kept for this Idempotency-Key already");
	if (there.kept_at)
		return idempotency_free(store, key, there.kept_at, error);
	return idempotency_take_new(store, key.tenant, &there.count, error);
}

/* The session has one without a key. */
static int idempotency_renew(
	struct store *store, int64_t session, struct error *error)
{
	struct query query = query_start(store, SQL_IDEMPOTENCY_RENEW);

	query_number(&query, RENEW_SESSION, session);
	return query_run(&query, error);
}

int store_idempotency_keep(struct store *store, struct idempotency_key key,
	const struct idempotency_record *record, int64_t now,
	struct error *error)
{
	struct query query;

	if (key.key.length > 0
			? idempotency_make_room(
				  store, key, record->renews, now, error)
			: idempotency_renew(store, record->session, error))
		return -1;
	store_expect_kept(store, key, record);
	store_due(store, now + IDEMPOTENCY_DUE);
	query = query_start(store, SQL_IDEMPOTENCY_KEEP);
	query_text(&query, KEEP_TENANT, key.tenant);
	query_number(&query, KEEP_SESSION, record->session);
	if (key.key.length > 0)
		query_blob(&query, KEEP_KEY, key.key);
	query_blob(&query, KEEP_DIGEST, record->digest);
	query_number(&query, KEEP_NOW, now);
	query_number(&query, KEEP_STATUS, record->status);
	query_text(&query, KEEP_ETAG, record->etag);
	query_text(&query, KEEP_LOCATION, record->location);
	query_text(&query, KEEP_BODY, record->body);
	query_number(&query, KEEP_CHECKSUM, idempotency_sum(key, record));
	return query_run(&query, error);
}
