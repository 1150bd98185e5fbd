/* SPDX-License-Identifier: MIT */
/* batch.c - the engine PostgreSQL: batches, their members, the table. */
#include "core/store/postgresql/postgresql.h"

#include "schema/clock.h"
#include "schema/error.h"

#include <string.h>

#define CLOCK "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"

#define UNLIMITED(name) /* not every version has it */ \
	", CASE WHEN current_setting('" name           \
	"', true) <> '0' THEN set_config('" name "', '0', true) END"
/*
 * A process that is stopped, or cut off, keeps others from what it has locked
 * no longer than they wait.  The warning of a commit that no standby has
 * confirmed comes, and none is broken off, whatever the role's settings are.
 */
#define SETTINGS                                                              \
	", set_config('idle_in_transaction_session_timeout', $1::text, true)" \
	", set_config('client_min_messages', 'warning', true)" UNLIMITED(     \
		"statement_timeout") UNLIMITED("transaction_timeout")
enum { GREETING_NOW, GREETING_ID = 5 }; /* behind the settings */

/* --- what comes with the first round trip --------------------------------- */

/* A reader that has heard the database's clock so lately does not ask again. */
#define CLOCK_MS 1000

/* The time of the batch, and the block of ids, if they have come. */
static void batch_hear_first(struct postgresql *pg)
{
	struct query query = { .statement = pg->greeting };

	if (!pg->greeting || !pg->greeting->result || pg->now)
		return;
	pg->greeting->row = 1;
	pg->now = pg_number(&query, GREETING_NOW);
	/* Nobody sets it, and it does not stand while the machine sleeps. */
	pg->asked_at = clock_ms(CLOCK_BOOTTIME);
	pg->ahead = pg->now - pg->asked_at;
	if (PQnfields(pg->greeting->result) <= GREETING_ID)
		return;
	pg->next_id = pg_number(&query, GREETING_ID);
	pg->last_id = pg->next_id + ID_BLOCK;
}

static int64_t batch_now(struct engine *engine)
{
	struct postgresql *pg = pg_of(engine);

	batch_hear_first(pg);
	if (pg->now)
		return pg->now;
	return pg->asked_at ? clock_ms(CLOCK_BOOTTIME) + pg->ahead
			    : clock_ms(CLOCK_REALTIME);
}

/* A block is fetched before the last one is used up; none for a reader. */
static int64_t batch_draw(struct engine *engine)
{
	struct postgresql *pg = pg_of(engine);
	struct error ignored = { 0 }; /* the insert meets it */

	if (engine->mode == STORE_READ)
		return 0;
	batch_hear_first(pg);
	if (pg->next_id == pg->last_id && !pg->lost && pg->greeting &&
		!pg->greeting->result && pg_ask(pg, &ignored) == 0)
		batch_hear_first(pg);
	if (pg->next_id == pg->last_id && pg_fetch_ids(pg, &ignored))
		return 0;
	return pg->next_id++;
}

int pg_fetch_ids(struct postgresql *pg, struct error *error)
{
	struct pg_statement *statement =
		pg_statement_new("SELECT nextval('store_id')");
	struct query query = { .engine = &pg->base, .statement = statement };
	int result;

	if (!statement)
		return error_out_of_memory(error);
	statement->waited_for = true;
	result = pg_step(&query, error) > 0 ? 0 : -1;
	if (result == 0) {
		pg->next_id = pg_number(&query, 0);
		pg->last_id = pg->next_id + ID_BLOCK;
	}
	pg_end(&query);
	return result;
}

/* --- batches ---------------------------------------------------------------
 */

/*
 * Every batch writes its number into the row of its process, also one that
 * changes nothing else: what became of a commit is read there.
 */
static int batch_queue_number(struct postgresql *pg, struct error *error)
{
	struct pg_statement *statement = pg_statement_new(
		"UPDATE process SET batch = $1, beat_at = (extract(epoch FROM"
		" clock_timestamp()) * 1000)::bigint WHERE id = $2::text::uuid");

	if (!statement)
		return error_out_of_memory(error);
	statement->bound[0] =
		(struct pg_value){ .type = PG_NUMBER, .number = ++pg->number };
	statement->bound[1] = (struct pg_value){ .type = PG_BYTES,
		.bytes = slice_of(pg->process) };
	statement->count = 2;
	statement->prepares = true;
	pg_queue(pg, statement);
	return 0;
}

/* For this batch alone: the connection may be a pooler's. */
static int batch_queue_setting(struct postgresql *pg, struct error *error)
{
	return pg->setting ? pg_queue_text(pg, pg->setting, error) : 0;
}

/* A database that was put back to what it was may not have the row any more. */
static int batch_queue_process(struct postgresql *pg, struct error *error)
{
	struct pg_statement *statement;

	if (!pg->fresh)
		return 0;
	statement = pg_statement_new(
		"INSERT INTO process (id, beat_at, schema_version, batch)"
		" SELECT $1::text::uuid, 0, version, 0 FROM schema_version"
		" ON CONFLICT DO NOTHING");
	if (!statement)
		return error_out_of_memory(error);
	statement->bound[0] = (struct pg_value){ .type = PG_BYTES,
		.bytes = slice_of(pg->process) };
	statement->count = 1;
	pg_queue(pg, statement);
	return 0;
}

/* pg_ask() sends it, behind the locks. */
static int batch_make_greeting(struct postgresql *pg, struct error *error)
{
	const bool ids = pg->base.mode == STORE_WRITE &&
			 pg->last_id - pg->next_id < ID_BLOCK / 2;

	if (pg->base.mode == STORE_READ && pg->asked_at &&
		clock_ms(CLOCK_BOOTTIME) - pg->asked_at < CLOCK_MS)
		return 0;
	pg->greeting =
		pg_statement_new(pg->base.mode == STORE_READ ? CLOCK
				 : ids ? CLOCK SETTINGS ", nextval('store_id')"
				       : CLOCK SETTINGS);
	if (!pg->greeting)
		return error_out_of_memory(error);
	pg->greeting->bound[0] = (struct pg_value){ .type = PG_BYTES,
		.bytes = slice_of(pg->wait) };
	pg->greeting->count = pg->base.mode == STORE_WRITE;
	pg->greeting->waited_for = pg->greeting->prepares = true;
	return 0;
}

static void batch_end(struct postgresql *pg)
{
	batch_hear_first(pg);
	pg_drop(pg, &pg->first);
	pg->member = &pg->first;
	pg_statement_free(pg->greeting);
	pg->greeting = NULL;
	pg->batch = pg->open = false;
	pg->now = 0;
}

/*
 * First what is prepared: all that follows goes by it.  A statement after a
 * lock sees what the lock waited for, whatever the role's own default is.
 */
static int batch_queue_begin(struct postgresql *pg, struct error *error)
{
	const bool reads = pg->base.mode == STORE_READ;

	if (pg_queue_text(pg,
		    reads ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
			  : "BEGIN ISOLATION LEVEL READ COMMITTED",
		    error) ||
		pg_prepare_anew(pg, error))
		return -1;
	return !reads && (batch_queue_setting(pg, error) ||
				 batch_queue_process(pg, error) ||
				 batch_queue_number(pg, error))
		       ? -1
		       : 0;
}

static int batch_open(struct postgresql *pg, struct error *error)
{
	pg->lost = pg->again = pg->sent = pg->open = pg->ended = false;
	pg->base.sole = pg->hurries = false;
	pg->batch = true;
	if (batch_queue_begin(pg, error) || batch_make_greeting(pg, error)) {
		batch_end(pg);
		return -1;
	}
	return 0;
}

static int batch_begin(struct engine *engine, struct error *error)
{
	struct postgresql *pg = pg_of(engine);

	pg->members = 0;
	return pg_reach(pg, error) ? -1 : batch_open(pg, error);
}

static void batch_rollback(struct engine *engine)
{
	struct postgresql *pg = pg_of(engine);

	/* It wanted more: it is run again, and may. */
	pg->keeps = pg->ended && pg->lost;
	pg_lose(pg);
	batch_end(pg);
	pg->lost = false;
	engine_index_due(engine, 0);
}

/*
 * The connection was lost at the commit.  Whoever held the row of this process
 * has ended when a new connection has it.
 */
static enum engine_commit batch_resolve(
	struct postgresql *pg, struct error *error)
{
	const int64_t until =
		clock_ms(CLOCK_MONOTONIC) + pg->base.options.wait_ms;
	struct error why = { 0 };
	int64_t number;
	int known;

	do
		known = pg_reach(pg, &why) ? -1
					   : pg_last_batch(pg, &number, &why);
	while (known < 0 && clock_ms(CLOCK_MONOTONIC) < until);
	if (known <= 0) {
		/* It may be there: it is not to be run again. */
		pg->lost = pg->again = false;
		error_describe(error, ERROR_UNKNOWN,
			"the database was lost; this may or may not have been"
			" stored");
		return COMMIT_UNKNOWN;
	}
	*error = (struct error){ 0 };
	if (number >= pg->number)
		return COMMIT_DONE;
	pg->lost = pg->again = true;
	pg_is_lost(error);
	return COMMIT_NOTHING;
}

/*
 * The row of the process is locked before COMMIT is sent.  If both went at
 * once, a server that reads them late would commit after we had asked.
 */
static int batch_send_first(struct postgresql *pg, struct error *error)
{
	return pg->open ? 0 : pg_ask(pg, error);
}

static enum engine_commit batch_commit(
	struct engine *engine, struct error *error)
{
	struct postgresql *pg = pg_of(engine);
	enum engine_commit outcome = COMMIT_DONE;

	pg->unconfirmed = false;
	if (batch_send_first(pg, error) || pg_queue_text(pg, "COMMIT", error))
		outcome = COMMIT_NOTHING;
	else if (pg_ask(pg, error))
		outcome = PQstatus(pg->connection) == CONNECTION_OK
				  ? COMMIT_NOTHING
				  : batch_resolve(pg, error);
	pg->open = false;
	batch_end(pg);
	if (outcome == COMMIT_DONE)
		pg->fresh = false;
	if (outcome == COMMIT_DONE && pg->unconfirmed) {
		error_describe(error, ERROR_UNKNOWN,
			"no standby has confirmed this; it may be lost with"
			" the primary");
		return COMMIT_UNKNOWN;
	}
	return outcome;
}

static int batch_enter(struct engine *engine, struct error *error)
{
	struct postgresql *pg = pg_of(engine);

	if (pg->lost)
		return pg_is_lost(error);
	pg->members++;
	pg->member = pg->end;
	pg->sent = false;
	return 0;
}

/*
 * Whatever still waits of a member is dropped.  If some was sent all is undone:
 * of a batch of one there is nothing else that could be lost.
 */
static int batch_leave(struct engine *engine, bool keep, struct error *error)
{
	struct postgresql *pg = pg_of(engine);

	if (pg->lost)
		return pg_is_lost(error);
	if (keep)
		return 0;
	pg_drop(pg, pg->member);
	if (!pg->sent)
		return 0;
	pg_lose(pg);
	if (pg->members > 1)
		return pg_is_lost(error);
	batch_end(pg);
	return batch_open(pg, error);
}

static bool batch_is_lost(const struct engine *engine)
{
	return ((const struct postgresql *)(const void *)engine)->lost;
}

static bool batch_may_go_well(const struct engine *engine)
{
	return ((const struct postgresql *)(const void *)engine)->again;
}

static int batch_ready(struct engine *engine, struct error *error)
{
	return pg_reach(pg_of(engine), error);
}

const struct engine_ops engine_postgresql = {
	.overrides = postgresql_sql,
	.shared = true,
	.open = pg_open,
	.close = pg_close,
	.ready = batch_ready,
	.durability = pg_durability,
	.upkeep = pg_upkeep,
	.backup = pg_backup,
	.restore = pg_restore,
	.plan = pg_plan_migration,

	.begin = batch_begin,
	.commit = batch_commit,
	.rollback = batch_rollback,
	.enter = batch_enter,
	.leave = batch_leave,
	.lost = batch_is_lost,
	.again = batch_may_go_well,
	.now = batch_now,

	.start = pg_start,
	.bind_number = pg_bind_number,
	.bind_text = pg_bind_text,
	.bind_blob = pg_bind_blob,
	.bind_null = pg_bind_null,
	.step = pg_step,
	.number = pg_number,
	.text = pg_text,
	.end = pg_end,
	.run = pg_run,
	.run_counting = pg_run_counting,
	.insert = pg_insert,
	.draw = batch_draw,
	.ahead = pg_ahead,
	.lock_owner = pg_lock_owner,
	.lock_history = pg_lock_history,

	.versions = pg_versions,
	.hints = &pg_hints,
	.turns = &pg_turns,
	.lists = &pg_lists,

	.fill = pg_words_fill,
	.forget = pg_words_forget,
	.is_stale = pg_words_are_stale,
	.merge = pg_words_merge,
	.find = pg_words_find,
	.words = pg_words_split,
};
