/* SPDX-License-Identifier: MIT */
/*
 * reason.c - why a connection is not made, and what to do.
 *
 * The words of a server are in its own language, and the library's are others
 * in each version: both are shown, and nothing is decided by them.  A server
 * that refuses gives a SQLSTATE.  Where none was heard it is seen how far the
 * connection came, and for that it is made step by step.
 *
 * None of the words can hold the password, which the library quotes only from a
 * URL that it cannot read.
 */
#include "core/store/postgresql/postgresql.h"

#include "schema/clock.h"
#include "schema/error.h"

#include <ctype.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define STATE 5 /* letters of a SQLSTATE */

/* For want of a SQLSTATE. */
#define NO_PASSWORD "password"
#define NO_WRITES   "writes"
#define NO_HOST	    "host"
#define NO_TLS	    "TLS"

#define GIVE_PASSWORD                                            \
	"give the user's password in the URL (--db-url-file, or" \
	" CHATMEM_DB), in PGPASSWORD or in a PGPASSFILE"
#define CHECK_OPTIONS "check ?options in the URL"

/* By the first letters of the state; the longest that fits comes first. */
static const struct reason {
	const char *state;
	bool is_final; /* nothing but a change of settings helps */
	const char *advice;
} reasons[] = {
	{ NO_PASSWORD, true, GIVE_PASSWORD },
	{ NO_WRITES, false,
		"name the primary, or all hosts with commas between, and"
		" ?target_session_attrs=read-write; if it is the primary, set"
		" default_transaction_read_only = off" },
	{ NO_HOST, false, "check the host and the options that the URL names" },
	{ NO_TLS, true,
		"check ?sslmode, and the certificates that it goes by"
		" (?sslrootcert)" },
	{ "28P01", true, GIVE_PASSWORD },
	{ "28", true,
		"check the user that the URL names, and that a line of the"
		" server's pg_hba.conf lets it in from here, by this password"
		" or certificate; it may want TLS: ?sslmode=require" },
	{ "3D000", true,
		"make it: CREATE DATABASE name OWNER user ENCODING"
		" 'UTF8' TEMPLATE template0" },
	{ "42501", true,
		"as its owner say: GRANT CONNECT ON DATABASE name TO user" },
	{ "42", true, CHECK_OPTIONS },
	{ "22", true, CHECK_OPTIONS },
	{ "55P02", true, CHECK_OPTIONS },
	{ "53300", false,
		"raise its max_connections, or the CONNECTION LIMIT of the user"
		" and the database, or lower --db-readers" },
	{ "55000", true,
		"say: ALTER DATABASE name ALLOW_CONNECTIONS true; or take"
		" another one" },
	{ "57P03", false, "start again when it is ready" },
	{ "08P01", false,
		"check user, password and database; a pooler between may know"
		" them under other names" },
	{ "", false,
		"check host and port of the URL, and that PostgreSQL runs"
		" there" },
};

/* How far a connection has come. */
struct reason_way {
	ConnStatusType at;
	bool is_tls; /* the last state, and something has answered in it */
};

/* --- words ---------------------------------------------------------------- */

static bool reason_is_state(const char *at)
{
	for (int i = 0; i < STATE; i++)
		if (!isdigit((unsigned char)at[i]) &&
			!isupper((unsigned char)at[i]))
			return false;
	return at[STATE] == ':';
}

/* "FATAL:  28P01: …" in the library's verbose words: the last one; or NULL. */
static const char *reason_find_state(const char *words)
{
	const char *found = NULL;

	while ((words = strstr(words, ":  "))) {
		words += strlen(":  ");
		if (reason_is_state(words))
			found = words;
	}
	return found;
}

/* A single line, without places of the server's source, as it is for people. */
static void reason_write_line(char *line, size_t size, const char *words)
{
	static const char place[] = "LOCATION:";
	size_t length = 0;

	while (*words && length + 1 < size) {
		const bool space = strchr(" \n\t", *words) != NULL;

		if (strncmp(words, place, sizeof(place) - 1) == 0) {
			words += strcspn(words, "\n");
			continue;
		}
		if (!space || (length && line[length - 1] != ' '))
			line[length++] = space ? ' ' : *words;
		words++;
	}
	while (length && line[length - 1] == ' ')
		length--;
	line[length] = '\0';
}

/* --- decided ---------------------------------------------------------------
 */

static bool reason_is_on(const PGconn *connection, const char *parameter)
{
	const char *value = PQparameterStatus(connection, parameter);

	return value && strcmp(value, "on") == 0;
}

static const char *reason_state(
	const PGconn *connection, const struct reason_way *way)
{
	const char *state = reason_find_state(PQerrorMessage(connection));

	if (state)
		return state;
	if (PQconnectionNeedsPassword(connection))
		return NO_PASSWORD;
	if (reason_is_on(connection, "in_hot_standby") ||
		reason_is_on(connection, "default_transaction_read_only"))
		return NO_WRITES;
	if (way->at == CONNECTION_BAD)
		return NO_HOST;
	return way->is_tls ? NO_TLS : "";
}

static void reason_decide(const PGconn *connection,
	const struct reason_way *way, struct pg_reason *out)
{
	const char *state = reason_state(connection, way);
	const struct reason *at = reasons;

	while (strncmp(state, at->state, strlen(at->state)) != 0)
		at++;
	out->advice = at->advice;
	out->is_final = at->is_final;
	reason_write_line(
		out->line, sizeof(out->line), PQerrorMessage(connection));
}

/* --- step by step ----------------------------------------------------------
 */

/* False: it is not ready in time. */
static bool reason_wait(
	const PGconn *connection, PostgresPollingStatusType step, int64_t until)
{
	struct pollfd socket = { .fd = PQsocket(connection),
		.events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT };
	const int64_t left = until - clock_ms(CLOCK_MONOTONIC);

	return left > 0 && poll(&socket, 1, (int)left) != 0;
}

/* A host that closes the connection says nothing of TLS. */
static void reason_look(const PGconn *connection, struct reason_way *way)
{
	char byte;

	way->at = PQstatus(connection);
	if (way->at != CONNECTION_SSL_STARTUP)
		way->is_tls = false;
	else if (recv(PQsocket(connection), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >
		 0)
		way->is_tls = true;
}

/* False: it took too long. */
static bool reason_take_steps(
	PGconn *connection, int64_t seconds, struct reason_way *way)
{
	const int64_t until = clock_ms(CLOCK_MONOTONIC) + seconds * 1000;
	PostgresPollingStatusType step = PGRES_POLLING_WRITING;

	way->at = PQstatus(connection);
	if (way->at == CONNECTION_BAD)
		return true;
	PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
	do {
		if (!reason_wait(connection, step, until))
			return false;
		reason_look(connection, way);
		step = PQconnectPoll(connection);
	} while (step != PGRES_POLLING_OK && step != PGRES_POLLING_FAILED);
	PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
	return true;
}

PGconn *pg_connect_or_say(const char *const *keys, const char *const *values,
	struct pg_reason *reason)
{
	struct reason_way way = { CONNECTION_BAD, false };
	PGconn *connection = PQconnectStartParams(keys, values, 1);

	if (connection &&
		!reason_take_steps(connection, reason->seconds, &way)) {
		/* The library has more hosts and addresses to try. */
		PQfinish(connection);
		connection = PQconnectdbParams(keys, values, 1);
	}
	if (connection && PQstatus(connection) != CONNECTION_OK)
		reason_decide(connection, &way, reason);
	return connection;
}

int pg_refuse_connection(const PGconn *connection,
	const struct pg_reason *reason, struct error *error)
{
	if (!connection)
		return error_out_of_memory(error);
	return error_set(error, ERROR_UNAVAILABLE,
		"the database cannot be reached: %s; %s", reason->line,
		reason->advice);
}
