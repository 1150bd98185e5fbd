/* SPDX-License-Identifier: MIT */
/*
 * lock.c - rows that are locked until the batch ends.
 *
 * A lock cannot fail by itself: where there is no memory for it the batch is
 * lost.
 */
#include "core/store/postgresql/postgresql.h"

#include "schema/error.h"

static void lock_queue(struct postgresql *pg, const char *text,
	const struct pg_value *bound, int count)
{
	struct pg_statement *statement = pg_statement_new(text);

	if (!statement) {
		pg_lose(pg);
		return;
	}
	for (int i = 0; i < count; i++)
		statement->bound[i] = bound[i];
	statement->count = count;
	if (pg_statement_keep(statement)) {
		pg_statement_free(statement);
		pg_lose(pg);
		return;
	}
	pg_queue(pg, statement);
}

/* The owner's row is made by the first who locks it. */
#define OWNER_MAKE(tenant)                                             \
	"INSERT INTO owner_lock (tenant, owner) SELECT " tenant ", $2" \
	" ON CONFLICT DO NOTHING"
#define OWNER_LOCK(tenant)                                           \
	"SELECT FROM owner_lock WHERE tenant = " tenant " AND owner" \
	" = $2 FOR "
#define OF_SESSION "(SELECT tenant FROM session WHERE id = $1)"

void pg_lock_owner(struct engine *engine, const struct engine_owner *owner,
	enum engine_lock how)
{
	static const char *const texts[2][3] = {
		{ OWNER_MAKE("$1"), OWNER_LOCK("$1") "KEY SHARE",
			OWNER_LOCK("$1") "UPDATE" },
		{ OWNER_MAKE(OF_SESSION), OWNER_LOCK(OF_SESSION) "KEY SHARE",
			OWNER_LOCK(OF_SESSION) "UPDATE" },
	};
	const bool by_session = owner->session != 0;
	const struct pg_value bound[] = {
		by_session ? (struct pg_value){ .type = PG_NUMBER,
				     .number = owner->session }
			   : (struct pg_value){ .type = PG_BYTES,
				     .bytes = owner->tenant },
		{ .type = PG_BYTES, .bytes = owner->owner },
	};

	lock_queue(pg_of(engine), texts[by_session][0], bound, 2);
	lock_queue(pg_of(engine), texts[by_session][how == LOCK_SHARED ? 1 : 2],
		bound, 2);
}

void pg_lock_history(
	struct engine *engine, int64_t history, enum engine_lock how)
{
	static const char *const texts[] = {
		[LOCK_SHARED] = "SELECT FROM history WHERE id = $1"
				" FOR KEY SHARE",
		[LOCK_OWN] = "SELECT FROM history WHERE id = $1 FOR UPDATE",
	};
	const struct pg_value bound = { .type = PG_NUMBER, .number = history };

	lock_queue(pg_of(engine), texts[how], &bound, 1);
}
