/* SPDX-License-Identifier: MIT */
/*
 * checksum_fill.c - checksums for the rows that were written before there were
 * any.
 *
 * The rows are gone through once, in the order of their ids: whatever moves or
 * copies a row that has none yet leaves its id as it is, or gives it a greater
 * one.  A row that is damaged, or is on a damaged page, is passed.
 */
#include "core/store/checksum.h"
#include "core/store/damage.h"
#include "core/store/pieces.h"
#include "core/store/sql/sql.h"

/* The parameters of the statements. */
enum { ROWS_AFTER = 1, ROWS_MOST };
enum { SUM_ID = 1, SUM_CHECKSUM };
enum { SAVE_UPTO = 1 };

/* And the columns of their rows. */
enum { IS_UPTO };
enum { IS_ID = MESSAGE_REST, IS_RETIRED };

const char *const checksum_fill_sql[SQL_COUNT] = {
	[SQL_CHECKSUM_UPTO] = "SELECT upto FROM checksum_fill",
	[SQL_CHECKSUM_ROWS] =
		"SELECT " MESSAGE_COLUMNS ", id, 0 FROM message WHERE id > ?1"
		" UNION ALL SELECT " MESSAGE_COLUMNS ", id, 1 FROM retired"
		" WHERE id > ?1 ORDER BY id LIMIT ?2",
	[SQL_CHECKSUM_LIVE] = "UPDATE message SET checksum = ?2 WHERE id = ?1",
	[SQL_CHECKSUM_RETIRED] =
		"UPDATE retired SET checksum = ?2 WHERE id = ?1",
	[SQL_CHECKSUM_SAVE] = "UPDATE checksum_fill SET upto = ?1",
	[SQL_CHECKSUM_DONE] = "DELETE FROM checksum_fill",
};

static int checksum_fill_write(struct store *store, const struct query *row,
	const struct message *message, struct error *error)
{
	struct query query = query_start(
		store, query_get_number(row, IS_RETIRED) ? SQL_CHECKSUM_RETIRED
							 : SQL_CHECKSUM_LIVE);

	query_number(&query, SUM_ID, query_get_number(row, IS_ID));
	query_number(&query, SUM_CHECKSUM, checksum_of_message(message));
	return query_run(&query, error);
}

/* A damaged row gets none: it would vouch for what is there. */
static int checksum_fill_row(
	struct store *store, const struct query *row, struct error *error)
{
	struct message_row read;
	struct error wrong = { 0 };

	if (query_get_number(row, MESSAGE_CHECKSUM) != 0)
		return 0;
	if (damage_read_message(row, 0, &read, &wrong) == 0)
		return checksum_fill_write(store, row, &read.message, error);
	if (wrong.code == ERROR_DAMAGED)
		return 0;
	*error = wrong;
	return -1;
}

/* Goes on behind *upto; 1: there may be more behind these; 0; -1. */
static int checksum_fill_rows(
	struct store *store, int64_t *upto, int64_t most, struct error *error)
{
	struct query query = query_rows(store, SQL_CHECKSUM_ROWS, most);
	int64_t count = 0;
	int found;

	query_number(&query, ROWS_AFTER, *upto);
	query_number(&query, ROWS_MOST, most);
	while ((found = query_step(&query, error)) > 0) {
		if (checksum_fill_row(store, &query, error)) {
			found = -1;
			break;
		}
		*upto = query_get_number(&query, IS_ID);
		count++;
	}
	if (found == 0)
		found = count == most || query.more;
	query_end(&query);
	return found;
}

static int checksum_fill_save(
	struct store *store, int64_t upto, bool more, struct error *error)
{
	struct query query = query_start(
		store, more ? SQL_CHECKSUM_SAVE : SQL_CHECKSUM_DONE);

	if (more)
		query_number(&query, SAVE_UPTO, upto);
	return query_run(&query, error);
}

/* 1: there may be more to be done; 0: there is nothing; -1. */
static int checksum_fill_step(
	struct store *store, int64_t most, struct error *error)
{
	struct query query = query_start(store, SQL_CHECKSUM_UPTO);
	const int found = query_step(&query, error);
	int64_t upto = found > 0 ? query_get_number(&query, IS_UPTO) : 0;
	int more;

	query_end(&query);
	if (found <= 0)
		return found;
	if (upto > INT64_MAX - store->filling.pass)
		upto = INT64_MAX - store->filling.pass;
	upto += store->filling.pass;
	more = checksum_fill_rows(store, &upto, most, error);
	return more < 0 || checksum_fill_save(store, upto, more, error) ? -1
									: more;
}

/*
 * Which row stands on a damaged page, and how many do, is not known: the next
 * steps are shorter until they come up to it, and then pass twice as many each
 * time.
 */
static void checksum_fill_avoid(struct filling *filling, int64_t most)
{
	if (most > 1)
		filling->most = most / 2;
	else if (filling->pass < INT64_MAX / 2)
		filling->pass = filling->pass ? 2 * filling->pass : 1;
	else
		filling->ended = true;
}

int store_checksum_fill(struct store *store, int64_t most, struct error *error)
{
	struct filling *filling = &store->filling;
	int more;

	if (filling->ended)
		return 0;
	if (filling->most && filling->most < most)
		most = filling->most;
	more = checksum_fill_step(store, most, error);
	if (more < 0) {
		if (error->code == ERROR_DAMAGED)
			checksum_fill_avoid(filling, most);
		return -1;
	}
	if (more == 0 || filling->pass)
		*filling = (struct filling){ .ended = more == 0 };
	return 0;
}
