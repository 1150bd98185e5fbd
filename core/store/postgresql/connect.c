/* SPDX-License-Identifier: MIT */
/* connect.c - a connection: made, found broken, made anew, ended. */
#include "core/store/backup.h"
#include "core/store/postgresql/postgresql.h"
#include "core/store/sqlite/fts_tokenizer.h"

#include "schema/clock.h"
#include "schema/error.h"

#include <ctype.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line without its end. */
void pg_warn(const struct postgresql *pg, const char *format, ...)
{
	char line[500];
	va_list arguments;

	if (!pg->base.options.warn)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	line[strcspn(line, "\n")] = '\0';
	pg->base.options.warn(pg->base.options.warn_context, line);
}

/* The next answer; NULL: there is none any more, or it does not come. */
static PGresult *connect_next(struct postgresql *pg)
{
	while (PQisBusy(pg->connection))
		if (pg_wait(pg, POLLIN))
			return NULL;
	return PQgetResult(pg->connection);
}

/*
 * While the server runs it waits no longer than for any answer; at its start
 * others may be making the tables.
 */
static PGresult *connect_ask(struct postgresql *pg, const char *question)
{
	PGresult *rows, *more;

	if (!pg->started)
		return PQexec(pg->connection, question);
	if (PQsendQuery(pg->connection, question) != 1)
		return NULL;
	rows = connect_next(pg);
	while ((more = connect_next(pg)))
		PQclear(more);
	return rows;
}

PGresult *pg_ask_now(struct postgresql *pg, const char *question,
	const char *refusal, struct error *error)
{
	PGresult *rows = connect_ask(pg, question);

	if (PQresultStatus(rows) == PGRES_TUPLES_OK)
		return rows;
	pg_warn(pg, "postgresql: %s", PQerrorMessage(pg->connection));
	error_describe(error, ERROR_UNAVAILABLE, "%s", refusal);
	PQclear(rows);
	return NULL;
}

/*
 * A commit that a standby was to confirm, and whose wait was cancelled, is told
 * as done, with a warning.  A trigger of the operator's may warn, too.
 */
static bool connect_is_of_a_wait(const PGresult *notice)
{
	const char *state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
	const char *file = PQresultErrorField(notice, PG_DIAG_SOURCE_FILE);

	return state &&
	       (strcmp(state, "01000") == 0 || strcmp(state, "57P01") == 0) &&
	       (!file || strcmp(file, "syncrep.c") == 0);
}

static void connect_notice(void *context, const PGresult *notice)
{
	struct postgresql *pg = context;

	if (!connect_is_of_a_wait(notice))
		return;
	pg->unconfirmed = true;
	pg_warn(pg, "postgresql: %s", PQresultErrorMessage(notice));
}

static int connect_failed(const struct postgresql *pg, struct error *error)
{
	if (!pg->started)
		return pg_refuse_connection(pg->connection, &pg->reason, error);
	if (!pg->gone_at)
		pg_warn(pg, "postgresql: %s",
			pg->connection ? PQerrorMessage(pg->connection)
				       : "out of memory");
	return error_set(
		error, ERROR_UNAVAILABLE, "the database cannot be reached");
}

static int connect_make(struct postgresql *pg, struct error *error)
{
	if (pg_start_connection(pg, error))
		return -1;
	if (PQstatus(pg->connection) != CONNECTION_OK) {
		pg->attempt++;
		return connect_failed(pg, error);
	}
	PQsetNoticeReceiver(pg->connection, connect_notice, pg);
	return pg_check_server(pg, error);
}

static int connect_to_pipeline(struct postgresql *pg, struct error *error)
{
	return PQsetnonblocking(pg->connection, 1) == 0 &&
			       PQenterPipelineMode(pg->connection) == 1
		       ? 0
		       : error_out_of_memory(error);
}

int pg_connect(struct postgresql *pg, struct error *error)
{
	/* So an end is seen that came while nobody asked. */
	if (PQconsumeInput(pg->connection) == 1 &&
		PQstatus(pg->connection) == CONNECTION_OK)
		return 0;
	pg->fresh = true;
	pg->asked_at = 0; /* another server may have another clock */
	if (connect_make(pg, error) == 0 &&
		pg_learn_durability(pg, error) == 0 &&
		pg_prepare_begin(pg, error) == 0 &&
		connect_to_pipeline(pg, error) == 0)
		return 0;
	PQfinish(pg->connection);
	pg->connection = NULL;
	return -1;
}

/*
 * A row for this process, by which others know that it is there.  Tables that
 * leave this program behind are not made between the look at their version and
 * this: the row is locked by who makes them.
 */
static int connect_introduce(struct postgresql *pg, struct error *error)
{
	static const char text[] =
		"INSERT INTO process (id, beat_at, schema_version, batch)"
		" SELECT gen_random_uuid(), (extract(epoch FROM"
		" clock_timestamp()) * 1000)::bigint, $1::bigint, 0"
		" FROM (SELECT FROM schema_version WHERE oldest_reader <="
		" $1::bigint FOR SHARE) AS usable RETURNING id";
	char version[24];
	const char *const values[] = { version };
	PGresult *result;
	bool good;

	snprintf(version, sizeof(version), "%lld",
		(long long)pg_newest_version());
	result = PQexecParams(
		pg->connection, text, 1, NULL, values, NULL, NULL, 0);
	good = PQresultStatus(result) == PGRES_TUPLES_OK &&
	       PQntuples(result) == 1;
	if (good)
		snprintf(pg->process, sizeof(pg->process), "%s",
			PQgetvalue(result, 0, 0));
	else
		pg_warn(pg, "postgresql: %s", PQerrorMessage(pg->connection));
	PQclear(result);
	return good ? 0
		    : error_set(error, ERROR_UNAVAILABLE,
			      "the database takes no writes of this chatmem;"
			      " start it again");
}

/* ?1 of the common texts is $1; no literal of ours has a question mark. */
static char *connect_translate(const char *text)
{
	char *out = strdup(text);

	for (char *at = out; at && *at; at++)
		if (*at == '?' && isdigit((unsigned char)at[1]))
			*at = '$';
	return out;
}

/*
 * At a start: a server waits as long as its requests would, for a database that
 * starts too or fails over; each other command tries each host once.
 */
static int connect_first(struct postgresql *pg, struct error *error)
{
	const int64_t wait =
		pg->base.mode == STORE_WRITE ? pg->base.options.wait_ms : 0;
	const int64_t since = clock_ms(CLOCK_MONOTONIC);

	while (connect_make(pg, error)) {
		/* A server that is there, but is none for us, stays so. */
		if (PQstatus(pg->connection) == CONNECTION_OK ||
			pg->reason.is_final ||
			(pg->attempt >= pg->hosts.count &&
				clock_ms(CLOCK_MONOTONIC) - since >= wait))
			return -1;
		if (wait && pg->attempt == 1)
			pg_warn(pg, "%s; it is tried again for %lld s",
				error->message, (long long)wait / 1000);
		*error = (struct error){ 0 };
		pg_pause();
	}
	return 0;
}

/* A handle that is good enough to look around. */
static int connect_look(struct postgresql *pg, struct error *error)
{
	return pg_check_url(pg->base.options.url, error) ||
			       connect_first(pg, error) ||
			       pg_check_rights(pg, error)
		       ? -1
		       : 0;
}

static int connect_open(
	struct postgresql *pg, const char *const *texts, struct error *error)
{
	for (enum sql i = 0; i < SQL_COUNT; i++) {
		pg->texts[i] = connect_translate(texts[i]);
		if (!pg->texts[i])
			return error_out_of_memory(error);
	}
	for (enum pg_own i = 0; i < PG_OWN_COUNT; i++) {
		pg->own[i] = connect_translate(postgresql_own[i]);
		if (!pg->own[i])
			return error_out_of_memory(error);
	}
	if (fts_tokenizer_open(&pg->tokenizer, NULL, error) ||
		connect_look(pg, error) || pg_learn_durability(pg, error))
		return -1;
	if (pg->base.mode == STORE_READ
			? pg_check_version(pg, error)
			: pg_migrate(pg, error) ||
				  pg_look_for_restore(pg, error) ||
				  connect_introduce(pg, error))
		return -1;
	pg->started = true;
	return pg_prepare_begin(pg, error) || connect_to_pipeline(pg, error)
		       ? -1
		       : 0;
}

int pg_open(struct engine **out, const struct store_options *options,
	enum store_mode mode, const char *const *texts, struct error *error)
{
	struct postgresql *pg = calloc(1, sizeof(*pg));

	if (!pg)
		return error_out_of_memory(error);
	pg->base = (struct engine){
		.ops = &engine_postgresql,
		.options = *options,
		.mode = mode,
		/* Others may have left some to be taken up. */
		.index.due_at = options->search ? 0 : INT64_MAX,
	};
	pg->end = pg->member = &pg->first;
	snprintf(pg->wait, sizeof(pg->wait), "%lld",
		(long long)options->wait_ms);
	if (connect_open(pg, texts, error)) {
		pg_close(&pg->base);
		return -1;
	}
	*out = &pg->base;
	return 0;
}

int pg_plan_migration(const struct store_options *options,
	struct migration_plan *plan, struct error *error)
{
	struct postgresql pg = { .base = { .options = *options,
					 .mode = STORE_READ } };
	int result = connect_look(&pg, error);

	plan->free = -1;
	plan->newest = pg_newest_version();
	if (result == 0 && (pg_tables_version(&pg, &plan->version, error) ||
				   pg_ask_copied(&pg, plan->version,
					   &plan->written, error)))
		result = -1;
	PQfinish(pg.connection);
	pg_forget_hosts(&pg);
	return result;
}

/* A process that ended has no row: nobody waits for its beat. */
static void connect_take_leave(struct postgresql *pg)
{
	struct error ignored = { 0 };
	struct pg_statement *statement;

	if (!pg->process[0])
		return;
	statement = pg_statement_new(
		"DELETE FROM process WHERE id = $1::text::uuid");
	if (!statement)
		return;
	statement->bound[0] = (struct pg_value){ .type = PG_BYTES,
		.bytes = slice_of(pg->process) };
	statement->count = 1;
	pg_queue(pg, statement);
	pg->lost = false;
	pg_ask(pg, &ignored);
}

void pg_close(struct engine *engine)
{
	struct postgresql *pg = pg_of(engine);

	if (PQstatus(pg->connection) == CONNECTION_OK)
		connect_take_leave(pg);
	pg_drop(pg, &pg->first);
	pg_statement_free(pg->greeting);
	PQfinish(pg->connection);
	pg_forget_hosts(pg);
	for (enum sql i = 0; i < SQL_COUNT; i++)
		free(pg->texts[i]);
	for (enum pg_own i = 0; i < PG_OWN_COUNT; i++)
		free(pg->own[i]);
	fts_tokenizer_close(pg->tokenizer);
	free(pg);
}

int pg_last_batch(struct postgresql *pg, int64_t *number, struct error *error)
{
	struct pg_statement *statement = pg_statement_new(
		"UPDATE process SET beat_at = beat_at WHERE id = $1::text::uuid"
		" RETURNING batch");
	struct query query = { .engine = &pg->base, .statement = statement };
	int found;

	if (!statement)
		return error_out_of_memory(error);
	statement->waited_for = true;
	statement->bound[0] = (struct pg_value){ .type = PG_BYTES,
		.bytes = slice_of(pg->process) };
	statement->count = 1;
	pg->lost = pg->unconfirmed = false;
	found = pg_step(&query, error);
	if (found > 0)
		*number = pg_number(&query, 0);
	pg_end(&query);
	pg->open = false;
	return pg->unconfirmed ? -1 : found;
}
