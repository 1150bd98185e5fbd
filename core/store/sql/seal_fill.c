/* SPDX-License-Identifier: MIT */
/*
 * seal_fill.c - sums for the rows of sessions and histories that were written
 * before there were any.
 *
 * They are gone through once, in the order of their ids; whatever is written
 * meanwhile gets its sum by that.  A damaged row gets one that vouches for what
 * is left of it: nobody knows what it was.
 */
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statements. */
enum { NEXT_AFTER = 1, NEXT_MOST };
enum { FILL_AFTER = 1, FILL_UPTO };
enum { SAVE_FIRST = 1 };

/* And the columns of their rows. */
enum { IS_FIRST };
enum { IS_LAST };

#define SUM_OF_ROW	ROW_SUM_AS_IT_IS("history")
#define SUM_OF_CONTENTS ROW_SUM_AS_IT_IS("NULL")

const char *const seal_fill_sql[SQL_COUNT] = {
	[SQL_SEAL_UPTO] =
		"SELECT session, history, message, retired, retired_seal"
		" FROM seal_fill",
	[SQL_SEAL_NEXT_SESSIONS] =
		"SELECT coalesce(max(id), 0) FROM (SELECT id FROM session"
		" WHERE id > ?1 ORDER BY id LIMIT ?2) AS next",
	[SQL_SEAL_NEXT_HISTORIES] =
		"SELECT coalesce(max(id), 0) FROM (SELECT id FROM history"
		" WHERE id > ?1 ORDER BY id LIMIT ?2) AS next",
	[SQL_SEAL_NEXT_MESSAGES] =
		"SELECT coalesce(max(id), 0) FROM (SELECT id FROM message"
		" WHERE id > ?1 ORDER BY id LIMIT ?2) AS next",
	[SQL_SEAL_NEXT_RETIRED] =
		"SELECT coalesce(max(id), 0) FROM (SELECT id FROM retired"
		" WHERE id > ?1 ORDER BY id LIMIT ?2) AS next",
	[SQL_SEAL_NEXT_RETIREMENTS] =
		"SELECT coalesce(max(id), 0) FROM (SELECT id FROM retired"
		" WHERE id > ?1 ORDER BY id LIMIT ?2) AS next",
	[SQL_SEAL_MESSAGES] = "UPDATE message SET checksum = " SUM_OF_ROW
			      " WHERE id > ?1 AND id <= ?2"
			      " AND checksum = " SUM_OF_CONTENTS,
	[SQL_SEAL_RETIRED] = "UPDATE retired SET checksum = " SUM_OF_ROW
			     ", seal = NULL WHERE id > ?1 AND id <= ?2"
			     " AND checksum = " SUM_OF_CONTENTS,
	[SQL_SEAL_RETIREMENTS] = "UPDATE retired SET seal = " RETIRED_SEAL(
		"checksum", "retired", "retired_at",
		"archived") " WHERE id > ?1 AND id <= ?2 AND seal IS NULL",
	[SQL_SEAL_SESSIONS] =
		"UPDATE session SET checksum = " SESSION_SUM ","
		" profile_checksum = " PROFILE_SUM
		" WHERE id > ?1 AND id <= ?2 AND checksum IS NULL",
	[SQL_SEAL_HISTORIES] = "UPDATE history SET seal = " HISTORY_SUM
			       " WHERE id > ?1 AND id <= ?2 AND seal IS NULL",
	[SQL_SEAL_SAVE] = "UPDATE seal_fill SET session = ?1, history = ?2,"
			  " message = ?3, retired = ?4, retired_seal = ?5",
	[SQL_SEAL_DONE] = "DELETE FROM seal_fill",
};

/* How far the tables are, in this order, and how each goes on. */
enum {
	SEAL_OF_SESSIONS,
	SEAL_OF_HISTORIES,
	SEAL_OF_MESSAGES,
	SEAL_OF_RETIRED,
	SEAL_OF_RETIREMENTS,
	SEAL_TABLES
};
static const struct {
	enum sql next;
	enum sql fill;
} seal_fill_tables[SEAL_TABLES] = {
	[SEAL_OF_SESSIONS] = { SQL_SEAL_NEXT_SESSIONS, SQL_SEAL_SESSIONS },
	[SEAL_OF_HISTORIES] = { SQL_SEAL_NEXT_HISTORIES, SQL_SEAL_HISTORIES },
	[SEAL_OF_MESSAGES] = { SQL_SEAL_NEXT_MESSAGES, SQL_SEAL_MESSAGES },
	[SEAL_OF_RETIRED] = { SQL_SEAL_NEXT_RETIRED, SQL_SEAL_RETIRED },
	[SEAL_OF_RETIREMENTS] = { SQL_SEAL_NEXT_RETIREMENTS,
		SQL_SEAL_RETIREMENTS },
};

/* The id of the last of the next rows; 0: there are none; -1. */
static int64_t seal_fill_find_next(struct store *store, enum sql next,
	int64_t after, int64_t most, struct error *error)
{
	struct query query = query_start(store, next);
	int64_t last = 0;
	int found;

	query_number(&query, NEXT_AFTER, after);
	query_number(&query, NEXT_MOST, most);
	found = query_step(&query, error);
	if (found > 0)
		last = query_get_number(&query, IS_LAST);
	query_end(&query);
	return found < 0 ? -1 : last;
}

static int seal_fill_rows(struct store *store, enum sql fill, int64_t after,
	int64_t upto, struct error *error)
{
	struct query query = query_start(store, fill);

	query_number(&query, FILL_AFTER, after);
	query_number(&query, FILL_UPTO, upto);
	return query_run(&query, error);
}

static int seal_fill_save(struct store *store, const int64_t upto[SEAL_TABLES],
	struct error *error)
{
	struct query query = query_start(store, SQL_SEAL_SAVE);

	for (int i = 0; i < SEAL_TABLES; i++)
		query_number(&query, SAVE_FIRST + i, upto[i]);
	return query_run(&query, error);
}

/* Some rows of the first table that has any left; 1; 0: none has; -1. */
static int seal_fill_some(struct store *store, int64_t upto[SEAL_TABLES],
	int64_t most, struct error *error)
{
	for (int i = 0; i < SEAL_TABLES; i++) {
		const int64_t last = seal_fill_find_next(
			store, seal_fill_tables[i].next, upto[i], most, error);

		if (last == 0)
			continue;
		if (last < 0 || seal_fill_rows(store, seal_fill_tables[i].fill,
					upto[i], last, error))
			return -1;
		upto[i] = last;
		return seal_fill_save(store, upto, error) ? -1 : 1;
	}
	return 0;
}

static int seal_fill_end(struct store *store, struct error *error)
{
	struct query query = query_start(store, SQL_SEAL_DONE);

	return query_run(&query, error);
}

/* 1: there may be more to be done; 0: there is nothing; -1. */
static int seal_fill_step(
	struct store *store, int64_t most, struct error *error)
{
	struct query query = query_start(store, SQL_SEAL_UPTO);
	const int found = query_step(&query, error);
	int64_t upto[SEAL_TABLES] = { 0 };
	int more;

	for (int i = 0; found > 0 && i < SEAL_TABLES; i++)
		upto[i] = query_get_number(&query, IS_FIRST + i);
	query_end(&query);
	if (found <= 0)
		return found;
	more = seal_fill_some(store, upto, most, error);
	return more ? more : seal_fill_end(store, error);
}

int store_seal_fill(struct store *store, int64_t most, struct error *error)
{
	int more;

	if (store->sealed || !store->filling.ended)
		return 0;
	more = seal_fill_step(store, most, error);
	/* Rows on a damaged page are left without until the next start. */
	store->sealed = more == 0 || (more < 0 && error->code == ERROR_DAMAGED);
	return more < 0 ? -1 : 0;
}
