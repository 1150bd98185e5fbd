/* SPDX-License-Identifier: MIT */
/*
 * pipeline.c - round trips: what waits goes out, the answers come in.
 *
 * The connection does not block: while a large queue goes out the answers to
 * its beginning come in, or both sides would wait for each other.
 */
#include "core/store/postgresql/postgresql.h"
#include "core/store/postgresql/wire.h"

#include "schema/error.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* --- the queue ----------------------------------------------------------- */

struct pg_statement *pg_statement_new(const char *text)
{
	struct pg_statement *statement = calloc(1, sizeof(*statement));

	if (!statement)
		return NULL;
	statement->text = text;
	statement->piece = -1;
	return statement;
}

void pg_statement_free(struct pg_statement *statement)
{
	if (!statement)
		return;
	if (!statement->is_part)
		PQclear(statement->result);
	text_clear(&statement->kept);
	free(statement);
}

void pg_queue(struct postgresql *pg, struct pg_statement *statement)
{
	statement->next = NULL;
	statement->queued = true;
	*pg->end = statement;
	pg->end = &statement->next;
}

int pg_queue_text(struct postgresql *pg, const char *text, struct error *error)
{
	struct pg_statement *statement = pg_statement_new(text);

	if (!statement)
		return error_out_of_memory(error);
	pg_queue(pg, statement);
	return 0;
}

/* It is out of the queue; a run has nobody who would free it. */
static void pipeline_let_go(struct pg_statement *statement)
{
	statement->queued = false;
	if (!statement->waited_for)
		pg_statement_free(statement);
}

void pg_drop(struct postgresql *pg, struct pg_statement **from)
{
	struct pg_statement *next = *from;

	*from = NULL;
	pg->end = from;
	while (next) {
		struct pg_statement *statement = next;

		next = statement->next;
		pipeline_let_go(statement);
	}
}

int pg_is_lost(struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE, "the batch was undone");
}

/* --- out and in ---------------------------------------------------------- */

#define INT8 20 /* its row of pg_type; 0: as the statement wants it */

struct pipeline_parameters {
	const char *values[PG_PARAMETERS_MAX];
	char numbers[PG_PARAMETERS_MAX][8];
	int lengths[PG_PARAMETERS_MAX], formats[PG_PARAMETERS_MAX];
	Oid types[PG_PARAMETERS_MAX];
};

/* All parameters are binary: texts and bytes as they are. */
static void pipeline_put_parameters(
	const struct pg_statement *statement, struct pipeline_parameters *out)
{
	for (int i = 0; i < statement->count; i++) {
		const struct pg_value *value = &statement->bound[i];

		out->types[i] = value->type == PG_NUMBER ? INT8 : 0;
		out->formats[i] = 1;
		out->values[i] =
			value->type == PG_BYTES ? value->bytes.data : NULL;
		out->lengths[i] = (int)value->bytes.length;
		if (value->type != PG_NUMBER)
			continue;
		wire_put_number(out->numbers[i], value->number);
		out->values[i] = out->numbers[i];
		out->lengths[i] = sizeof(out->numbers[i]);
	}
}

static int pipeline_send_one(
	struct postgresql *pg, struct pg_statement *statement)
{
	struct pipeline_parameters with;
	const char *const *values = with.values;
	char name[PG_NAME];
	int prepared, sent;

	pipeline_put_parameters(statement, &with);
	prepared = pg_prepare(pg, statement, with.types, name);
	if (prepared < 0)
		return -1;
	sent = prepared ? PQsendQueryPrepared(pg->connection, name,
				  statement->count, values, with.lengths,
				  with.formats, 1)
			: PQsendQueryParams(pg->connection, statement->text,
				  statement->count, with.types, values,
				  with.lengths, with.formats, 1);
	return sent == 1 ? 0 : -1;
}

static int pipeline_flush(struct postgresql *pg)
{
	int left;

	while ((left = PQflush(pg->connection)) > 0)
		if (pg_wait(pg, POLLIN | POLLOUT))
			return -1;
	return left;
}

static int pipeline_send(struct postgresql *pg)
{
	pg_merge(pg);
	for (struct pg_statement *s = pg->first; s; s = s->next) {
		pg->sent = pg->sent || s->writes;
		if (s->forgets)
			pg_prepare_forget(pg);
		if (pipeline_send_one(pg, s))
			return -1;
	}
	return PQpipelineSync(pg->connection) == 1 && pipeline_flush(pg) == 0
		       ? 0
		       : -1;
}

/* The next result; NULL: the one before was the last of its statement. */
static PGresult *pipeline_next(struct postgresql *pg)
{
	while (PQisBusy(pg->connection))
		if (pg_wait(pg, POLLIN))
			return NULL;
	return PQgetResult(pg->connection);
}

/* The answer to one statement; *failed gets the first that is an error. */
static PGresult *pipeline_take(struct postgresql *pg)
{
	PGresult *result = pipeline_next(pg);
	PGresult *more;

	while (result && (more = pipeline_next(pg)))
		PQclear(more);
	return result;
}

static bool pipeline_is_good(const PGresult *result)
{
	const ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* The end of what was sent together. */
static int pipeline_take_sync(struct postgresql *pg)
{
	PGresult *result = pipeline_next(pg);
	const bool good = PQresultStatus(result) == PGRES_PIPELINE_SYNC;

	PQclear(result);
	return good ? 0 : -1;
}

/* Takes the answers to rollbacks, which nobody has waited for. */
static int pipeline_settle(struct postgresql *pg)
{
	for (; pg->owed > 0; pg->owed--) {
		PQclear(pipeline_take(pg));
		if (pipeline_take_sync(pg))
			return -1;
	}
	return 0;
}

/* Its answer; if it was to be prepared and was not, the answer to that. */
static bool pipeline_hear_one(
	struct postgresql *pg, struct pg_statement *statement)
{
	PGresult *prepared;

	if (!statement->is_preparing)
		return pipeline_is_good(statement->result = pipeline_take(pg));
	prepared = pipeline_take(pg);
	statement->result = pipeline_take(pg);
	if (pipeline_is_good(prepared)) {
		PQclear(prepared);
		return pipeline_is_good(statement->result);
	}
	pg_prepare_failed(pg, statement);
	PQclear(statement->result);
	statement->result = prepared; /* says why */
	return false;
}

/* Takes the answer to each in turn, -1: one is an error, which is described. */
static int pipeline_hear(struct postgresql *pg, struct error *error)
{
	struct pg_statement *next = pg->first;
	int result = 0;

	pg->first = NULL;
	pg->end = pg->member = &pg->first;
	while (next) {
		struct pg_statement *statement = next;

		next = statement->next;
		if (!pipeline_hear_one(pg, statement) && result == 0)
			result = pg_failed(pg, statement->result, error);
		if (result) {
			PQclear(statement->result);
			statement->result = NULL;
		}
		pipeline_let_go(statement);
	}
	if (pipeline_take_sync(pg) && result == 0)
		result = pg_failed(pg, NULL, error);
	return result;
}

/*
 * The first round trip ends with the batch's question.  After all locks, so
 * that a batch that waited for another one has a later time than that.
 */
static void pipeline_greet(struct postgresql *pg)
{
	struct pg_statement *greeting = pg->greeting;

	if (greeting && !greeting->result && !greeting->queued)
		pg_queue(pg, greeting);
}

/* True: the end of a read goes with its only question. */
static bool pipeline_ends(struct postgresql *pg)
{
	struct error ignored = { 0 }; /* then it ends by itself */

	return pg->base.sole && !pg->keeps &&
	       pg_queue_text(pg, "COMMIT", &ignored) == 0;
}

int pg_ask(struct postgresql *pg, struct error *error)
{
	bool ends;
	int result;

	/* A later state may be another than that which was read. */
	if (pg->ended)
		pg->lost = pg->again = true;
	if (pg->lost)
		return pg_is_lost(error);
	pipeline_greet(pg);
	ends = pipeline_ends(pg);
	pg->waits++;
	pg->open = true;
	if (pipeline_settle(pg) || pipeline_send(pg)) {
		result = pg_failed(pg, NULL, error);
		pg_drop(pg, &pg->first);
	} else {
		result = pipeline_hear(pg, error);
	}
	if (result)
		pg_lose(pg);
	pg->ended = ends && result == 0;
	pg->open = pg->open && !ends;
	return result;
}

void pg_lose(struct postgresql *pg)
{
	pg_drop(pg, &pg->first);
	pg->member = &pg->first;
	pg->lost = true;
	if (!pg->open)
		return;
	pg->open = false;
	if (PQsendQueryParams(pg->connection, "ROLLBACK", 0, NULL, NULL, NULL,
		    NULL, 1) == 1 &&
		PQpipelineSync(pg->connection) == 1 &&
		PQflush(pg->connection) >= 0)
		pg->owed++;
}
