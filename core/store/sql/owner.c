/* SPDX-License-Identifier: MIT */
/*
 * owner.c - the sessions of an owner, erased with one row.
 *
 * Each goes by its name, so that the writer's cache and the expiry have one
 * way in.
 */
#include "core/store/check.h"
#include "core/store/pieces.h"
#include "core/store/sql/session_cache.h"

/*
 * Where the newest message is lost, its time is, but not its seq, which is in
 * an index.
 */
#define COUNT_OF_OWNER(active_at)                                      \
	"SELECT count(*), coalesce(sum(iif(removed BETWEEN 0 AND"      \
	" last_seq AND last_seq < 1 << 53, max(last_seq, " LAST_SEQ    \
	") - removed, 0)), 0) FROM session"                            \
	" WHERE tenant = ?1 AND owner = ?2"                            \
	" AND NOT " DISOWNED " AND (ttl_seconds IS NULL OR " active_at \
	" + ttl_seconds * 1000 > ?3)"

/* The parameters of the statements. */
enum { READ_TENANT = 1, READ_OWNER, READ_NOW };
enum {
	ERASE_TENANT = 1,
	ERASE_OWNER,
	ERASE_SESSIONS,
	ERASE_MESSAGES,
	ERASE_NOW
};
enum { MAINTENANCE_ERASURE = 1, MAINTENANCE_NOW };
enum { NEXT_ROW = 1 };
enum { STUCK_TENANT = 1, STUCK_OWNER, STUCK_ROW };

/* And the columns of their rows. */
enum { IS_SESSIONS, IS_MESSAGES, IS_ERASED_AT };
enum { IS_SOUND };

const char *const owner_sql[SQL_COUNT] = {
	[SQL_OWNER_COUNT] = COUNT_OF_OWNER("max(touched_at, " APPENDED_AT ")"),
	[SQL_OWNER_COUNT_ROWS] = COUNT_OF_OWNER("touched_at"),
	[SQL_OWNER_ERASE] =
		"INSERT INTO owner_erasure (tenant, owner, sessions, messages,"
		" erased_at) VALUES (?1, ?2, ?3, ?4, ?5)",
	[SQL_OWNER_MAINTENANCE] =
		"INSERT INTO maintenance (owner_erasure, stage,"
		" due_at) VALUES (?1, 2, ?2)",
	[SQL_OWNER_FIND] =
		"SELECT sessions, messages, erased_at"
		" FROM owner_erasure WHERE tenant = ?1 AND owner = ?2"
		" ORDER BY id DESC LIMIT 1",
	[SQL_OWNER_SESSION] =
		"SELECT session.tenant, name FROM owner_erasure AS erasure"
		" JOIN session ON session.tenant = erasure.tenant"
		" AND session.owner = erasure.owner"
		" AND session.generation < erasure.id AND " ERASURE_IS_SOUND
		" WHERE erasure.id ="
		" (SELECT owner_erasure FROM maintenance WHERE id = ?1)"
		" LIMIT 1",
	[SQL_OWNER_SOUND] =
		"SELECT CASE WHEN " ERASURE_IS_SOUND " THEN 1 ELSE 0 END"
		" FROM owner_erasure AS erasure WHERE id ="
		" (SELECT owner_erasure FROM maintenance WHERE id = ?1)",
	[SQL_OWNER_STUCK] =
		"SELECT 1 FROM maintenance WHERE tenant = ?1 AND name = ?2"
		" AND stage = 1 AND (due_at = " NEVER " OR id = ?3)"
		" UNION ALL SELECT 1 FROM owner_erasure AS erasure"
		" JOIN maintenance ON maintenance.owner_erasure = erasure.id"
		" WHERE erasure.tenant = ?1 AND erasure.owner = ?2"
		" AND stage = 2 AND (due_at = " NEVER
		" OR maintenance.id = ?3) LIMIT 1",
};

/* Counts what the owner has, or had when an erasure began that goes on. */
static int owner_read_owner(struct store *store, enum sql which,
	struct owner_ref ref, struct owner_erasure *out, struct error *error)
{
	const bool counts = which != SQL_OWNER_FIND;
	struct query query = query_start(store, which);
	int found;

	query_text(&query, READ_TENANT, ref.tenant);
	query_text(&query, READ_OWNER, ref.owner);
	if (counts)
		query_number(&query, READ_NOW, out->erased_at);
	found = query_step(&query, error);
	if (found > 0) {
		out->sessions = query_get_number(&query, IS_SESSIONS);
		out->messages = query_get_number(&query, IS_MESSAGES);
		if (!counts)
			out->erased_at = query_get_number(&query, IS_ERASED_AT);
	}
	query_end(&query);
	return found;
}

static int owner_write_erasure(struct store *store, struct owner_ref ref,
	const struct owner_erasure *erasure, struct error *error)
{
	struct query query = query_start(store, SQL_OWNER_ERASE);
	int64_t id;

	query_text(&query, ERASE_TENANT, ref.tenant);
	query_text(&query, ERASE_OWNER, ref.owner);
	query_number(&query, ERASE_SESSIONS, erasure->sessions);
	query_number(&query, ERASE_MESSAGES, erasure->messages);
	query_number(&query, ERASE_NOW, erasure->erased_at);
	if (query_insert(&query, &id, error))
		return -1;
	query = query_start(store, SQL_OWNER_MAINTENANCE);
	query_number(&query, MAINTENANCE_ERASURE, id);
	query_number(&query, MAINTENANCE_NOW, erasure->erased_at);
	store_due(store, 0);
	store_cache_drop_all(store);
	return query_run(&query, error);
}

/* A damaged page that the newest message of one is on loses the batch once. */
static int owner_count(struct store *store, struct owner_ref ref,
	struct owner_erasure *out, struct error *error)
{
	bool *rows = &store->shunned.owners;

	if (owner_read_owner(store,
		    *rows ? SQL_OWNER_COUNT_ROWS : SQL_OWNER_COUNT, ref, out,
		    error) >= 0)
		return 0;
	if (error->code == ERROR_DAMAGED && !*rows)
		*rows = store->retries = true;
	return -1;
}

/* -1: its sessions are not shown any more, but some are not erased. */
static int owner_check_stuck(
	struct store *store, struct owner_ref ref, struct error *error)
{
	struct query query = query_start(store, SQL_OWNER_STUCK);
	int found;

	query_text(&query, STUCK_TENANT, ref.tenant);
	query_text(&query, STUCK_OWNER, ref.owner);
	query_number(&query, STUCK_ROW, store->stuck.row);
	found = query_step(&query, error);
	query_end(&query);
	return found > 0 ? store_erase_refuse(error) : found;
}

int store_owner_erase(struct store *store, struct owner_ref ref, int64_t now,
	struct owner_erasure *out, struct error *error)
{
	const struct engine_owner whose = { .tenant = ref.tenant,
		.owner = ref.owner };
	int found;

	*out = (struct owner_erasure){ .erased_at = now };
	store_lock_owner(store, &whose, LOCK_OWN);
	if (owner_count(store, ref, out, error))
		return -1;
	if (out->sessions == 0) {
		if (owner_check_stuck(store, ref, error))
			return -1;
		found = owner_read_owner(
			store, SQL_OWNER_FIND, ref, out, error);
		if (found)
			return found < 0 ? -1 : 0;
	}
	return owner_write_erasure(store, ref, out, error);
}

/* A damaged erasure finds no session, and is not done. */
static int owner_check_sound(
	struct store *store, int64_t row, struct error *error)
{
	struct query query = query_start(store, SQL_OWNER_SOUND);
	bool sound = true;
	int found;

	query_number(&query, NEXT_ROW, row);
	found = query_step(&query, error);
	if (found > 0)
		sound = store_is_sound(&query, IS_SOUND);
	query_end(&query);
	if (sound)
		return found < 0 ? -1 : 0;
	return error_set(error, ERROR_DAMAGED,
		"whose sessions are being erased is not what was stored: erase"
		" those of the owner again");
}

int store_owner_step(
	struct store *store, int64_t row, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_OWNER_SESSION);
	struct session session = { 0 };
	int found;

	query_number(&query, NEXT_ROW, row);
	found = store_take_first(store, &query, now, &session, error);
	if (found == 0)
		return owner_check_sound(store, row, error);
	if (found >= 0 || error->code != ERROR_DAMAGED || !session.id)
		return found;
	*error = (struct error){ 0 };
	session.disowned = true;
	return store_session_expire(store, &session, now, error) ? -1 : 1;
}
