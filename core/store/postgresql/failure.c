/* SPDX-License-Identifier: MIT */
/*
 * failure.c - what a client is told when the server refuses a statement.
 *
 * By its SQLSTATE and the other fields of its answer, never by its words: these
 * are in the server's language, and go to the log.
 */
#include "core/store/postgresql/postgresql.h"

#include "schema/error.h"

#include <string.h>
#include <sys/socket.h>

#define STATE_GUARD	 "22012" /* it divides by zero: durability.c */
#define STATE_READ_ONLY	 "25006"
#define STATE_NOT_WAITED "25P03"
#define STATE_CONFLICT	 "40"
#define STATE_SHORT	 "53"
#define STATE_FULL	 "53100"
#define STATE_LARGE	 "54000"
#define STATE_CANCELED	 "57014"
#define STATE_LOST	 "08"
#define STATE_OURS	 "" /* a mistake of this program */

/* By the first letters of the SQLSTATE; the longest that fits comes first. */
static const struct failure {
	const char *state;
	enum error_code code;
	bool again; /* at once, it may go well: the batch is run again */
	const char *words;
} failure_table[] = {
	{ STATE_LOST, ERROR_UNAVAILABLE, true,
		"the database cannot be reached" },
	{ STATE_GUARD, ERROR_UNAVAILABLE, true,
		"no standby confirms what is written, and --db-durability is"
		" replicated" },
	{ "23505", ERROR_UNAVAILABLE, true,
		"another server wrote this meanwhile" },
	{ STATE_READ_ONLY, ERROR_UNAVAILABLE, true,
		"the database takes no writes now" },
	{ STATE_NOT_WAITED, ERROR_UNAVAILABLE, true,
		"the database did not wait for this" },
	{ "25P04", ERROR_UNAVAILABLE, true,
		"the database did not wait for this" },
	{ "3F000", ERROR_UNAVAILABLE, false,
		"the tables of the database are not there" },
	{ STATE_CONFLICT, ERROR_UNAVAILABLE, true,
		"another server was in the way" },
	{ "42501", ERROR_UNAVAILABLE, false,
		"the database no longer lets this server in everywhere" },
	{ "42P01", ERROR_UNAVAILABLE, false,
		"the tables of the database are not there" },
	{ STATE_FULL, ERROR_STORAGE, false,
		"there is no room left to store this" },
	{ "53200", ERROR_UNAVAILABLE, true, "the database is out of memory" },
	{ "53400", ERROR_UNAVAILABLE, false,
		"a limit of the database is too low for this" },
	{ STATE_SHORT, ERROR_UNAVAILABLE, false,
		"the database is short of what this needs" },
	{ "54", ERROR_TOO_LARGE, false, "what is to be stored is too large" },
	{ "55P03", ERROR_UNAVAILABLE, true,
		"the database did not wait for this" },
	{ "55", ERROR_UNAVAILABLE, false,
		"the database cannot do this as it is now" },
	/* Of a search: failure_state(). */
	{ STATE_CANCELED, ERROR_INVALID, false,
		"q asks for too much: take longer prefixes, or rarer words" },
	{ "57", ERROR_UNAVAILABLE, true, "the database was stopped" },
	{ "58", ERROR_UNAVAILABLE, false, "the database cannot use its disk" },
	{ "XX001", ERROR_DAMAGED, false,
		"a page of the database is not what was written" },
	{ "XX002", ERROR_DAMAGED, false,
		"an index of the database is not what was written" },
	{ STATE_OURS, ERROR_INTERNAL, false, "the store failed" },
};

/* It has used up the numbers of transactions, and says so as of a large row. */
static bool failure_is_of_numbers(const PGresult *result)
{
	const char *file = PQresultErrorField(result, PG_DIAG_SOURCE_FILE);

	return file && (strcmp(file, "varsup.c") == 0 ||
			       strcmp(file, "multixact.c") == 0);
}

/* Nothing was to be stored: room was wanted to sort, for example. */
static const char *failure_state_of_read(const char *state)
{
	if (strcmp(state, STATE_FULL) == 0)
		return STATE_SHORT;
	return strcmp(state, STATE_READ_ONLY) == 0 ||
			       strncmp(state, STATE_LARGE, 2) == 0
		       ? STATE_OURS
		       : state;
}

/* Its SQLSTATE, or another one that says better what it is here. */
static const char *failure_state(struct postgresql *pg, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (!state)
		return STATE_LOST;
	if (pg_prepare_is_refused(pg, state))
		return STATE_CONFLICT;
	/* The role has a statement_timeout, or somebody cancelled it. */
	if (!pg->hurries && strcmp(state, STATE_CANCELED) == 0)
		return STATE_NOT_WAITED;
	if (strcmp(state, STATE_LARGE) == 0 && failure_is_of_numbers(result))
		return STATE_SHORT;
	return pg->base.mode == STORE_READ ? failure_state_of_read(state)
					   : state;
}

static const struct failure *failure_find(const char *state)
{
	const struct failure *at = failure_table;

	while (strncmp(state, at->state, strlen(at->state)) != 0)
		at++;
	return at;
}

int pg_failed(
	struct postgresql *pg, const PGresult *result, struct error *error)
{
	const struct failure *failure = failure_find(failure_state(pg, result));

	pg_warn(pg, "postgresql: %s",
		result ? PQresultErrorMessage(result)
		       : PQerrorMessage(pg->connection));
	pg->again = failure->again;
	/* A server that became a standby is left for the one that writes. */
	if (strcmp(failure->state, STATE_READ_ONLY) == 0)
		shutdown(PQsocket(pg->connection), SHUT_RDWR);
	error_describe(error, failure->code, "%s", failure->words);
	error->final = failure->code == ERROR_DAMAGED;
	return -1;
}
