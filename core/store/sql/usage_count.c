/* SPDX-License-Identifier: MIT */
/*
 * usage_count.c - what tenants keep, counted anew from all that is there.
 *
 * It is derived, and so its damage stops nothing: the rows are made anew, their
 * pages unread if need be, and the batch that met it is run again.  Where the
 * messages cannot all be read either there is no quota until the next start.
 */
#include "core/store/sql/sql.h"

/*
 * 2^40 and 2^50, which are 32 bits when PostgreSQL computes them.  Nobody keeps
 * so much: a row that says so, or less than nothing, is damaged.
 */
#define USAGE_SESSIONS_MOST "1099511627776"
#define USAGE_BYTES_MOST    "1125899906842624"

/* The only column of their rows. */
enum { IS_COUNTED };

#define BYTES_OF(text) "length(CAST(" text " AS BLOB))"
#define RESPONSES_OF                                    \
	" UNION ALL SELECT tenant, 0, 100 + " BYTES_OF( \
		"input") " + " BYTES_OF("body") " FROM response"
#define ROWS_OF(table)                                                        \
	" UNION ALL SELECT tenant, 0, 100 + " BYTES_OF(                       \
		"body") " FROM " table " JOIN history ON history.id = " table \
			".history"

const char *const usage_count_sql[SQL_COUNT] = {
	[SQL_USAGE_IS_COUNTED] = "SELECT count(*) FROM usage_counted",
	[SQL_USAGE_DAMAGED] =
		"SELECT count(*) FROM tenant_usage WHERE NOT (sessions BETWEEN"
		" 0 AND " USAGE_SESSIONS_MOST " AND bytes BETWEEN 0"
		" AND " USAGE_BYTES_MOST ")",
	[SQL_USAGE_FORGET] = "DELETE FROM tenant_usage",
	[SQL_USAGE_RECOUNT] =
		"INSERT INTO tenant_usage (tenant, sessions, bytes)"
		" SELECT tenant, sum(is_session), sum(bytes) FROM (SELECT"
		" tenant, 1 AS is_session, 100 + " BYTES_OF("memory") " + " BYTES_OF(
			"metadata") " AS bytes FROM session" ROWS_OF("message")
			ROWS_OF("retired") RESPONSES_OF
	") AS kept GROUP BY tenant",
	[SQL_USAGE_BEGIN] = "INSERT INTO usage_counted (id) VALUES (1)",
	[SQL_USAGE_END] = "DELETE FROM usage_counted",
};

bool store_usage_is_wanted(const struct store *store)
{
	return (store->options.quota_sessions || store->options.quota_bytes) &&
	       !store->usage.given_up;
}

/* In a batch of its own: all steps, or those that end the count. */
static int usage_count_run(struct store *store, bool count, struct error *error)
{
	static const enum sql steps[] = { SQL_USAGE_END, SQL_USAGE_FORGET,
		SQL_USAGE_RECOUNT, SQL_USAGE_BEGIN };
	const int last = count ? 4 : 2;

	if (store_begin(store, error))
		return -1;
	for (int i = 0; i < last; i++) {
		struct query query = query_start(store, steps[i]);

		if (query_run(&query, error) == 0)
			continue;
		store_rollback(store);
		return -1;
	}
	return store_commit(store, error);
}

/* Outside a batch, which a full disk would refuse. */
static int usage_count_ask(
	struct store *store, enum sql which, bool *any, struct error *error)
{
	struct query query = query_start(store, which);
	const int found = query_step(&query, error);

	*any = found > 0 && query_get_number(&query, IS_COUNTED) > 0;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/* Without rows of its own the tables' triggers count nothing. */
static void usage_count_give_up(struct store *store)
{
	struct error ignored = { 0 };

	store->usage.given_up = true;
	if (store->ops->renew_usage)
		store->ops->renew_usage(store->engine, &ignored);
	if (store->options.warn)
		store->options.warn(store->options.warn_context,
			"what tenants keep cannot be counted, as the file is "
			"damaged: there is no quota");
}

/* Counts, or not; of ERROR_DAMAGED nothing is left. */
static int usage_count_anew(
	struct store *store, bool count, struct error *error)
{
	const struct engine_ops *ops = store->ops;
	int result;

	store->usage.mending = true;
	result = usage_count_run(store, count, error);
	if (result && error->code == ERROR_DAMAGED && ops->renew_usage &&
		ops->renew_usage(store->engine, error) == 0) {
		*error = (struct error){ 0 };
		result = usage_count_run(store, count, error);
	}
	store->usage.mending = false;
	if (result == 0 || error->code != ERROR_DAMAGED)
		return result;
	*error = (struct error){ 0 };
	usage_count_give_up(store);
	return 0;
}

/* *right: there are as many rows as there should be, and they may be true. */
static int usage_count_look(
	struct store *store, bool *counted, bool *right, struct error *error)
{
	bool damaged = false;

	*right = false;
	if (usage_count_ask(store, SQL_USAGE_IS_COUNTED, counted, error) == 0 &&
		usage_count_ask(store, SQL_USAGE_DAMAGED, &damaged, error) ==
			0) {
		*right = !damaged;
		return 0;
	}
	if (error->code != ERROR_DAMAGED)
		return -1;
	*error = (struct error){ 0 };
	return 0;
}

int store_usage_open(struct store *store, struct error *error)
{
	bool counted = false, right;

	if (usage_count_look(store, &counted, &right, error))
		return -1;
	if (store->options.quota_as_before)
		store->options.quota_bytes = counted ? INT64_MAX : 0;
	if (right && counted == store_usage_is_wanted(store))
		return 0;
	return usage_count_anew(store, store_usage_is_wanted(store), error);
}

void store_usage_mend(struct store *store)
{
	struct error why = { 0 };
	bool counted = false, right;

	store->usage.doubted = false;
	if (usage_count_look(store, &counted, &right, &why) ||
		(right && counted))
		return;
	if (store->options.warn)
		store->options.warn(store->options.warn_context,
			"what tenants keep is counted anew: it was damaged");
	store->retries = usage_count_anew(store, true, &why) == 0;
}
