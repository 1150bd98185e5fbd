/* SPDX-License-Identifier: MIT */
/* statement.c - statements in use: bound, asked, answered. */
#include "core/store/postgresql/postgresql.h"

#include "schema/error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Where bytes are asked for, so many rows come at first. */
#define SOME_ROWS 48
/* A value of PostgreSQL's can be larger, but no message of ours. */
#define VALUE_MAX ((size_t)64 << 20)

/* Of query->state: which binding failed. */
enum { STATE_GOOD, STATE_MEMORY, STATE_SIZE };

static struct pg_statement *statement_of(const struct query *query)
{
	return query->statement;
}

/* --- begun and bound ----------------------------------------------------- */

#define LOCK_BY_NAME                                                 \
	"SELECT FROM session WHERE tenant = $1 AND name = $2 FOR NO" \
	" KEY UPDATE"

static bool statement_locks(const struct postgresql *pg)
{
	return pg->base.mode == STORE_WRITE && pg->batch;
}

/*
 * Whoever finds a session to write to it keeps others from it.  The row is
 * locked by a statement of its own, with the same parameters: what the other
 * one selects besides would be as it was before the wait.
 */
static const char *statement_lock(const struct postgresql *pg, enum sql which)
{
	return (which == SQL_SESSION_FIND || which == SQL_SESSION_TAKE) &&
			       statement_locks(pg)
		       ? LOCK_BY_NAME
		       : NULL;
}

/* Of this the columns are the row's own, and as they are after the wait. */
static void statement_lock_itself(struct pg_statement *statement)
{
	text_format(&statement->kept, "%s FOR NO KEY UPDATE OF session",
		statement->text);
	text_byte(&statement->kept, '\0');
	if (!statement->kept.failed)
		statement->text = statement->kept.data;
}

/* A LIMIT of its own, behind which there can be no second. */
static bool statement_is_limited(const char *text)
{
	const char *last = NULL;

	for (const char *at = text; (at = strstr(at, " LIMIT ")); at++)
		last = at;
	return last && !strchr(last, ')');
}

/* Only what reads has rows that could be too many. */
static void statement_limit(struct pg_statement *statement)
{
	if (statement->piece < 0 ||
		strncmp(statement->text, "SELECT", 6) != 0 ||
		statement_is_limited(statement->text))
		return;
	/* As text: of a parameter the planner would expect far too many. */
	text_format(&statement->kept, "%s LIMIT %lld", statement->text,
		(long long)statement->piece);
	text_byte(&statement->kept, '\0');
	if (!statement->kept.failed)
		statement->text = statement->kept.data;
}

struct pg_statement *pg_statement_begin(
	struct engine *engine, const char *text, struct query *query)
{
	struct pg_statement *statement = pg_statement_new(text);

	*query = (struct query){
		.ops = engine->ops,
		.engine = engine,
		.statement = statement,
		.state = statement ? STATE_GOOD : STATE_MEMORY,
	};
	if (statement)
		statement->waited_for = true;
	return statement;
}

void pg_start_own(struct engine *engine, enum pg_own which, struct query *query)
{
	struct pg_statement *statement =
		pg_statement_begin(engine, pg_of(engine)->own[which], query);

	if (statement)
		statement->prepares =
			postgresql_own_prepared[which] && pg_of(engine)->batch;
}

void pg_start(struct engine *engine, enum sql which, struct query_most most,
	struct query *query)
{
	struct postgresql *pg = pg_of(engine);
	struct pg_statement *statement =
		pg_statement_begin(engine, pg->texts[which], query);

	if (!statement)
		return;
	statement->lock = statement_lock(pg, which);
	if (which == SQL_EXPECT_SESSIONS && statement_locks(pg))
		statement_lock_itself(statement);
	statement->prepares = postgresql_prepared[which] && pg->batch;
	statement->further = pg_seal_column(which);
	statement->piece = most.rows ? most.rows : most.bytes ? SOME_ROWS : -1;
}

static void statement_bind(struct query *query, int at, struct pg_value value)
{
	struct pg_statement *statement = statement_of(query);

	if (!statement)
		return;
	assert(at > 0 && at <= PG_PARAMETERS_MAX);
	if (value.bytes.length > VALUE_MAX)
		query->state = STATE_SIZE;
	statement->bound[at - 1] = value;
	if (at > statement->count)
		statement->count = at;
}

void pg_bind_number(struct query *query, int at, int64_t number)
{
	statement_bind(query, at,
		(struct pg_value){ .type = PG_NUMBER, .number = number });
}

/* An empty one has no bytes, which is not NULL. */
static struct slice statement_bytes(struct slice bytes)
{
	return bytes.length ? bytes : SLICE("");
}

void pg_bind_text(struct query *query, int at, struct slice text)
{
	statement_bind(query, at,
		(struct pg_value){
			.type = PG_BYTES, .bytes = statement_bytes(text) });
}

void pg_bind_blob(struct query *query, int at, struct slice bytes)
{
	statement_bind(query, at,
		(struct pg_value){
			.type = PG_BYTES, .bytes = statement_bytes(bytes) });
}

void pg_bind_null(struct query *query, int at)
{
	statement_bind(query, at, (struct pg_value){ .type = PG_NULL });
}

/* --- asked --------------------------------------------------------------- */

static int statement_check(const struct query *query, struct error *error)
{
	if (query->state == STATE_SIZE)
		return error_set(error, ERROR_TOO_LARGE,
			"what is to be stored is over the bound of 64 MiB");
	if (query->state == STATE_MEMORY || statement_of(query)->kept.failed)
		return error_out_of_memory(error);
	return 0;
}

static int statement_queue_lock(struct postgresql *pg,
	const struct pg_statement *statement, struct error *error)
{
	struct pg_statement *lock = pg_statement_new(statement->lock);

	if (!lock)
		return error_out_of_memory(error);
	memcpy(lock->bound, statement->bound, sizeof(lock->bound));
	lock->count = statement->count;
	lock->prepares = true;
	if (pg_statement_keep(lock)) {
		pg_statement_free(lock);
		return error_out_of_memory(error);
	}
	pg_queue(pg, lock);
	return 0;
}

static int statement_queue(struct query *query, struct error *error)
{
	struct pg_statement *statement = statement_of(query);
	struct postgresql *pg = pg_of(query->engine);

	if (statement_check(query, error))
		return -1;
	if (statement->queued)
		return 0;
	if (statement->lock && statement_queue_lock(pg, statement, error))
		return -1;
	statement_limit(statement);
	pg_queue(pg, statement);
	return 0;
}

void pg_ahead(struct query *query)
{
	struct error ignored = { 0 }; /* the first step meets it again */

	statement_queue(query, &ignored);
}

static int statement_ask(struct query *query, struct error *error)
{
	struct pg_statement *statement = statement_of(query);

	if (statement && statement->result)
		return 0;
	return statement_queue(query, error) ||
			       pg_ask(pg_of(query->engine), error)
		       ? -1
		       : 0;
}

int pg_step(struct query *query, struct error *error)
{
	struct pg_statement *statement = statement_of(query);

	if (statement_ask(query, error))
		return -1;
	if (statement->row < (statement->is_part
					     ? statement->end
					     : PQntuples(statement->result))) {
		statement->row++;
		return 1;
	}
	query->more = statement->row == statement->piece;
	return 0;
}

/* --- ended --------------------------------------------------------------- */

/* Takes it out of the queue. */
static void statement_unlink(
	struct postgresql *pg, const struct pg_statement *statement)
{
	struct pg_statement **at = &pg->first;

	while (*at != statement)
		at = &(*at)->next;
	*at = statement->next;
	if (pg->end == &statement->next)
		pg->end = at;
	if (pg->member == &statement->next)
		pg->member = at;
}

void pg_end(struct query *query)
{
	struct pg_statement *statement = statement_of(query);

	if (statement && statement->queued)
		statement_unlink(pg_of(query->engine), statement);
	pg_statement_free(statement);
	query->statement = NULL;
}

/* Copies what it borrows. */
int pg_statement_keep(struct pg_statement *statement)
{
	size_t length = 0, at = statement->kept.length;

	for (int i = 0; i < statement->count; i++)
		length += statement->bound[i].bytes.length;
	if (length == 0)
		return 0;
	assert(at == 0); /* else the text would move */
	if (text_reserve(&statement->kept, length))
		return -1;
	for (int i = 0; i < statement->count; i++) {
		struct slice *bytes = &statement->bound[i].bytes;

		text_slice(&statement->kept, *bytes);
		bytes->data = statement->kept.data + at;
		at += bytes->length;
	}
	return 0;
}

/* Outside of a batch, and of a reader, there is nothing to wait for. */
int pg_run(struct query *query, struct error *error)
{
	struct pg_statement *statement = statement_of(query);
	struct postgresql *pg = pg_of(query->engine);
	int result = statement_check(query, error);

	if (statement)
		statement->writes = true;
	if (result == 0 && pg->batch && !pg->lost &&
		pg->base.mode == STORE_WRITE) {
		if (pg_statement_keep(statement) == 0) {
			statement->waited_for = false;
			pg_queue(pg, statement);
			return 0;
		}
		result = error_out_of_memory(error);
	}
	if (result == 0)
		result = statement_ask(query, error);
	pg_end(query);
	return result;
}

int pg_run_counting(struct query *query, int64_t *rows, struct error *error)
{
	int result;

	if (statement_of(query))
		statement_of(query)->writes = true;
	result = statement_ask(query, error);
	if (result == 0)
		*rows = strtoll(
			PQcmdTuples(statement_of(query)->result), NULL, 10);
	pg_end(query);
	return result;
}

int pg_insert(struct query *query, int64_t *id, struct error *error)
{
	struct pg_statement *statement = statement_of(query);
	int result;

	if (statement) {
		statement->writes = true;
		text_format(
			&statement->kept, "%s RETURNING id", statement->text);
		text_byte(&statement->kept, '\0');
		if (!statement->kept.failed)
			statement->text = statement->kept.data;
	}
	result = pg_step(query, error) > 0 ? 0 : -1;
	if (result == 0)
		*id = pg_number(query, 0);
	pg_end(query);
	return result;
}
