/* SPDX-License-Identifier: MIT */
/*
 * hints.c - what others changed, by NOTIFY.
 *
 * Never in the transaction of a write: that would take a lock of the whole
 * server at its commit.  A hint is the keys of sessions, 16 digits each, or
 * "all".
 */
#include "core/store/hints.h"
#include "core/store/change_feed.h"
#include "core/store/postgresql/postgresql.h"
#include "schema/error.h"
#include "schema/text.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LISTEN	  "LISTEN chatmem_changes"
#define NOTIFY	  "SELECT pg_notify('chatmem_changes', $1)"
#define ALL	  "all"
#define DIGITS	  16
#define KEYS	  400 /* of a hint, which has room for 8000 bytes */
#define SECONDS	  10  /* to connect */
#define ANSWER_MS 10000

struct hints_connection {
	struct store_hints base;
	PGconn *connection;
};

static struct hints_connection *hints_of(struct store_hints *hints)
{
	return (struct hints_connection *)(void *)hints;
}

static int hints_are_lost(struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE,
		"the database cannot be reached for hints");
}

static bool hints_is_good(const PGresult *result)
{
	const ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* The next answer; NULL: there is none any more, or it does not come. */
static PGresult *hints_next(PGconn *connection)
{
	while (PQisBusy(connection))
		if (pg_poll(connection, POLLIN, ANSWER_MS) <= 0)
			return NULL;
	return PQgetResult(connection);
}

/* False: it failed, or nobody answers. */
static bool hints_run(PGconn *connection, const char *text, const char *value)
{
	PGresult *result;
	bool good = false;

	if (PQsendQueryParams(connection, text, value != NULL, NULL, &value,
		    NULL, NULL, 0) != 1)
		return false;
	while ((result = hints_next(connection))) {
		good = hints_is_good(result);
		PQclear(result);
	}
	return good;
}

/* --- coming and going ----------------------------------------------------- */

static void hints_close(struct store_hints *hints)
{
	PQfinish(hints_of(hints)->connection);
	free(hints);
}

/* A standby hears nothing: of several hosts the one that writes. */
static int hints_connect(
	struct hints_connection *hints, const char *url, struct error *error)
{
	static const char *const keys[] = { "connect_timeout", "dbname",
		"target_session_attrs", "fallback_application_name", NULL };
	char seconds[20];
	const char *const values[] = { seconds, url, "read-write", "chatmem",
		NULL };
	struct pg_reason reason = { .seconds = SECONDS };

	if (pg_check_url(url, error))
		return -1;
	snprintf(seconds, sizeof(seconds), "%d", SECONDS);
	hints->connection = pg_connect_or_say(keys, values, &reason);
	if (PQstatus(hints->connection) != CONNECTION_OK)
		return pg_refuse_connection(hints->connection, &reason, error);
	return hints_run(hints->connection, LISTEN, NULL)
		       ? 0
		       : hints_are_lost(error);
}

static int hints_open(
	struct store_hints **out, const char *url, struct error *error)
{
	struct hints_connection *hints = calloc(1, sizeof(*hints));

	if (!hints)
		return error_out_of_memory(error);
	if (hints_connect(hints, url, error)) {
		hints_close(&hints->base);
		return -1;
	}
	*out = &hints->base;
	return 0;
}

/* --- telling -------------------------------------------------------------- */

static void hints_write(struct text *out, const struct store_changes *changes)
{
	if (changes->all || changes->count > KEYS)
		text_string(out, ALL);
	else
		for (size_t i = 0; i < changes->count; i++)
			text_format(out, "%016llx",
				(unsigned long long)changes->keys[i]);
	text_byte(out, '\0');
}

static int hints_tell(struct store_hints *hints,
	const struct store_changes *changes, struct error *error)
{
	struct text hint = { 0 };
	bool good;

	hints_write(&hint, changes);
	if (hint.failed)
		return error_out_of_memory(error);
	good = hints_run(hints_of(hints)->connection, NOTIFY, hint.data);
	text_clear(&hint);
	return good ? 0 : hints_are_lost(error);
}

/* --- hearing -------------------------------------------------------------- */

/* False: it is no key. */
static bool hints_read_key(const char *digits, uint64_t *key)
{
	static const char all[] = "0123456789abcdef";

	*key = 0;
	for (int i = 0; i < DIGITS; i++) {
		const char *at = digits[i] ? strchr(all, digits[i]) : NULL;

		if (!at)
			return false;
		*key = *key << 4 | (uint64_t)(at - all);
	}
	return true;
}

/* Anything else than keys may be about any session. */
static void hints_read(const char *hint, struct store_changes *changes)
{
	*changes = (struct store_changes){ 0 };
	while (*hint && !changes->all) {
		if (changes->count == STORE_CHANGES_MAX ||
			!hints_read_key(hint, &changes->keys[changes->count]))
			changes->all = true;
		else
			changes->count++;
		hint += changes->all ? 0 : DIGITS;
	}
}

static void hints_hear(PGconn *connection, struct hint_visitor visitor)
{
	struct store_changes changes;
	PGnotify *notify;

	while ((notify = PQnotifies(connection)) != NULL) {
		if (notify->be_pid != PQbackendPID(connection)) {
			hints_read(notify->extra, &changes);
			visitor.visit(visitor.context, &changes);
		}
		PQfreemem(notify);
	}
}

static int hints_wait(struct store_hints *hints, int wake, int64_t milliseconds,
	struct hint_visitor visitor, struct error *error)
{
	PGconn *connection = hints_of(hints)->connection;
	struct pollfd ends[] = {
		{ .fd = PQsocket(connection), .events = POLLIN },
		{ .fd = wake, .events = POLLIN },
	};

	hints_hear(connection, visitor);
	if (poll(ends, 2, (int)milliseconds) < 0)
		return errno == EINTR ? 0 : hints_are_lost(error);
	if (ends[0].revents && !PQconsumeInput(connection))
		return hints_are_lost(error);
	hints_hear(connection, visitor);
	return 0;
}

const struct engine_hints pg_hints = {
	.open = hints_open,
	.close = hints_close,
	.tell = hints_tell,
	.wait = hints_wait,
};
