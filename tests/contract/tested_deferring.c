/* SPDX-License-Identifier: MIT */
/*
 * tested_deferring.c - batches without savepoints, and what goes on to SQLite
 * as it is.
 */
#include "core/store/figures.h"
#include "core/store/pieces.h"
#include "tests/contract/deferring.h"
#include "tests/contract/tested_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- batches ---------------------------------------------------------------
 */

static _Thread_local int64_t deferring_begun;

int64_t deferring_batches(void)
{
	return deferring_begun;
}

static int deferring_begin(struct engine *base, struct error *error)
{
	struct deferring *engine = deferring_of(base);

	deferring_begun++;
	engine->members = 0;
	engine->lost = engine->sent = false;
	engine->mark = &engine->first;
	return deferring_done(
		base, engine_sqlite.begin(deferring_inner(base), error));
}

static enum engine_commit deferring_commit(
	struct engine *base, struct error *error)
{
	struct deferring *engine = deferring_of(base);
	enum engine_commit result;

	if (deferring_ask(base, error)) {
		if (!engine->lost)
			engine->inner->ops->rollback(engine->inner);
		return COMMIT_NOTHING;
	}
	if (engine->members > 1 && ++engine->batches % 2 == 0) {
		deferring_lose(engine);
		deferring_is_lost(error);
		return COMMIT_NOTHING;
	}
	result = engine->inner->ops->commit(deferring_inner(base), error);
	deferring_done(base, 0);
	return result;
}

static void deferring_rollback(struct engine *base)
{
	struct deferring *engine = deferring_of(base);

	deferring_drop(engine, &engine->first);
	if (!engine->lost)
		engine->inner->ops->rollback(deferring_inner(base));
	deferring_done(base, 0);
	engine->lost = false;
}

static int deferring_enter(struct engine *base, struct error *error)
{
	struct deferring *engine = deferring_of(base);

	(void)error;
	engine->members++;
	engine->mark = engine->end;
	engine->sent = false;
	return 0;
}

/* Of a batch of one there is nothing else that could be lost. */
static int deferring_leave(struct engine *base, bool keep, struct error *error)
{
	struct deferring *engine = deferring_of(base);

	if (keep)
		return 0;
	deferring_drop(engine, engine->mark);
	if (!engine->sent)
		return 0;
	deferring_lose(engine);
	if (engine->members > 1)
		return deferring_is_lost(error);
	engine->lost = false;
	return engine->inner->ops->begin(engine->inner, error);
}

static bool deferring_lost(const struct engine *base)
{
	const struct deferring *engine = (const struct deferring *)base;

	return engine->lost || engine->inner->ops->lost(engine->inner);
}

/* --- what goes on as it is -------------------------------------------------
 */

#define SCHEME "deferring:"

const struct engine_ops engine_deferring;

static int deferring_open(struct engine **out,
	const struct store_options *options, enum store_mode mode,
	const char *const *texts, struct error *error)
{
	struct deferring *engine = calloc(1, sizeof(*engine));
	struct store_options inside = *options;

	if (!engine)
		return error_out_of_memory(error);
	if (strncmp(inside.url, SCHEME, strlen(SCHEME)) == 0)
		inside.url += strlen(SCHEME);
	if (engine_sqlite.open(&engine->inner, &inside, mode, texts, error)) {
		free(engine);
		return -1;
	}
	engine->base = *engine->inner;
	engine->base.ops = &engine_deferring;
	engine->base.options = *options;
	engine->end = engine->mark = &engine->first;
	*out = &engine->base;
	return 0;
}

static void deferring_close(struct engine *base)
{
	struct deferring *engine = deferring_of(base);

	deferring_drop(engine, &engine->first);
	engine->inner->ops->close(engine->inner);
	json_scratch_clear(&base->scratch);
	free(engine);
}

static int deferring_ready(struct engine *engine, struct error *error)
{
	return engine_sqlite.ready(deferring_inner(engine), error);
}

static int deferring_upkeep(
	struct engine *engine, enum store_upkeep how, struct error *error)
{
	return engine_sqlite.upkeep(deferring_inner(engine), how, error);
}

static void deferring_figures(
	struct engine *engine, struct store_figures *figures)
{
	engine_sqlite.figures(deferring_inner(engine), figures);
}

static int deferring_backup(
	struct engine *engine, const char *path, struct error *error)
{
	return engine_sqlite.backup(deferring_inner(engine), path, error);
}

static int deferring_fill(
	struct engine *engine, int64_t now, int64_t rows, struct error *error)
{
	if (deferring_ask(engine, error))
		return -1;
	return deferring_done(engine,
		engine_sqlite.fill(deferring_inner(engine), now, rows, error));
}

static int deferring_forget(struct engine *engine,
	const struct engine_rows *rows, int64_t now, struct error *error)
{
	if (deferring_ask(engine, error))
		return -1;
	return deferring_done(
		engine, engine_sqlite.forget(
				deferring_inner(engine), rows, now, error));
}

static int deferring_is_stale(
	struct engine *engine, bool *stale, struct error *error)
{
	if (deferring_ask(engine, error))
		return -1;
	return deferring_done(engine,
		engine_sqlite.is_stale(deferring_inner(engine), stale, error));
}

static int deferring_merge(
	struct engine *engine, int64_t rows, struct error *error)
{
	if (deferring_ask(engine, error))
		return -1;
	return deferring_done(engine,
		engine_sqlite.merge(deferring_inner(engine), rows, error));
}

static int deferring_find(struct engine *engine,
	const struct engine_search *what, struct hit_visitor visitor,
	struct error *error)
{
	if (deferring_ask(engine, error))
		return -1;
	return engine_sqlite.find(
		deferring_inner(engine), what, visitor, error);
}

static int deferring_words(struct engine *engine, struct engine_text text,
	struct word_visitor visitor, struct error *error)
{
	return engine_sqlite.words(
		deferring_inner(engine), text, visitor, error);
}

static const char *deferring_how(enum engine_lock how)
{
	return how == LOCK_OWN ? "own" : "share";
}

static void deferring_lock_owner(struct engine *engine,
	const struct engine_owner *owner, enum engine_lock how)
{
	(void)engine;
	deferring_note("%s owner %.*s\n", deferring_how(how),
		SLICE_SHORT(owner->owner));
}

static void deferring_lock_history(
	struct engine *engine, int64_t history, enum engine_lock how)
{
	(void)engine;
	deferring_note(
		"%s history %lld\n", deferring_how(how), (long long)history);
}

/* The time in microseconds, or one more than the last: never twice. */
static int64_t deferring_draw(struct engine *engine)
{
	static int64_t last;
	struct timespec now;

	(void)engine;
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000 > last)
		last = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
	return ++last;
}

/* A session's row says its last seq, or nothing does. */
#define COLUMNS_WITH(appended_at)                                             \
	"SELECT id, history, last_seq, edits, removed, created_at,"           \
	" touched_at, mark, inherited, purged, coalesce(retain_retired, -1)," \
	" coalesce(ttl_seconds, 0), " appended_at ", " DISOWNED ", epoch,"    \
	" " SESSION_SOUNDNESS
#define ROW_WITH(appended_at)     \
	COLUMNS_WITH(appended_at) \
	" FROM session WHERE tenant = ?1 AND name = ?2"
static const char *const deferring_sql[SQL_COUNT] = {
	[SQL_SESSION_FIND] = ROW_WITH(APPENDED_IF_IT_EXPIRES),
	[SQL_SESSION_TAKE] = ROW_WITH(APPENDED_AT),
	[SQL_SESSION_SHUN] = ROW_WITH("0"),
	[SQL_EXPECT_SESSIONS] = COLUMNS_WITH(APPENDED_AT) SESSIONS_NAMED,
};

const struct engine_ops engine_deferring = {
	.overrides = deferring_sql,
	.shared = true,
	.open = deferring_open,
	.close = deferring_close,
	.ready = deferring_ready,
	.upkeep = deferring_upkeep,
	.figures = deferring_figures,
	.backup = deferring_backup,
	.begin = deferring_begin,
	.commit = deferring_commit,
	.rollback = deferring_rollback,
	.enter = deferring_enter,
	.leave = deferring_leave,
	.lost = deferring_lost,
	.start = deferred_start,
	.bind_number = deferred_number,
	.bind_text = deferred_text,
	.bind_blob = deferred_blob,
	.bind_null = deferred_null,
	.step = deferred_step,
	.number = deferred_get_number,
	.text = deferred_get_text,
	.end = deferred_end,
	.run = deferred_run,
	.run_counting = deferred_run_counting,
	.insert = deferred_insert,
	.draw = deferring_draw,
	.ahead = deferred_ahead,
	.lock_owner = deferring_lock_owner,
	.lock_history = deferring_lock_history,
	.fill = deferring_fill,
	.forget = deferring_forget,
	.is_stale = deferring_is_stale,
	.merge = deferring_merge,
	.find = deferring_find,
	.words = deferring_words,
};

/* --- as the contract suite sees it -------------------------------------------
 */

static void tested_deferring_locate(
	struct store_options *options, const char *directory)
{
	static _Thread_local char url[140];

	snprintf(url, sizeof(url), SCHEME "%s/test.db", directory);
	options->url = url;
}

static int64_t tested_deferring_rows(const char *directory, const char *table)
{
	return tested_sqlite.rows(directory, table);
}

static int tested_deferring_run(const char *directory, const char *sql)
{
	return tested_sqlite.run(directory, sql);
}

static void tested_deferring_remove(const char *directory)
{
	tested_sqlite.remove(directory);
}

const struct tested_engine tested_deferring = {
	.name = "deferring",
	.locate = tested_deferring_locate,
	.rows = tested_deferring_rows,
	.run = tested_deferring_run,
	.remove = tested_deferring_remove,
	.waits = deferring_waits,
	.batches = deferring_batches,
	.notes = deferring_notes,
};

/*
 * In place of core/store/engines.c: the tests have a row more.  Weak, for a
 * test that has engines of its own.
 */
__attribute__((weak)) const struct engine_row store_engines[] = {
	{ SCHEME, &engine_deferring },
#ifdef CHATMEM_POSTGRESQL
	{ "postgresql://", &engine_postgresql },
#endif
	{ "", &engine_sqlite },
};
