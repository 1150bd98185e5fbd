/* SPDX-License-Identifier: MIT */
/*
 * migrate.c - the tables of a database, made or brought up to date.
 *
 * Before the connection is in pipeline mode.  Each migration is a transaction,
 * and of several servers that begin together the others wait for the first.
 */
#include "core/store/postgresql/migrations.h"
#include "core/store/postgresql/postgresql.h"

#include "schema/error.h"

#include <stdlib.h>
#include <string.h>

/* Servers that make the tables at the same time may clash so often. */
#define MIGRATE_TRIES 5

static int migrate_run(
	struct postgresql *pg, const char *text, struct error *error)
{
	PGresult *result = PQexec(pg->connection, text);
	const bool good = PQresultStatus(result) == PGRES_COMMAND_OK ||
			  PQresultStatus(result) == PGRES_TUPLES_OK;

	if (!good)
		pg_warn(pg, "postgresql: %s", PQerrorMessage(pg->connection));
	PQclear(result);
	return good ? 0
		    : error_set(error, ERROR_UNAVAILABLE,
			      "the tables cannot be made or read; the log has"
			      " the database's own words");
}

static int migrate_ask_number(struct postgresql *pg, const char *text,
	int64_t *number, struct error *error)
{
	PGresult *result = PQexec(pg->connection, text);
	const bool good = PQresultStatus(result) == PGRES_TUPLES_OK;

	if (good)
		*number = PQntuples(result)
				  ? strtoll(PQgetvalue(result, 0, 0), NULL, 10)
				  : 0;
	else
		pg_warn(pg, "postgresql: %s", PQerrorMessage(pg->connection));
	PQclear(result);
	return good ? 0
		    : error_set(error, ERROR_UNAVAILABLE,
			      "the tables' version cannot be read");
}

static int64_t migrate_newest(void)
{
	int64_t version = 0;

	while (postgresql_migrations[version])
		version++;
	return version;
}

/* 0: there are no tables of ours. */
static int migrate_version(
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

int pg_check_version(struct postgresql *pg, struct error *error)
{
	int64_t version;

	if (migrate_version(pg, &version, error))
		return -1;
	if (version == 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"the database has no tables of chatmem");
	if (version > migrate_newest())
		return error_set(error, ERROR_UNAVAILABLE,
			"the database has tables of version %lld, and this"
			" chatmem knows them up to %lld",
			(long long)version, (long long)migrate_newest());
	if (version < migrate_newest())
		return error_set(error, ERROR_UNAVAILABLE,
			"the database has tables of version %lld; a start of"
			" this chatmem makes them those of %lld",
			(long long)version, (long long)migrate_newest());
	return 0;
}

static int migrate_once(
	struct postgresql *pg, int64_t version, struct error *error)
{
	if (migrate_run(pg, "BEGIN", error))
		return -1;
	if (migrate_run(pg, postgresql_migrations[version], error) == 0)
		return migrate_run(pg, "COMMIT", error);
	migrate_run(pg, "ROLLBACK", &(struct error){ 0 });
	return -1;
}

int pg_migrate(struct postgresql *pg, struct error *error)
{
	int64_t version;

	for (int tries = 0;; tries++) {
		if (migrate_version(pg, &version, error))
			return -1;
		if (version >= migrate_newest())
			return pg_check_version(pg, error);
		if (migrate_once(pg, version, error) == 0)
			tries = 0;
		else if (tries == MIGRATE_TRIES)
			return -1;
	}
}
