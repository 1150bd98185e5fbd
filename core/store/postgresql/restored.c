/* SPDX-License-Identifier: MIT */
/*
 * restored.c - tables that came out of a backup begin an epoch.
 *
 * Versions that were given out after the backup are given out again, for other
 * messages; so marks, and with them ETags, ids of events and of messages, are
 * others from here on: core/store/sql/epoch.c.
 */
#include "core/store/mark.h"
#include "core/store/postgresql/postgresql.h"

#include "schema/error.h"

#define IS_MADE_AS "'schema_version'::regclass::oid::bigint"

/* Of several servers that start the first one does it, and others wait. */
int pg_look_for_restore(struct postgresql *pg, struct error *error)
{
	static const char text[] =
		"WITH restored AS (UPDATE schema_version SET made_as"
		" = " IS_MADE_AS " WHERE made_as IS DISTINCT FROM " IS_MADE_AS
		" RETURNING 1) INSERT INTO epoch (id, mark) SELECT (SELECT"
		" coalesce(max(id), 0) + 1 FROM epoch), $1 FROM restored";
	char mark[MARK_LENGTH + 1];
	const char *const values[] = { mark };
	PGresult *result;
	bool good;

	if (mark_make(mark, error))
		return -1;
	result = PQexecParams(
		pg->connection, text, 1, NULL, values, NULL, NULL, 0);
	good = PQresultStatus(result) == PGRES_COMMAND_OK;
	if (!good)
		pg_warn(pg, "postgresql: %s", PQerrorMessage(pg->connection));
	else if (PQcmdTuples(result)[0] == '1')
		pg_warn(pg, "the tables were restored from a backup: ETags that"
			    " were given out before are no longer true");
	PQclear(result);
	return good ? 0
		    : error_set(error, ERROR_UNAVAILABLE,
			      "it cannot be told whether the tables were"
			      " restored from a backup");
}
