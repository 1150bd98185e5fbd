/* SPDX-License-Identifier: MIT */
/*
 * tidy.c - rows that servers left that were killed long ago.
 *
 * Not of those who are at work on them.  By the database's clock; a server that
 * does nothing says nothing.
 */
#include "core/store/postgresql/postgresql.h"

#include "schema/clock.h"
#include "schema/error.h"

#define TIDY_EVERY_MS 3600000
#define MONTH_AGO                                                \
	"(extract(epoch FROM clock_timestamp()) * 1000)::bigint" \
	" - 2592000000"
#define TIDY(table, key)                                                     \
	"DELETE FROM " table " WHERE " key " IN (SELECT " key " FROM " table \
	" WHERE beat_at < " MONTH_AGO " FOR UPDATE SKIP LOCKED)"

/* A failure is tried again later: nobody waits for it. */
int pg_upkeep(struct engine *engine, enum store_upkeep how, struct error *error)
{
	struct postgresql *pg = pg_of(engine);
	struct error ignored = { 0 };

	(void)how;
	(void)error;
	if (clock_ms(CLOCK_MONOTONIC) < pg->tidy_at ||
		PQstatus(pg->connection) != CONNECTION_OK)
		return 1;
	pg->tidy_at = clock_ms(CLOCK_MONOTONIC) + TIDY_EVERY_MS;
	pg->lost = false;
	if (pg_queue_text(pg, TIDY("process", "id"), &ignored) == 0 &&
		pg_queue_text(pg, TIDY("session_lock", "key"), &ignored) == 0)
		pg_ask(pg, &ignored);
	pg_drop(pg, &pg->first);
	pg->lost = pg->open = false;
	return 1;
}
