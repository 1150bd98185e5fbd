/* SPDX-License-Identifier: MIT */
/*
 * prepare.c - statements that a connection has parsed and planned already.
 *
 * Their names are digests of their texts: another chatmem behind the same
 * pooler means the same by them.  A connection of a pooler is nobody's own, and
 * what was prepared there may be elsewhere: there all goes unprepared.
 */
#include "core/store/postgresql/postgresql.h"

#include "schema/clock.h"
#include "schema/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A plan was made for tables of some size, and may be wrong for larger ones,
 * until the server counts them anew: after so long all are made again.
 */
#define PREPARE_MS    10000
#define REFUSALS_MOST 3 /* then it is a pooler's after all */

const bool postgresql_prepared[SQL_COUNT] = {
	[SQL_SESSION_FIND] = true,
	[SQL_SESSION_TAKE] = true,
	[SQL_SESSION_SHUN] = true,
	[SQL_EXPECT_SESSIONS] = true,
	[SQL_EXPECT_DISOWNED] = true,
	[SQL_EXPECT_RECORD] = true,
	[SQL_EXPECT_COUNT] = true,
	[SQL_EXPECT_NEWEST] = true,
	[SQL_EXPECT_IDS] = true,
	[SQL_EXPECT_PROFILE] = true,
	[SQL_EXPECT_MESSAGES] = true,
	[SQL_SESSION_CREATE] = true,
	[SQL_SESSION_HISTORY] = true,
	[SQL_SESSION_PROFILE] = true,
	[SQL_SESSION_TOUCH] = true,
	[SQL_SESSION_SETTLE] = true,
	[SQL_SESSION_EDIT] = true,
	[SQL_HISTORY_CREATE] = true,
	[SQL_HISTORY_BELOW] = true,
	[SQL_MESSAGE_APPEND] = true,
	[SQL_MESSAGES_UP] = true,
	[SQL_MESSAGES_DOWN] = true,
	[SQL_MESSAGES_UP_OF] = true,
	[SQL_MESSAGES_DOWN_OF] = true,
	[SQL_MESSAGE_BY_ID] = true,
	[SQL_IDEMPOTENCY_BY_KEY] = true,
	[SQL_IDEMPOTENCY_NEWEST] = true,
	[SQL_IDEMPOTENCY_KEEP] = true,
	[SQL_IDEMPOTENCY_COUNT] = true,
	[SQL_USAGE_READ] = true,
	[SQL_USAGE_ADD] = true,
};

const bool postgresql_own_prepared[PG_OWN_COUNT] = {
	[PG_NEWEST] = true,
	[PG_WORDS_DONE] = true,
	[PG_WORDS_ADD] = true,
	[PG_WORDS_COUNT] = true,
	[PG_VERSIONS] = true,
	[PG_TURN_JOIN] = true,
	[PG_TURN_LOOK] = true,
	[PG_TURN_LIVE] = true,
	[PG_TURN_PASS] = true,
	[PG_TURN_LEAVE] = true,
	[PG_TURN_END] = true,
	[PG_TURN_CHECK] = true,
};

static uint64_t prepare_digest(
	const struct pg_statement *statement, const Oid *types)
{
	uint64_t digest = 14695981039346656037U; /* FNV-1a's */

	for (const char *at = statement->text; *at; at++)
		digest = (digest ^ (unsigned char)*at) * 1099511628211U;
	for (int i = 0; i < statement->count; i++)
		digest = (digest ^ types[i]) * 1099511628211U;
	return digest;
}

static void prepare_write_name(uint64_t digest, char *name, size_t size)
{
	snprintf(name, size, "chatmem_%016llx", (unsigned long long)digest);
}

static bool prepare_is_known(const struct pg_prepared *known, uint64_t digest)
{
	for (size_t i = 0; i < known->count; i++)
		if (known->digests[i] == digest)
			return true;
	return false;
}

int pg_prepare(struct postgresql *pg, struct pg_statement *statement,
	const Oid *types, char name[PG_NAME])
{
	struct pg_prepared *known = &pg->prepared;

	if (!statement->prepares || !known->own)
		return 0;
	statement->digest = prepare_digest(statement, types);
	prepare_write_name(statement->digest, name, PG_NAME);
	if (prepare_is_known(known, statement->digest))
		return 1;
	if (known->count == PG_PREPARED_MAX)
		return 0;
	if (PQsendPrepare(pg->connection, name, statement->text,
		    statement->count, types) != 1)
		return -1;
	known->digests[known->count++] = statement->digest;
	statement->is_preparing = true;
	return 1;
}

void pg_prepare_failed(
	struct postgresql *pg, const struct pg_statement *statement)
{
	struct pg_prepared *known = &pg->prepared;

	for (size_t i = 0; i < known->count; i++)
		if (known->digests[i] == statement->digest)
			known->digests[i] = known->digests[--known->count];
}

/* Of a pooler's connection the number is the pooler's invention. */
int pg_prepare_begin(struct postgresql *pg, struct error *error)
{
	PGresult *row = pg_ask_now(pg, "SELECT pg_backend_pid()",
		"the database does not say which connection this is", error);

	if (!row)
		return -1;
	pg->prepared = (struct pg_prepared){
		.own = pg->prepared.refusals < REFUSALS_MOST &&
		       strtol(PQgetvalue(row, 0, 0), NULL, 10) ==
			       PQbackendPID(pg->connection),
		.refusals = pg->prepared.refusals,
		.since = clock_ms(CLOCK_MONOTONIC),
	};
	PQclear(row);
	return 0;
}

int pg_prepare_anew(struct postgresql *pg, struct error *error)
{
	const struct pg_prepared *known = &pg->prepared;
	const bool old = clock_ms(CLOCK_MONOTONIC) - known->since >= PREPARE_MS;
	struct pg_statement *statement;

	if (!known->is_wrong && (!known->count || !old))
		return 0;
	statement = pg_statement_new("DEALLOCATE ALL");
	if (!statement)
		return error_out_of_memory(error);
	statement->forgets = true;
	pg_queue(pg, statement);
	return 0;
}

void pg_prepare_forget(struct postgresql *pg)
{
	struct pg_prepared *known = &pg->prepared;

	known->count = 0;
	known->is_wrong = false;
	known->since = clock_ms(CLOCK_MONOTONIC);
}

/*
 * There is none of this name, there is one already, or it gives other columns
 * than it did.
 */
bool pg_prepare_is_refused(struct postgresql *pg, const char *state)
{
	static const char *const states[] = { "26000", "42P05", "0A000" };
	struct pg_prepared *known = &pg->prepared;

	for (size_t i = 0; known->own && i < 3; i++)
		if (strcmp(state, states[i]) == 0) {
			known->is_wrong = true;
			known->own = ++known->refusals < REFUSALS_MOST;
			return true;
		}
	return false;
}
