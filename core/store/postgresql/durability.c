/* SPDX-License-Identifier: MIT */
/*
 * durability.c - what a commit promises on this server.
 *
 * synchronous_commit is set within each batch, never for the connection: that
 * may be a pooler's, and somebody else's next.
 */
#include "core/store/postgresql/postgresql.h"

#include "schema/error.h"

#include <string.h>

#define QUESTION                                                    \
	"SELECT current_setting('fsync') AS fsync,"                 \
	" current_setting('full_page_writes') AS full_page_writes," \
	" current_setting('synchronous_commit'),"                   \
	" current_setting('synchronous_standby_names')"

enum { IS_FSYNC, IS_FULL_PAGES, IS_COMMIT, IS_STANDBYS };

static bool durability_is(const PGresult *row, int column, const char *word)
{
	return strcmp(PQgetvalue(row, 0, column), word) == 0;
}

/* Less than this, and an acknowledged write may be lost with one machine. */
static bool durability_is_replicated(const PGresult *row)
{
	return !durability_is(row, IS_STANDBYS, "") &&
	       (durability_is(row, IS_COMMIT, "on") ||
		       durability_is(row, IS_COMMIT, "remote_apply"));
}

static void durability_judge(struct postgresql *pg, const PGresult *row)
{
	pg->setting = NULL;
	if (durability_is(row, IS_FSYNC, "off") ||
		durability_is(row, IS_FULL_PAGES, "off")) {
		pg->promise = "none";
	} else if (pg->base.options.relaxed) {
		pg->promise = "normal";
	} else {
		pg->promise =
			durability_is_replicated(row) ? "replicated" : "local";
	}
	if (pg->base.options.relaxed)
		pg->setting = "SET LOCAL synchronous_commit = off";
	else if (durability_is(row, IS_COMMIT, "off"))
		pg->setting = "SET LOCAL synchronous_commit = on";
}

static void durability_warn(const struct postgresql *pg, const PGresult *row)
{
	static const int columns[] = { IS_FSYNC, IS_FULL_PAGES };

	for (size_t i = 0; i < 2; i++)
		if (durability_is(row, columns[i], "off"))
			pg_warn(pg,
				"the database has %s off: a power cut may lose"
				" or damage all of it; set it on in its"
				" postgresql.conf",
				PQfname(row, columns[i]));
}

int pg_learn_durability(struct postgresql *pg, struct error *error)
{
	PGresult *row;
	int result = 0;

	if (pg->base.mode == STORE_READ)
		return 0;
	row = PQexec(pg->connection, QUESTION);
	if (PQresultStatus(row) == PGRES_TUPLES_OK) {
		durability_judge(pg, row);
		durability_warn(pg, row);
	} else {
		pg_warn(pg, "postgresql: %s", PQerrorMessage(pg->connection));
		result = error_set(error, ERROR_UNAVAILABLE,
			"the database does not say what a commit promises");
	}
	PQclear(row);
	return result;
}

const char *pg_durability(const struct engine *engine)
{
	return ((const struct postgresql *)(const void *)engine)->promise;
}
