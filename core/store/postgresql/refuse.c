/* SPDX-License-Identifier: MIT */
/*
 * refuse.c - why a database cannot be used, and what to do.
 *
 * For an operator who starts something: the sentences name hosts, users and
 * tables, and the database's own words.  None can hold the password, which the
 * library quotes only from a URL that it cannot read.
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

/* --- a connection -------------------------------------------------------- */

/* Words of the server or the library, and what to do; the first that fits. */
static const struct {
	const char *words;
	const char *advice;
	bool is_final; /* nothing but a change of settings helps */
} refuse_advice[] = {
	{ "password authentication failed",
		"give the user's password in the URL (--db-url-file, or"
		" CHATMEM_DB), in PGPASSWORD or in a PGPASSFILE",
		true },
	{ "no password supplied",
		"give the user's password in the URL (--db-url-file, or"
		" CHATMEM_DB), in PGPASSWORD or in a PGPASSFILE",
		true },
	{ "no pg_hba.conf entry",
		"let it in by a line of the server's pg_hba.conf; it may want"
		" TLS: ?sslmode=require",
		true },
	{ "permission denied for database",
		"as its owner say: GRANT CONNECT ON DATABASE name TO user",
		true },
	{ "Peer authentication failed",
		"its pg_hba.conf lets only the system's user of that name in"
		" by this socket; say a host, and a password",
		true },
	{ "database \"",
		"make it: CREATE DATABASE name OWNER user ENCODING"
		" 'UTF8' TEMPLATE template0",
		true },
	{ "role \"", "check the user that the URL names", true },
	{ "could not translate host name", "check the host that the URL names",
		false },
	{ "read-only",
		"name the primary, or all hosts with commas between, and"
		" ?target_session_attrs=read-write",
		false },
	{ "hot standby",
		"name the primary, or all hosts with commas between; if it is"
		" the primary, set default_transaction_read_only = off",
		false },
	{ "too many", "raise its max_connections, or lower --db-readers",
		false },
	{ "connection slots",
		"raise its max_connections, or lower --db-readers", false },
	{ "starting up", "start again when it has", false },
	{ "SSL", "check ?sslmode and the certificates that it names", true },
	{ "",
		"check host and port of the URL, and that PostgreSQL runs"
		" there",
		false },
};

/* A single line, without what the library puts between. */
static void refuse_tidy(char *line, size_t size, const char *words)
{
	size_t length = 0;

	for (; *words && length + 1 < size; words++) {
		const bool space = strchr(" \n\t", *words) != NULL;

		if (!space || (length && line[length - 1] != ' '))
			line[length++] = space ? ' ' : *words;
	}
	while (length && line[length - 1] == ' ')
		length--;
	line[length] = '\0';
}

static size_t refuse_find(const char *line)
{
	size_t i = 0;

	while (!strstr(line, refuse_advice[i].words))
		i++;
	return i;
}

bool pg_may_connect_later(const struct postgresql *pg)
{
	return PQstatus(pg->connection) != CONNECTION_OK &&
	       !refuse_advice[refuse_find(PQerrorMessage(pg->connection))]
			.is_final;
}

int pg_refuse_connection(const PGconn *connection, struct error *error)
{
	char line[300];

	if (!connection)
		return error_out_of_memory(error);
	refuse_tidy(line, sizeof(line), PQerrorMessage(connection));
	return error_set(error, ERROR_UNAVAILABLE,
		"the database cannot be reached: %s; %s", line,
		refuse_advice[refuse_find(line)].advice);
}

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
	IS_DENIED   /* a table of ours that may not be used; or NULL */
};

#define OURS	   "to_regclass('schema_version')"
#define OUR_SCHEMA "(SELECT relnamespace FROM pg_class WHERE oid = " OURS ")"
/* Other programs have a schema_version too, but no such column. */
#define IS_OUR_TABLE                                              \
	"EXISTS (SELECT FROM pg_attribute WHERE attrelid = " OURS \
	" AND attname = 'oldest_reader')"
#define OF_AN_EXTENSION                                 \
	"EXISTS (SELECT FROM pg_depend WHERE classid =" \
	" 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')"
#define MAY(what) "has_table_privilege(oid, '" what "')"

static const char *const refuse_questions[] = {
	[STORE_READ] =
		"SELECT current_schema(), NULL, false, false, " IS_OUR_TABLE
		", NULL, (SELECT min(relname) FROM pg_class WHERE relnamespace"
		" = " OUR_SCHEMA " AND relkind IN ('r', 'p') AND NOT"
		" relispartition AND NOT " MAY("SELECT") ")",
	[STORE_WRITE] =
		"SELECT current_schema(), coalesce(has_schema_privilege("
		"current_schema(), 'CREATE'), false), pg_is_in_recovery(),"
		" current_setting('transaction_read_only')::bool, " IS_OUR_TABLE
		", (SELECT min(relname) FROM pg_class WHERE relnamespace ="
		" (SELECT oid FROM pg_namespace WHERE nspname ="
		" current_schema()) AND relkind IN ('r', 'p', 'v', 'm') AND NOT"
		" " OF_AN_EXTENSION "), (SELECT min(relname) FROM pg_class"
		" WHERE relnamespace = " OUR_SCHEMA " AND relkind IN ('r', 'p')"
		" AND NOT relispartition AND NOT (" MAY("SELECT") " AND " MAY(
			"INSERT") " AND " MAY("UPDATE") " AND " MAY("DELETE") "))",
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
	if (PQgetisnull(row, 0, IS_DENIED))
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
		"\"%s\" may not use the table \"%s\" of the database \"%s\";"
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
