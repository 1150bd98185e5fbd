/* SPDX-License-Identifier: MIT */
/*
 * refuse.c - why a database cannot be used, and what to do.
 *
 * For an operator who starts something: the sentences name users and tables.
 */
#include "core/store/postgresql/postgresql.h"

#include "schema/error.h"

#include <stdlib.h>
#include <string.h>

#define OLDEST_SERVER 150000 /* as PQserverVersion() says it */

/* --- the URL ------------------------------------------------------------- */

/* A password with such letters makes something else of what follows it. */
static bool refuse_is_torn(const PQconninfoOption *option)
{
	if (!option->val)
		return false;
	if (!strcmp(option->keyword, "port"))
		return option->val[strspn(option->val, "0123456789,")] != '\0';
	return (!strcmp(option->keyword, "host") ||
		       !strcmp(option->keyword, "dbname")) &&
	       strchr(option->val, '@');
}

int pg_check_url(const char *url, struct error *error)
{
	PQconninfoOption *all = PQconninfoParse(url, NULL);
	bool good = all != NULL;

	for (const PQconninfoOption *at = all; good && at->keyword; at++)
		good = !refuse_is_torn(at);
	PQconninfoFree(all);
	if (good)
		return 0;
	return error_set(error, ERROR_INVALID,
		"the URL of the database cannot be read; say"
		" postgresql://USER@HOST:PORT/DATABASE?NAME=VALUE, and write"
		" what is neither a letter nor a digit as %%XX: p@ss is"
		" p%%40ss");
}

/* --- a server ------------------------------------------------------------- */

int pg_check_server(struct postgresql *pg, struct error *error)
{
	const char *encoding =
		PQparameterStatus(pg->connection, "server_encoding");

	if (PQserverVersion(pg->connection) < OLDEST_SERVER)
		return error_set(error, ERROR_UNAVAILABLE,
			"the database is PostgreSQL %d, and chatmem needs 15 or"
			" later",
			PQserverVersion(pg->connection) / 10000);
	if (!encoding || strcmp(encoding, "UTF8") != 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"the encoding of the database \"%s\" is %s, and chatmem"
			" needs UTF8; make another one: CREATE DATABASE name"
			" ENCODING 'UTF8' TEMPLATE template0",
			PQdb(pg->connection),
			encoding ? encoding : "not known");
	return 0;
}

/* --- what is there, and may be done -------------------------------------- */

enum {
	IS_SCHEMA, /* where tables would be made; NULL: there is none */
	IS_MAKER,  /* they may be made there */
	IS_STANDBY,
	IS_READ_ONLY,
	IS_OURS,    /* our tables are there */
	IS_FOREIGN, /* a table of somebody else's in that schema; or NULL */
	IS_DENIED,  /* a table of ours that may not be used; or NULL */
	IS_HIDDEN   /* one that another schema's stands before; or NULL */
};

#define OURS "to_regclass('schema_version')"
/* Other programs have a schema_version too, but no such column. */
#define IS_OUR_TABLE                                              \
	"EXISTS (SELECT FROM pg_attribute WHERE attrelid = " OURS \
	" AND attname = 'oldest_reader')"
/* 'e': it is a part of an extension; 'i': a sequence of a column's own. */
#define DEPENDS(how)                                                        \
	"EXISTS (SELECT FROM pg_depend WHERE classid ="                     \
	" 'pg_class'::regclass AND objid = pg_class.oid AND deptype = " how \
	")"
/* Of what is beside that table, and is no other owner's, the first so. */
#define FIRST_OF_OURS(condition)                                            \
	"(SELECT min(relname) FROM pg_class WHERE (relnamespace, relowner)" \
	" = (SELECT relnamespace, relowner FROM pg_class WHERE oid = " OURS \
	") AND relkind IN ('r', 'p', 'S') AND NOT relispartition"           \
	" AND (" condition "))"
#define MAY(what) "has_table_privilege(oid, '" what "')"
#define MAY_WRITE                                                          \
	"CASE relkind WHEN 'S' THEN has_sequence_privilege(oid,"           \
	" 'USAGE') OR " DEPENDS("'i'") " ELSE " MAY("SELECT") " AND " MAY( \
		"INSERT") " AND " MAY("UPDATE") " AND " MAY("DELETE") " END"
#define HIDDEN FIRST_OF_OURS("to_regclass(quote_ident(relname)) <> oid")

static const char *const refuse_questions[] = {
	[STORE_READ] =
		"SELECT current_schema(), NULL, false, false, " IS_OUR_TABLE
		", NULL, " FIRST_OF_OURS(
			"relkind <> 'S' AND NOT " MAY("SELECT")) ", " HIDDEN,
	[STORE_WRITE] =
		"SELECT current_schema(), coalesce(has_schema_privilege("
		"current_schema(), 'CREATE'), false), pg_is_in_recovery(),"
		" current_setting('transaction_read_only')::bool, " IS_OUR_TABLE
		", (SELECT min(relname) FROM pg_class WHERE relnamespace ="
		" (SELECT oid FROM pg_namespace WHERE nspname ="
		" current_schema()) AND relkind IN ('r', 'p', 'v', 'm') AND NOT"
		" " DEPENDS("'e'") "), " FIRST_OF_OURS(
			"NOT " MAY_WRITE) ", " HIDDEN,
};

static bool refuse_is(const PGresult *row, int column)
{
	return strcmp(PQgetvalue(row, 0, column), "t") == 0;
}

static int refuse_read_only(
	const struct postgresql *pg, const PGresult *row, struct error *error)
{
	if (refuse_is(row, IS_STANDBY))
		return error_set(error, ERROR_UNAVAILABLE,
			"the database \"%s\" is a standby and takes no writes;"
			" name the primary, or all hosts with commas between:"
			" postgresql://HOST,HOST/%s?target_session_attrs="
			"read-write",
			PQdb(pg->connection), PQdb(pg->connection));
	return error_set(error, ERROR_UNAVAILABLE,
		"the database \"%s\" takes no writes of \"%s\":"
		" default_transaction_read_only is on; ALTER ROLE or ALTER"
		" DATABASE ... SET default_transaction_read_only = off",
		PQdb(pg->connection), PQuser(pg->connection));
}

/* Tables have to be made. */
static int refuse_empty(
	const struct postgresql *pg, const PGresult *row, struct error *error)
{
	const char *schema = PQgetvalue(row, 0, IS_SCHEMA);
	const char *database = PQdb(pg->connection);
	const char *user = PQuser(pg->connection);

	if (PQgetisnull(row, 0, IS_SCHEMA))
		return error_set(error, ERROR_UNAVAILABLE,
			"the search_path of \"%s\" names no schema that is in"
			" the database \"%s\": CREATE SCHEMA makes one",
			user, database);
	if (!PQgetisnull(row, 0, IS_FOREIGN))
		return error_set(error, ERROR_UNAVAILABLE,
			"the schema \"%s\" of the database \"%s\" has tables of"
			" another program (\"%s\"); give chatmem a database of"
			" its own, or CREATE SCHEMA chatmem and put"
			" ?options=-csearch_path%%3Dchatmem behind the URL",
			schema, database, PQgetvalue(row, 0, IS_FOREIGN));
	if (!refuse_is(row, IS_MAKER))
		return error_set(error, ERROR_UNAVAILABLE,
			"\"%s\" may not make tables in the schema \"%s\" of the"
			" database \"%s\"; as its owner say: GRANT CREATE, USAGE"
			" ON SCHEMA \"%s\" TO \"%s\"",
			user, schema, database, schema, user);
	return 0;
}

static int refuse_judge(
	const struct postgresql *pg, const PGresult *row, struct error *error)
{
	if (refuse_is(row, IS_STANDBY) || refuse_is(row, IS_READ_ONLY))
		return refuse_read_only(pg, row, error);
	if (!refuse_is(row, IS_OURS))
		return pg->base.mode == STORE_READ
			       ? 0
			       : refuse_empty(pg, row, error);
	if (!PQgetisnull(row, 0, IS_HIDDEN))
		return error_set(error, ERROR_UNAVAILABLE,
			"the search_path of \"%s\" finds another \"%s\" before"
			" chatmem's; name the schema of chatmem's tables alone:"
			" ?options=-csearch_path%%3DSCHEMA behind the URL",
			PQuser(pg->connection), PQgetvalue(row, 0, IS_HIDDEN));
	if (PQgetisnull(row, 0, IS_DENIED))
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
		"\"%s\" may not use \"%s\" of the database \"%s\";"
		" as its owner say: GRANT ALL ON ALL TABLES IN SCHEMA ... TO"
		" \"%s\", and ON ALL SEQUENCES",
		PQuser(pg->connection), PQgetvalue(row, 0, IS_DENIED),
		PQdb(pg->connection), PQuser(pg->connection));
}

int pg_check_rights(struct postgresql *pg, struct error *error)
{
	PGresult *row = pg_ask_now(pg, refuse_questions[pg->base.mode],
		"the database does not say what may be done in it", error);
	const int result = row ? refuse_judge(pg, row, error) : -1;

	PQclear(row);
	return result;
}

/* --- what has tools of its own ------------------------------------------- */

int pg_backup(struct engine *engine, const char *path, struct error *error)
{
	(void)engine;
	(void)path;
	return error_set(error, ERROR_NOT_CONFIGURED,
		"PostgreSQL backs itself up, also beside servers: pg_dump"
		" --format=custom --file=FILE URL makes a copy of now,"
		" pg_basebackup with an archive of its log one of any moment");
}

int pg_restore(const struct store_options *options, struct restoring *restoring,
	struct error *error)
{
	(void)options;
	(void)restoring;
	return error_set(error, ERROR_NOT_CONFIGURED,
		"PostgreSQL restores itself, while no server runs: createdb a"
		" new database, pg_restore --dbname=URL FILE, and give the"
		" servers its URL");
}
