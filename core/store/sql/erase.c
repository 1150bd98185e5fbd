/* SPDX-License-Identifier: MIT */
/*
 * erase.c - sessions erased: their own rows now, the rest by maintenance.
 */
#include "core/store/change_feed.h"
#include "core/store/check.h"
#include "core/store/expect.h"
#include "core/store/mark.h"
#include "core/store/pieces.h"
#include "core/store/sql/session_cache.h"

/* The name of a session set aside: its own, cut to fit, this, its mark. */
#define ASIDE	  "~expired-"
#define NAME_MOST ((size_t)255 - sizeof(ASIDE) + 1 - MARK_LENGTH)

/* The erasures whose rows and words are gone. */
#define OUT_OF_TABLES " WHERE stage = 3 AND due_at = " NEVER

/* The parameters of the statements. */
enum { REMOVE_ID = 1 };
enum { RENAME_ID = 1, RENAME_NAME };
enum { ERASE_SESSION = 1, ERASE_DELETED, ERASE_NOW };
enum { RECEIPT_TENANT = 1, RECEIPT_NAME };
enum { LOCATE_TENANT = 1, LOCATE_NAME };

/* And the columns of their rows. */
enum { IS_DELETED, IS_ERASED_AT, IS_STUCK, IS_ID, IS_SESSION };
enum { IS_LOCATED_ID, IS_LOCATED_COUNT, IS_LOCATED_MARK };
enum { IS_OPEN_OLDEST, IS_OPEN_NEWEST };

const char *const erase_sql[SQL_COUNT] = {
	[SQL_SESSION_ERASE] = "DELETE FROM session WHERE id = ?1",
	[SQL_SESSION_RENAME] = "UPDATE session SET name = ?2 WHERE id = ?1",
	[SQL_MAINTENANCE_ERASE] =
		"INSERT INTO maintenance (session, stage, due_at, tenant, name,"
		" deleted, erased_at) SELECT id, 2, ?3, tenant, name, ?2, ?3"
		" FROM session WHERE id = ?1 ON CONFLICT (session) DO UPDATE"
		" SET stage = 2, due_at = ?3, tenant = excluded.tenant,"
		" name = excluded.name, deleted = ?2, erased_at = ?3,"
		" top = NULL",
	[SQL_ERASURE_BY_NAME] =
		"SELECT deleted, erased_at, stage <> 3 AND due_at = " NEVER
		", id, session FROM maintenance"
		" WHERE tenant = ?1 AND name = ?2 AND stage > 1"
		" ORDER BY id DESC LIMIT 1",
	[SQL_ERASURES_OPEN] = "SELECT min(id), max(id) FROM maintenance"
			      " WHERE stage IN (2, 3) AND due_at < " NEVER,
	[SQL_RECEIPTS_ARE_KEPT] =
		"SELECT 1 FROM maintenance" OUT_OF_TABLES " LIMIT 1",
	[SQL_RECEIPTS_DONE] = "DELETE FROM maintenance" OUT_OF_TABLES,
	/* So much is known of a row that may be damaged, be it its history. */
	[SQL_SESSION_LOCATE] =
		"SELECT id, (SELECT count(*) FROM history JOIN message"
		" ON message.history = history.id WHERE history.session ="
		" session.id AND until_version IS NULL), mark FROM session"
		" WHERE tenant = ?1 AND name = ?2",
};

/* Removes the rows that its id alone finds; maintenance does the rest. */
static int erase_remove_rows(
	struct store *store, const struct session *session, struct error *error)
{
	struct query query;

	store_cache_drop(store, session);
	if (store_tags_erase(store, session, error))
		return -1;
	query = query_start(store, SQL_SESSION_ERASE);
	query_number(&query, REMOVE_ID, session->id);
	return query_run(&query, error);
}

int store_session_erase(struct store *store, const struct session *session,
	int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_MAINTENANCE_ERASE);

	store_due(store, 0);
	query_number(&query, ERASE_SESSION, session->id);
	query_number(&query, ERASE_DELETED, session_message_count(session));
	query_number(&query, ERASE_NOW, now);
	return query_run(&query, error) ||
			       store_erased_note(store, session, now, error) ||
			       erase_remove_rows(store, session, error)
		       ? -1
		       : 0;
}

/* The journal tells by its mark that it is erased; a damaged one is none. */
static int erase_read_located(struct store *store, const struct query *query,
	struct session *out, struct error *error)
{
	out->id = query_get_number(query, IS_LOCATED_ID);
	out->last_seq = query_get_number(query, IS_LOCATED_COUNT);
	if (!mark_valid(query_get_text(query, IS_LOCATED_MARK)))
		return 0;
	store_read_mark(query, IS_LOCATED_MARK, out->mark);
	return store_epoch_show(store, out, store->epochs.count, error);
}

int store_session_locate(struct store *store, struct session_ref ref,
	struct session *out, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_LOCATE);
	int found;

	*out = (struct session){ 0 };
	query_text(&query, LOCATE_TENANT, ref.tenant);
	query_text(&query, LOCATE_NAME, ref.name);
	found = query_step(&query, error);
	if (found > 0 && erase_read_located(store, &query, out, error))
		found = -1;
	if (found > 0)
		out->key = store_session_key(ref);
	query_end(&query);
	return found < 0 ? -1 : 0;
}

/*
 * Its maintenance comes after what that somebody waits for, or is part of one;
 * by no clock, as one that is ahead now would put it off when it is right.
 */
int store_session_expire(struct store *store, const struct session *session,
	int64_t now, struct error *error)
{
	const bool erased = session->disowned;

	if (erased ? store_gc_schedule_owned(store, session->id, now, error) ||
				store_erased_note(store, session, now, error)
		   : store_gc_schedule(store, session->id, 0, true, error))
		return -1;
	return erase_remove_rows(store, session, error);
}

int store_erase_find(struct store *store, struct session_ref ref,
	struct erasure *out, struct error *error)
{
	struct query query = query_start(store, SQL_ERASURE_BY_NAME);
	int found;

	*out = (struct erasure){ 0 };
	query_text(&query, RECEIPT_TENANT, ref.tenant);
	query_text(&query, RECEIPT_NAME, ref.name);
	found = query_step(&query, error);
	if (found > 0) {
		out->session = query_get_number(&query, IS_SESSION);
		out->deleted = query_get_number(&query, IS_DELETED);
		out->erased_at = query_get_number(&query, IS_ERASED_AT);
		if (query_get_number(&query, IS_STUCK) ||
			query_get_number(&query, IS_ID) == store->stuck.row)
			found = store_erase_refuse(error);
	}
	query_end(&query);
	return found < 0 ? -1 : 0;
}

int store_erase_open(struct store *store, int64_t *oldest, int64_t *newest,
	struct error *error)
{
	struct query query = query_start(store, SQL_ERASURES_OPEN);
	int found = query_step(&query, error);

	*oldest = found > 0 ? query_get_number(&query, IS_OPEN_OLDEST) : 0;
	*newest = found > 0 ? query_get_number(&query, IS_OPEN_NEWEST) : 0;
	query_end(&query);
	return found < 0 ? -1 : 0;
}

int store_erase_forget(struct store *store, struct error *error)
{
	struct query query = query_start(store, SQL_RECEIPTS_ARE_KEPT);
	const int found = query_step(&query, error);

	query_end(&query);
	if (found <= 0)
		return found;
	if (store_begin_freeing(store, error))
		return -1;
	query = query_start(store, SQL_RECEIPTS_DONE);
	if (query_run(&query, error)) {
		store_rollback(store);
		return -1;
	}
	return store_commit(store, error) ? -1 : 1;
}

/* --- what has expired ---------------------------------------------------- */

/* The name, cut between two characters, so that the new one is as long. */
static struct slice erase_shorten_name(struct slice name, size_t most)
{
	if (name.length <= most)
		return name;
	while (most > 0 && (name.data[most] & 0xc0) == 0x80)
		most--;
	name.length = most;
	return name;
}

/* It may come back into sight when the clock is put right. */
static int erase_set_aside(struct store *store, const struct session *session,
	struct slice name, struct error *error)
{
	struct query query = query_start(store, SQL_SESSION_RENAME);
	struct text aside = { 0 };
	int result;

	text_slice(&aside, erase_shorten_name(name, NAME_MOST));
	text_string(&aside, ASIDE);
	text_string(&aside, session->mark);
	store_cache_drop(store, session);
	query_number(&query, RENAME_ID, session->id);
	query_text(&query, RENAME_NAME, text_view(&aside));
	result = aside.failed ? error_out_of_memory(error)
			      : query_run(&query, error);
	text_clear(&aside);
	return result;
}

static bool erase_is_held(
	const struct store *store, const struct session *session)
{
	return !session->disowned &&
	       session_expires_at(session) > store->held_from;
}

int store_session_take(struct store *store, struct session_ref ref, int64_t now,
	struct session *out, struct error *error)
{
	if (store_session_look_up(store, ref, out, error))
		return -1;
	if (!session_is_gone(out, now))
		return 0;
	if (erase_is_held(store, out)
			? erase_set_aside(store, out, ref.name, error)
			: store_session_expire(store, out, now, error))
		return -1;
	*out = (struct session){ 0 };
	return 0;
}

int store_take_first(struct store *store, struct query *query, int64_t now,
	struct session *out, struct error *error)
{
	struct text names = { 0 };
	struct session_ref ref;
	size_t length = 0;
	int found = query_step(query, error);

	/* Copied: its row may go. */
	if (found > 0) {
		text_slice(&names, query_get_text(query, TAKEN_TENANT));
		length = names.length;
		text_slice(&names, query_get_text(query, TAKEN_NAME));
	}
	query_end(query);
	ref.tenant = (struct slice){ names.data, length };
	ref.name = (struct slice){ names.data + length, names.length - length };
	if (names.failed)
		found = error_out_of_memory(error);
	if (found > 0 && store_session_take(store, ref, now, out, error)) {
		struct error ignored = { 0 };

		found = -1;
		if (error->code == ERROR_DAMAGED)
			store_session_locate(store, ref, out, &ignored);
	}
	text_clear(&names);
	return found;
}
