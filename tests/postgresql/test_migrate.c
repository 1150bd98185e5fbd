/* SPDX-License-Identifier: MIT */
/*
 * test_migrate.c - tables brought up to date while others look on.
 *
 * In the database that CHATMEM_TEST_POSTGRESQL names, with migrations of its
 * own, which stand in for those of schema/sql: three versions, the last of
 * which leaves programs of the first behind.
 */
#include "core/store/postgresql/migrations.h"
#include "core/store/postgresql/postgresql.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>

#define SET_VERSION(version, oldest)                   \
	"UPDATE schema_version SET version = " version \
	", oldest_reader = " oldest
#define NOW "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

const char *const postgresql_migrations[] = {
	"CREATE TABLE schema_version (version bigint, oldest_reader bigint);"
	"INSERT INTO schema_version VALUES (1, 1);"
	"CREATE TABLE process (id uuid PRIMARY KEY, beat_at bigint,"
	" schema_version bigint, batch bigint)",
	"CREATE TABLE added (id bigint);" SET_VERSION("2", "1"),
	"DROP TABLE added;" SET_VERSION("3", "2"),
	NULL,
};

#define NEWEST 3

static PGconn *connection;

static void run(const char *sql)
{
	PGresult *result = PQexec(connection, sql);

	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK ||
			      PQresultStatus(result) == PGRES_TUPLES_OK,
		"%s: %s", sql, PQerrorMessage(connection));
	PQclear(result);
}

static PGconn *connect_to_tables(void)
{
	PGconn *to = PQconnectdb(getenv("CHATMEM_TEST_POSTGRESQL"));

	PQclear(PQexec(to, "SET client_min_messages = error;"
			   "SET search_path = test_migrate"));
	return to;
}

static void start(void)
{
	connection = connect_to_tables();
	run("DROP SCHEMA IF EXISTS test_migrate CASCADE;"
	    "CREATE SCHEMA test_migrate");
}

static void stop(void)
{
	run("DROP SCHEMA test_migrate CASCADE");
	PQfinish(connection);
}

/* Tables of the first version, and a program of it that ran so long ago. */
static void start_at_first(const char *milliseconds)
{
	char sql[200];

	start();
	run(postgresql_migrations[0]);
	snprintf(sql, sizeof(sql),
		"INSERT INTO process VALUES (gen_random_uuid(), " NOW
		" - %s, 1, 0)",
		milliseconds);
	run(sql);
}

static int64_t version(void)
{
	struct postgresql pg = { .connection = connection };
	int64_t is;

	ok(pg_tables_version(&pg, &is, &error));
	return is;
}

static int migrate(void)
{
	struct postgresql pg = { .connection = connection };

	return pg_migrate(&pg, &error);
}

START_TEST(tables_are_brought_up_to_date_one_by_one)
{
	start();
	ck_assert_int_eq(version(), 0);
	ok(migrate());
	ck_assert_int_eq(version(), NEWEST);
	ok(migrate());
	stop();
}
END_TEST

START_TEST(new_tables_are_beside_the_old_ones)
{
	start_at_first("0");
	run("CREATE SCHEMA first_in_path;"
	    "SET search_path = first_in_path, test_migrate");
	/* It ends at the second version, as a program of the first runs. */
	fails(migrate(), ERROR_UNAVAILABLE);
	run("SELECT 'test_migrate.added'::regclass;"
	    "SET search_path = test_migrate; DROP SCHEMA first_in_path CASCADE");
	stop();
}
END_TEST

static void *migrate_beside(void *context)
{
	struct postgresql pg = { .connection = connect_to_tables() };
	int *result = context;

	*result = pg_migrate(&pg, &error);
	if (*result)
		fprintf(stderr, "%s\n", error.message);
	PQfinish(pg.connection);
	return NULL;
}

START_TEST(servers_that_start_together_wait_for_the_first)
{
	pthread_t threads[8];
	int results[8];

	start();
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, migrate_beside, &results[i]);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(results[i], 0);
	}
	ck_assert_int_eq(version(), NEWEST);
	stop();
}
END_TEST

/* The migration before it stays, as programs of before do not mind that. */
START_TEST(what_others_need_is_not_taken_away_while_they_run)
{
	start_at_first("1000");
	fails(migrate(), ERROR_UNAVAILABLE);
	says_first("1 servers of a version that the new tables leave behind");
	ck_assert_int_eq(version(), 2);
	run("DELETE FROM process");
	ok(migrate());
	ck_assert_int_eq(version(), NEWEST);
	stop();
}
END_TEST

START_TEST(a_process_that_fell_silent_does_not_count)
{
	PGresult *rows;

	start_at_first("61000");
	ok(migrate());
	rows = PQexec(connection, "SELECT FROM process");
	ck_assert_int_eq(PQntuples(rows), 0);
	PQclear(rows);
	stop();
}
END_TEST

START_TEST(newer_tables_are_used_if_they_say_so)
{
	struct postgresql pg;

	start();
	ok(migrate());
	pg = (struct postgresql){ .connection = connection };
	run(SET_VERSION("4", "3"));
	ok(migrate());
	ok(pg_check_version(&pg, &error));
	run(SET_VERSION("4", "4"));
	fails(migrate(), ERROR_UNAVAILABLE);
	fails(pg_check_version(&pg, &error), ERROR_UNAVAILABLE);
	says("the database has tables of version 4, for chatmem that knows"
	     " version 4 at least, and this one knows them up to 3: start a"
	     " newer one");
	stop();
}
END_TEST

START_TEST(only_their_owner_changes_tables)
{
	start_at_first("61000");
	run("DROP ROLE IF EXISTS test_migrate_guest;"
	    "CREATE ROLE test_migrate_guest;"
	    "GRANT USAGE ON SCHEMA test_migrate TO test_migrate_guest;"
	    "GRANT ALL ON ALL TABLES IN SCHEMA test_migrate TO"
	    " test_migrate_guest; SET ROLE test_migrate_guest");
	fails(migrate(), ERROR_UNAVAILABLE);
	ck_assert_ptr_nonnull(
		strstr(error.message, "run chatmem migrate as their owner"));
	run("RESET ROLE; DROP OWNED BY test_migrate_guest;"
	    "DROP ROLE test_migrate_guest");
	stop();
}
END_TEST

UNIT("migrate", tables_are_brought_up_to_date_one_by_one,
	new_tables_are_beside_the_old_ones,
	servers_that_start_together_wait_for_the_first,
	what_others_need_is_not_taken_away_while_they_run,
	a_process_that_fell_silent_does_not_count,
	newer_tables_are_used_if_they_say_so, only_their_owner_changes_tables)
