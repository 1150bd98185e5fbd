/* SPDX-License-Identifier: MIT */
/* erased.c - the journal of erasures, and erasures that are done again. */
#include "core/store/erased.h"
#include "core/store/sql/sql.h"

/* So many are kept; a file has 60 MB of them at most. */
#define ERASED_MOST "1000000"

/* The parameters of the statements. */
enum { ADD_DIGEST = 1, ADD_AT };
enum { OF_DIGEST = 1 };
enum { SESSIONS_AFTER = 1 };

/* And the columns of their rows. */
enum { IS_ID, IS_TENANT, IS_NAME, IS_MARK };

const char *const erased_sql[SQL_COUNT] = {
	[SQL_ERASED_ADD] =
		"INSERT INTO erased (digest, erased_at) VALUES (?1, ?2)"
		" ON CONFLICT (digest) DO UPDATE SET erased_at = ?2",
	[SQL_ERASED_TRIM] =
		"DELETE FROM erased WHERE id <= (SELECT max(id) FROM erased)"
		" - " ERASED_MOST,
	[SQL_ERASED_FORGET] = "DELETE FROM erased WHERE digest = ?1",
	[SQL_ERASED_IS_DUE] =
		"SELECT 1 FROM erased WHERE digest = ?1 AND again = 1",
	[SQL_ERASED_SESSIONS] = "SELECT id, tenant, name, mark FROM session"
				" WHERE id > ?1 ORDER BY id",
	[SQL_ERASED_DONE] = "UPDATE erased SET again = 0 WHERE again = 1",
};

static int erased_run(struct store *store, enum sql which,
	const unsigned char digest[ERASED_DIGEST_BYTES], struct error *error)
{
	struct query query = query_start(store, which);

	if (digest)
		query_blob(&query, OF_DIGEST,
			(struct slice){
				(const char *)digest, ERASED_DIGEST_BYTES });
	return query_run(&query, error);
}

static int erased_digest_of(const struct store *store,
	const struct session *session,
	unsigned char digest[ERASED_DIGEST_BYTES], struct error *error)
{
	const struct epoch_mark kept = store_epoch_keep(store, session);

	return erased_digest(slice_of(kept.letters), digest, error);
}

int store_erased_note(struct store *store, const struct session *session,
	int64_t now, struct error *error)
{
	unsigned char digest[ERASED_DIGEST_BYTES];
	struct query query;

	if (!session->mark[0]) /* it was damaged: no backup is found by it */
		return 0;
	if (erased_digest_of(store, session, digest, error))
		return -1;
	query = query_start(store, SQL_ERASED_ADD);
	query_blob(&query, ADD_DIGEST,
		(struct slice){ (const char *)digest, sizeof(digest) });
	query_number(&query, ADD_AT, now);
	return query_run(&query, error) ||
			       erased_run(store, SQL_ERASED_TRIM, NULL, error)
		       ? -1
		       : 0;
}

int store_erased_forget(
	struct store *store, const struct session *session, struct error *error)
{
	unsigned char digest[ERASED_DIGEST_BYTES];

	for (int64_t epoch = 0; epoch <= store->epochs.count; epoch++) {
		const struct epoch_mark kept =
			store_epoch_keep_of(store, session, epoch);

		if (erased_digest(slice_of(kept.letters), digest, error) ||
			erased_run(store, SQL_ERASED_FORGET, digest, error))
			return -1;
	}
	return 0;
}

/* --- done again ----------------------------------------------------------- */

/* Is it due, by its mark as it is kept?  1; 0; -1. */
static int erased_is_due(
	struct store *store, struct slice mark, struct error *error)
{
	unsigned char digest[ERASED_DIGEST_BYTES];
	struct query query;
	int found;

	if (erased_digest(mark, digest, error))
		return -1;
	query = query_start(store, SQL_ERASED_IS_DUE);
	query_blob(&query, OF_DIGEST,
		(struct slice){ (const char *)digest, sizeof(digest) });
	found = query_step(&query, error);
	query_end(&query);
	return found;
}

/* A session that is to be erased; its texts borrow from `names`. */
struct erased_session {
	int64_t id;
	struct session_ref ref;
	struct text names;
};

/* Finds the next one behind it.  1; 0: there is none; -1. */
static int erased_find_next(
	struct store *store, struct erased_session *next, struct error *error)
{
	struct query query = query_rows(store, SQL_ERASED_SESSIONS, INT64_MAX);
	size_t length;
	int found, due = 0;

	query_number(&query, SESSIONS_AFTER, next->id);
	while (due == 0 && (found = query_step(&query, error)) > 0) {
		next->id = query_get_number(&query, IS_ID);
		due = erased_is_due(
			store, query_get_text(&query, IS_MARK), error);
	}
	if (due > 0) {
		next->names.length = 0;
		text_slice(&next->names, query_get_text(&query, IS_TENANT));
		length = next->names.length;
		text_slice(&next->names, query_get_text(&query, IS_NAME));
		next->ref.tenant = (struct slice){ next->names.data, length };
		next->ref.name = (struct slice){ next->names.data + length,
			next->names.length - length };
	}
	query_end(&query);
	if (next->names.failed)
		return error_out_of_memory(error);
	return due ? due : found;
}

static int erased_erase_all(struct store *store, struct erased_session *next,
	int64_t now, int64_t *count, struct error *error)
{
	struct session session;
	int found;

	while ((found = erased_find_next(store, next, error)) > 0) {
		if (store_session_look_up(store, next->ref, &session, error) ||
			store_session_erase(store, &session, now, error))
			return -1;
		++*count;
	}
	return found < 0 ? -1 : erased_run(store, SQL_ERASED_DONE, NULL, error);
}

int store_erase_again(
	struct store *store, int64_t now, int64_t *count, struct error *error)
{
	struct erased_session next = { 0 };
	int result;

	*count = 0;
	if (store_begin(store, error))
		return -1;
	result = erased_erase_all(store, &next, now, count, error);
	text_clear(&next.names);
	if (result == 0)
		return store_commit(store, error);
	store_rollback(store);
	return -1;
}
