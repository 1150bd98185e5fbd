/* SPDX-License-Identifier: MIT */
/*
 * tested_postgresql.c - the engine PostgreSQL as the contract suite sees it:
 * a schema of its own for each test in the database that
 * CHATMEM_TEST_POSTGRESQL names, as a URL with a query.
 */
#include "core/store/postgresql/postgresql.h"
#include "core/store/sql/sql.h"
#include "tests/contract/tested_engine.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *tested_postgresql_url(void)
{
	return getenv("CHATMEM_TEST_POSTGRESQL");
}

static bool tested_postgresql_is_there(void)
{
	return tested_postgresql_url() != NULL;
}

/* Runs it; the first column of the first row, or -1. */
static int64_t tested_postgresql_run(const char *sql)
{
	PGconn *connection = PQconnectdb(tested_postgresql_url());
	PGresult *result = PQexec(connection, sql);
	int64_t number = -1;

	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0)
		number = atoll(PQgetvalue(result, 0, 0));
	PQclear(result);
	PQfinish(connection);
	return number;
}

/* A directory's name ends in six letters that no other has. */
static const char *tested_postgresql_schema(const char *place)
{
	return place + strlen(place) - 6;
}

static void tested_postgresql_locate(
	struct store_options *options, const char *place)
{
	static _Thread_local char url[300];
	const char *schema = tested_postgresql_schema(place);
	char sql[100];

	snprintf(sql, sizeof(sql),
		"SET client_min_messages = error;"
		"CREATE SCHEMA IF NOT EXISTS \"%s\"",
		schema);
	tested_postgresql_run(sql);
	snprintf(url, sizeof(url), "%s&options=-csearch_path%%3D%%22%s%%22",
		tested_postgresql_url(), schema);
	options->url = url;
}

static int64_t tested_postgresql_rows(const char *place, const char *table)
{
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM \"%s\".%s",
		tested_postgresql_schema(place),
		strcmp(table, "words") == 0 ? "word" : table);
	return tested_postgresql_run(sql);
}

static int tested_postgresql_write(const char *place, const char *sql)
{
	char all[1000];
	PGconn *connection = PQconnectdb(tested_postgresql_url());
	PGresult *result;
	int done;

	snprintf(all, sizeof(all), "SET search_path = \"%s\"; %s",
		tested_postgresql_schema(place), sql);
	result = PQexec(connection, all);
	done = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : -1;
	if (done)
		fputs(PQerrorMessage(connection), stderr);
	PQclear(result);
	PQfinish(connection);
	return done;
}

static void tested_postgresql_remove(const char *place)
{
	char sql[120];

	snprintf(sql, sizeof(sql),
		"SET client_min_messages = error;"
		"DROP SCHEMA IF EXISTS \"%s\" CASCADE",
		tested_postgresql_schema(place));
	tested_postgresql_run(sql);
}

static int64_t tested_postgresql_waits(const struct store *store)
{
	return pg_of(store->engine)->waits;
}

const struct tested_engine tested_postgresql = {
	.name = "postgresql",
	.far = true,
	.is_there = tested_postgresql_is_there,
	.locate = tested_postgresql_locate,
	.rows = tested_postgresql_rows,
	.run = tested_postgresql_write,
	.remove = tested_postgresql_remove,
	.waits = tested_postgresql_waits,
};
