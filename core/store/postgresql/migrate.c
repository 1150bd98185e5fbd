/* SPDX-License-Identifier: MIT */
/*
 * migrate.c - the tables of a database, made or brought up to date.
 *
 * Before the connection is in pipeline mode.  Each migration is a transaction
 * under the lock of the version's row, so of several servers that begin
 * together the others wait for the first.  A migration that only adds leaves
 * oldest_reader as it is, and servers of before go on beside it; a later one,
 * which takes away what they need, raises it, and is refused while they run.
 */
#include "core/store/postgresql/migrations.h"
#include "core/store/postgresql/postgresql.h"

#include "schema/error.h"

#include <stdlib.h>
#include <string.h>

/*
 * Servers that make the tables at the same time may clash so often; and so
 * often it waits for those that hold a table, but not for long, as all others
 * wait behind it.
 */
#define MIGRATE_TRIES 5
#define MIGRATE_BEGIN                                          \
	"BEGIN; SET LOCAL lock_timeout = '5s';"                \
	" SET LOCAL statement_timeout = 0;"                    \
	" SELECT set_config('transaction_timeout', '0', true)" \
	" WHERE current_setting('transaction_timeout', true) IS NOT NULL"
/* New tables go beside the old ones, which may not be first in its path. */
#define MIGRATE_WHERE                                                  \
	"SELECT set_config('search_path', quote_ident(nspname), true)" \
	" FROM pg_class JOIN pg_namespace ON pg_namespace.oid ="       \
	" relnamespace WHERE pg_class.oid = 'schema_version'::regclass"
/* This version's migration copies all messages, which nobody can use then. */
#define MIGRATE_COPIES 2
/* A process that has been silent for so long is gone. */
#define MIGRATE_SILENT "60000"
#define MIGRATE_CLOCK  "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

/* Only their owner may change tables. */
static void migrate_refuse(const struct postgresql *pg, const PGresult *result,
	struct error *error)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	pg_warn(pg, "postgresql: %s", PQerrorMessage(pg->connection));
	if (state && strcmp(state, "42501") == 0)
		error_describe(error, ERROR_UNAVAILABLE,
			"\"%s\" may not make or change the tables of the"
			" database \"%s\"; run chatmem migrate as their owner",
			PQuser(pg->connection), PQdb(pg->connection));
	else
		error_describe(error, ERROR_UNAVAILABLE,
			"the tables of the database \"%s\" cannot be made or"
			" brought up to date; the line before has its own"
			" words",
			PQdb(pg->connection));
}

static int migrate_run(
	struct postgresql *pg, const char *text, struct error *error)
{
	PGresult *result = PQexec(pg->connection, text);
	const bool good = PQresultStatus(result) == PGRES_COMMAND_OK ||
			  PQresultStatus(result) == PGRES_TUPLES_OK;

	if (!good)
		migrate_refuse(pg, result, error);
	PQclear(result);
	return good ? 0 : -1;
}

static int migrate_ask_number(struct postgresql *pg, const char *text,
	int64_t *number, struct error *error)
{
	PGresult *rows = pg_ask_now(
		pg, text, "the tables' version cannot be read", error);

	if (!rows)
		return -1;
	*number =
		PQntuples(rows) ? strtoll(PQgetvalue(rows, 0, 0), NULL, 10) : 0;
	PQclear(rows);
	return 0;
}

int64_t pg_newest_version(void)
{
	int64_t version = 0;

	while (postgresql_migrations[version])
		version++;
	return version;
}

int pg_tables_version(
	struct postgresql *pg, int64_t *version, struct error *error)
{
	if (migrate_ask_number(pg,
		    "SELECT (to_regclass('schema_version') IS NOT NULL)::int",
		    version, error))
		return -1;
	return *version ? migrate_ask_number(pg,
				  "SELECT version FROM schema_version", version,
				  error)
			: 0;
}

int pg_ask_copied(struct postgresql *pg, int64_t version, int64_t *bytes,
	struct error *error)
{
	*bytes = 0;
	return version == 0 || version >= MIGRATE_COPIES
		       ? 0
		       : migrate_ask_number(pg,
				 "SELECT sum(pg_table_size(relid))"
				 " FROM pg_partition_tree('message')",
				 bytes, error);
}

/* Newer ones may say that we can use them. */
static int migrate_check_newer(
	struct postgresql *pg, int64_t version, struct error *error)
{
	int64_t oldest;

	if (migrate_ask_number(pg, "SELECT oldest_reader FROM schema_version",
		    &oldest, error))
		return -1;
	if (oldest <= pg_newest_version())
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
		"the database has tables of version %lld, for chatmem that"
		" knows version %lld at least, and this one knows them up to"
		" %lld: start a newer one",
		(long long)version, (long long)oldest,
		(long long)pg_newest_version());
}

int pg_check_version(struct postgresql *pg, struct error *error)
{
	int64_t version;

	if (pg_tables_version(pg, &version, error))
		return -1;
	if (version == 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"the database \"%s\" has no tables of chatmem: check"
			" the URL; a start makes them",
			PQdb(pg->connection));
	if (version > pg_newest_version())
		return migrate_check_newer(pg, version, error);
	if (version < pg_newest_version())
		return error_set(error, ERROR_UNAVAILABLE,
			"the database has tables of version %lld; a start of"
			" this chatmem, or chatmem migrate, makes them those of"
			" %lld",
			(long long)version, (long long)pg_newest_version());
	return 0;
}

/* Programs that the new tables leave behind must have ended. */
static int migrate_check_others(struct postgresql *pg, struct error *error)
{
	int64_t running;

	if (migrate_ask_number(pg,
		    "SELECT count(*) FROM process, schema_version"
		    " WHERE schema_version < oldest_reader AND beat_at > " MIGRATE_CLOCK
		    " - " MIGRATE_SILENT,
		    &running, error))
		return -1;
	if (running > 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"%lld servers of a version that the new tables leave"
			" behind still run: replace them first by those of a"
			" version between; a minute after their end this can"
			" start",
			(long long)running);
	/* A program that sleeps somewhere finds its row gone. */
	return migrate_run(pg,
		"DELETE FROM process USING schema_version"
		" WHERE schema_version < oldest_reader",
		error);
}

/* 1: it is done; 0: another one was faster; -1. */
static int migrate_in_transaction(
	struct postgresql *pg, int64_t version, struct error *error)
{
	int64_t is = 0;

	if (version && migrate_ask_number(pg,
			       "SELECT version FROM schema_version FOR UPDATE",
			       &is, error))
		return -1;
	if (is != version)
		return 0;
	if (version && migrate_run(pg, MIGRATE_WHERE, error))
		return -1;
	if (migrate_run(pg, postgresql_migrations[version], error) ||
		migrate_check_others(pg, error) ||
		migrate_run(pg, "COMMIT", error))
		return -1;
	return 1;
}

static int migrate_once(
	struct postgresql *pg, int64_t version, struct error *error)
{
	int done = -1;

	if (migrate_run(pg, MIGRATE_BEGIN, error) == 0)
		done = migrate_in_transaction(pg, version, error);
	if (done != 1)
		migrate_run(pg, "ROLLBACK", &(struct error){ 0 });
	return done < 0 ? -1 : 0;
}

int pg_migrate(struct postgresql *pg, struct error *error)
{
	int64_t version;

	for (int tries = 0;; tries++) {
		if (pg_tables_version(pg, &version, error))
			return -1;
		if (version >= pg_newest_version())
			return pg_check_version(pg, error);
		if (migrate_once(pg, version, error) == 0)
			tries = 0;
		else if (tries == MIGRATE_TRIES)
			return -1;
	}
}
