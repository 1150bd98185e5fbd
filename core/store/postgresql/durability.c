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
	" current_setting('synchronous_standby_names'),"            \
	" pg_has_role('pg_read_all_stats', 'USAGE')"

enum { IS_FSYNC, IS_FULL_PAGES, IS_COMMIT, IS_STANDBYS, IS_SEEING };

/* Divides by zero while no standby confirms commits: SQLSTATE 22012. */
#define GUARD                                                            \
	"SELECT 1 / (current_setting('synchronous_standby_names') <> ''" \
	" AND current_setting('synchronous_commit') IN ('on',"           \
	" 'remote_apply') AND EXISTS (SELECT FROM pg_stat_replication"   \
	" WHERE sync_state IN ('sync', 'quorum')))::int"

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
	} else if (pg->base.options.relaxed && !pg->base.options.replicated) {
		pg->promise = "normal";
	} else {
		pg->promise =
			durability_is_replicated(row) ? "replicated" : "local";
	}
	if (pg->base.options.replicated)
		pg->setting = GUARD;
	else if (pg->base.options.relaxed)
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

/* A promise that cannot be kept, or not be watched, is not given. */
static int durability_refuse(
	const struct postgresql *pg, const PGresult *row, struct error *error)
{
	if (!pg->base.options.replicated)
		return 0;
	if (!durability_is(row, IS_SEEING, "t"))
		return error_set(error, ERROR_UNAVAILABLE,
			"--db-durability replicated: \"%s\" may not see whether"
			" a standby is there; say: GRANT pg_read_all_stats TO"
			" \"%s\"",
			PQuser(pg->connection), PQuser(pg->connection));
	if (durability_is_replicated(row))
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
		"--db-durability replicated: the database waits for no standby;"
		" set synchronous_standby_names there, and synchronous_commit"
		" on");
}

int pg_learn_durability(struct postgresql *pg, struct error *error)
{
	PGresult *row;
	int result;

	if (pg->base.mode == STORE_READ)
		return 0;
	row = pg_ask_now(pg, QUESTION,
		"the database does not say what a commit promises", error);
	if (!row)
		return -1;
	durability_judge(pg, row);
	durability_warn(pg, row);
	result = durability_refuse(pg, row, error);
	PQclear(row);
	return result;
}

const char *pg_durability(const struct engine *engine)
{
	return ((const struct postgresql *)(const void *)engine)->promise;
}
