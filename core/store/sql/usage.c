/* SPDX-License-Identifier: MIT */
/*
 * usage.c - the bytes that each tenant keeps, and its quota.
 *
 * It is counted only while there is a quota: a store that is opened with one
 * counts all that is there, unless the last one had a quota too.  A store that
 * does not know of a quota, as a command, leaves that to the last.  Then the
 * tables' triggers count what is rare.  The bytes of messages that are
 * appended, replaced and copied are summed up here, and written once for each
 * tenant of a batch.
 */
#include "core/store/quota.h"
#include "core/store/sql/sql.h"
#include "schema/array.h"

/* A message takes so much beside its body; as in the tables. */
#define MESSAGE_BYTES 100
/* A row that says more is damaged; within a batch it may be below 0. */
#define USAGE_MOST (INT64_C(1) << 50)

/* The values that a statement is given, by their place. */
enum { READ_TENANT = 1 };
enum { ADD_TENANT = 1, ADD_BYTES };
enum { OF_HISTORY = 1 };
enum { COPIED_HISTORY = 1, COPIED_AFTER, COPIED_UPTO };

/* And the columns of their rows. */
enum { IS_SESSIONS, IS_BYTES };
enum { IS_TENANT };
enum { IS_COUNT, IS_SUM };

#define BYTES_OF(text) "length(CAST(" text " AS BLOB))"

const char *const usage_sql[SQL_COUNT] = {
	[SQL_USAGE_READ] =
		"SELECT sessions, bytes FROM tenant_usage WHERE tenant = ?1",
	[SQL_USAGE_ADD] = "INSERT INTO tenant_usage AS kept (tenant, sessions,"
			  " bytes) VALUES (?1, 0, ?2) ON CONFLICT (tenant)"
			  " DO UPDATE SET bytes = kept.bytes + ?2",
	[SQL_USAGE_TENANT] = "SELECT tenant FROM history WHERE id = ?1",
	[SQL_USAGE_COPIED] = "SELECT count(*), coalesce(sum(" BYTES_OF(
		"body") "), 0)"
			" FROM message WHERE history = ?1 AND seq > ?2 AND seq <= ?3",
};

/* --- whose it is -------------------------------------------------------- */

static int usage_add_tenant(struct usage_list *list, struct slice tenant)
{
	struct usage_tenant *entry = array_room(
		list->tenants, &list->capacity, list->count, sizeof(*entry));

	if (!entry)
		return -1;
	list->tenants = entry;
	entry = &list->tenants[list->count];
	*entry = (struct usage_tenant){ 0 };
	text_slice(&entry->name, tenant);
	if (entry->name.failed)
		return -1;
	list->current = ++list->count;
	return 0;
}

int store_usage_of(
	struct store *store, struct slice tenant, struct error *error)
{
	struct usage_list *list = &store->usage;

	if (!store_usage_is_wanted(store) || !store->batch)
		return 0;
	for (size_t i = list->count; i-- > 0;) {
		if (!slice_equal(text_view(&list->tenants[i].name), tenant))
			continue;
		list->current = i + 1;
		return 0;
	}
	return usage_add_tenant(list, tenant) ? error_out_of_memory(error) : 0;
}

/* A session that was found in an earlier batch has no tenant with it. */
static int usage_find_tenant(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query;
	struct text tenant = { 0 };
	int found;

	if (store->usage.current)
		return 0;
	query = query_start(store, SQL_USAGE_TENANT);
	query_number(&query, OF_HISTORY, session->history);
	found = query_step(&query, error);
	if (found > 0)
		text_slice(&tenant, query_get_text(&query, IS_TENANT));
	query_end(&query);
	if (tenant.failed)
		found = error_out_of_memory(error);
	if (found == 0)
		found = error_set(error, ERROR_INTERNAL, "a history is lost");
	if (found > 0)
		found = store_usage_of(store, text_view(&tenant), error);
	text_clear(&tenant);
	return found;
}

/* --- the quota ---------------------------------------------------------- */

struct usage {
	int64_t sessions;
	int64_t bytes;
};

/* With what the batch at hand adds. */
static int usage_read(struct store *store, struct slice tenant,
	struct usage *usage, struct error *error)
{
	const struct usage_list *list = &store->usage;
	struct query query = query_start(store, SQL_USAGE_READ);
	int found;

	*usage = (struct usage){ 0 };
	query_text(&query, READ_TENANT, tenant);
	found = query_step(&query, error);
	if (found > 0)
		*usage = (struct usage){
			.sessions = query_get_number(&query, IS_SESSIONS),
			.bytes = query_get_number(&query, IS_BYTES),
		};
	query_end(&query);
	if (usage->sessions < 0 || usage->sessions > USAGE_MOST ||
		usage->bytes < -USAGE_MOST || usage->bytes > USAGE_MOST) {
		store->usage.doubted = true;
		return error_set(error, ERROR_DAMAGED,
			"what the tenant keeps is damaged");
	}
	for (size_t i = 0; i < list->count; i++)
		if (slice_equal(text_view(&list->tenants[i].name), tenant))
			usage->bytes += list->tenants[i].bytes;
	return found < 0 ? -1 : 0;
}

static int usage_refuse(int64_t quota, const char *words, struct error *error)
{
	error_describe(error, ERROR_QUOTA, "the quota of the tenant is %lld %s",
		(long long)quota, words);
	error->final = true;
	return -1;
}

static int usage_judge_sessions(
	const struct store *store, int64_t sessions, struct error *error)
{
	const int64_t quota = store->options.quota_sessions;

	if (!quota || sessions <= quota)
		return 0;
	return usage_refuse(
		quota, "sessions; erasing some makes room for others", error);
}

static int usage_judge_bytes(
	const struct store *store, int64_t bytes, struct error *error)
{
	const int64_t quota = store->options.quota_bytes;

	if (!quota || bytes <= quota)
		return 0;
	return usage_refuse(quota,
		"bytes; erasing sessions makes room, soon after it", error);
}

/* Of the tenant whose session was found last. */
static int usage_read_current(
	struct store *store, struct usage *usage, struct error *error)
{
	const struct usage_list *list = &store->usage;

	*usage = (struct usage){ 0 };
	if (!list->current)
		return 0;
	return usage_read(store,
		text_view(&list->tenants[list->current - 1].name), usage,
		error);
}

int store_usage_check_session(struct store *store, struct error *error)
{
	struct usage usage;

	if (!store_usage_is_wanted(store))
		return 0;
	return usage_read_current(store, &usage, error) ||
			       usage_judge_sessions(
				       store, usage.sessions, error) ||
			       usage_judge_bytes(store, usage.bytes, error)
		       ? -1
		       : 0;
}

/* Of bytes. */
static bool usage_has_quota(const struct store *store)
{
	return store->options.quota_bytes && store_usage_is_wanted(store);
}

int store_usage_bytes(struct store *store, int64_t *bytes, struct error *error)
{
	struct usage usage = { 0 };

	if (usage_has_quota(store) && usage_read_current(store, &usage, error))
		return -1;
	*bytes = usage.bytes;
	return 0;
}

int store_usage_check_bytes(
	struct store *store, int64_t before, struct error *error)
{
	int64_t bytes;

	if (store_usage_bytes(store, &bytes, error))
		return -1;
	return bytes > before ? usage_judge_bytes(store, bytes, error) : 0;
}

/* The write that comes after a read counts anew where a row is damaged. */
static int usage_pass_damage(struct store *store, struct error *error)
{
	if (store->mode != STORE_READ || error->code != ERROR_DAMAGED)
		return -1;
	store->usage.doubted = false;
	*error = (struct error){ 0 };
	return 0;
}

int store_quota_check(struct store *store, struct slice tenant, int messages,
	struct error *error)
{
	struct usage usage;

	if (!usage_has_quota(store))
		return 0;
	if (usage_read(store, tenant, &usage, error))
		return usage_pass_damage(store, error);
	usage.bytes += messages * MESSAGE_BYTES;
	return usage_judge_bytes(store, usage.bytes, error);
}

/* --- counting ----------------------------------------------------------- */

static int usage_add(struct store *store, const struct session *session,
	int64_t bytes, struct error *error)
{
	struct usage_list *list = &store->usage;
	struct usage_tenant *tenant;

	if (!store_usage_is_wanted(store))
		return 0;
	if (usage_find_tenant(store, session, error))
		return -1;
	tenant = &list->tenants[list->current - 1];
	if (tenant->member != list->member)
		tenant->before = tenant->bytes;
	tenant->member = list->member;
	tenant->bytes += bytes;
	return 0;
}

int store_usage_message(struct store *store, const struct session *session,
	struct slice body, struct error *error)
{
	const int64_t bytes = MESSAGE_BYTES + (int64_t)body.length;

	return usage_add(store, session, bytes, error) ||
			       store_usage_check_bytes(store, 0, error)
		       ? -1
		       : 0;
}

/* Not refused: a fork may copy what it shares because some of it is deleted. */
int store_usage_copied(struct store *store, const struct session *session,
	int64_t after, int64_t upto, struct error *error)
{
	struct query query;
	int64_t bytes = 0;
	int found;

	if (!store_usage_is_wanted(store))
		return 0;
	query = query_start(store, SQL_USAGE_COPIED);
	query_number(&query, COPIED_HISTORY, session->history);
	query_number(&query, COPIED_AFTER, after);
	query_number(&query, COPIED_UPTO, upto);
	found = query_step(&query, error);
	if (found > 0)
		bytes = MESSAGE_BYTES * query_get_number(&query, IS_COUNT) +
			query_get_number(&query, IS_SUM);
	query_end(&query);
	return found < 0 ? -1 : usage_add(store, session, bytes, error);
}

/* --- members and batches ------------------------------------------------ */

void store_usage_enter(struct store *store)
{
	store->usage.member++;
	store->usage.current = 0;
}

void store_usage_undo(struct store *store)
{
	struct usage_list *list = &store->usage;

	for (size_t i = 0; i < list->count; i++)
		if (list->tenants[i].member == list->member)
			list->tenants[i].bytes = list->tenants[i].before;
}

int store_usage_settle(struct store *store, struct error *error)
{
	const struct usage_list *list = &store->usage;

	for (size_t i = 0; i < list->count; i++) {
		const struct usage_tenant *tenant = &list->tenants[i];
		struct query query;

		if (!tenant->bytes)
			continue;
		query = query_start(store, SQL_USAGE_ADD);
		query_text(&query, ADD_TENANT, text_view(&tenant->name));
		query_number(&query, ADD_BYTES, tenant->bytes);
		if (query_run(&query, error))
			return -1;
	}
	return 0;
}

void store_usage_end(struct store *store)
{
	struct usage_list *list = &store->usage;

	for (size_t i = 0; i < list->count; i++)
		text_clear(&list->tenants[i].name);
	list->count = list->current = 0;
}
