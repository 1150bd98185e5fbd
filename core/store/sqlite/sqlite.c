/* SPDX-License-Identifier: MIT */
/*
 * sqlite.c - the engine SQLite: batches, their members, and the table.
 */
#include "core/store/sqlite/sqlite.h"

#include "core/store/sqlite/statement.h"

static int sqlite_may_write(struct sqlite *sqlite, struct error *error)
{
	if (sqlite->engine.mode == STORE_READ)
		return 0;
	if (!sqlite->ready)
		return error_set(error, ERROR_UNKNOWN,
			"the disk failed; the store must be opened again");
	return sqlite_beside_check(sqlite, error) ||
			       (!sqlite->engine.frees &&
				       sqlite_file_room(sqlite, error))
		       ? -1
		       : 0;
}

static int sqlite_begin(struct engine *engine, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);
	const bool reads = engine->mode == STORE_READ;
	int rc;

	if (sqlite_may_write(sqlite, error))
		return -1;
	rc = sqlite_control(sqlite, reads ? OWN_BEGIN_READ : OWN_BEGIN_WRITE);
	if (rc)
		return sqlite_failed(sqlite, rc, error);
	sqlite->batch = true;
	sqlite->damaged = false;
	sqlite->undone = false;
	sqlite->begun_at = sqlite3_total_changes(sqlite->db);
	sqlite->merging = engine->index.merging;
	return 0;
}

/*
 * A merge that the batch ended or began is as the table has it again.  A member
 * that is undone has ended one only if it met damage, which the next meets too.
 */
static void sqlite_rollback(struct engine *engine)
{
	struct sqlite *sqlite = sqlite_of(engine);

	if (!sqlite3_get_autocommit(sqlite->db))
		sqlite_control(sqlite, OWN_ROLLBACK);
	if (sqlite->batch)
		engine->index.merging = sqlite->merging;
	sqlite->batch = false;
	if (engine->options.search)
		engine->index.due_at = 0;
}

/* Why a batch cannot be committed; SQLITE_OK: it can. */
static int sqlite_why_lost(const struct sqlite *sqlite)
{
	if (!sqlite_lost(&sqlite->engine))
		return SQLITE_OK;
	return sqlite->damaged ? SQLITE_CORRUPT : SQLITE_ABORT;
}

/*
 * Only a full disk, a busy file and a damaged page are known to have left
 * nothing behind: a commit whose fsync failed may be there after a crash.
 */
static enum engine_commit sqlite_commit(
	struct engine *engine, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);
	int rc = sqlite_why_lost(sqlite);
	const bool lost = rc != SQLITE_OK;

	if (!lost)
		rc = sqlite_control(sqlite, OWN_COMMIT);
	if (rc == SQLITE_OK) {
		sqlite->batch = false;
		sqlite_beside_wrote(sqlite);
		return COMMIT_DONE;
	}
	sqlite_failed(sqlite, rc, error);
	sqlite_rollback(engine);
	rc &= 0xff;
	if (lost || rc == SQLITE_FULL || rc == SQLITE_BUSY ||
		rc == SQLITE_CORRUPT)
		return COMMIT_NOTHING;
	sqlite->ready = false;
	error_describe(error, ERROR_UNKNOWN,
		"the disk failed; this may or may not have been stored");
	return COMMIT_UNKNOWN;
}

/*
 * A savepoint costs a fifth of an append, as each page that a member changes is
 * copied for it.
 */
static int sqlite_enter(struct engine *engine, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);
	int rc = sqlite_why_lost(sqlite);

	sqlite->savepoint = !engine->no_undo;
	sqlite->entered_at = sqlite3_total_changes(sqlite->db);
	if (rc == SQLITE_OK && sqlite->savepoint)
		rc = sqlite_control(sqlite, OWN_ENTER);
	return rc ? sqlite_failed(sqlite, rc, error) : 0;
}

/* All is undone if the batch has nothing else to be lost. */
static int sqlite_undo_without_savepoint(struct sqlite *sqlite)
{
	int rc;

	if (sqlite3_total_changes(sqlite->db) == sqlite->entered_at)
		return SQLITE_OK;
	sqlite->undone = sqlite->entered_at != sqlite->begun_at;
	if (sqlite->undone)
		return SQLITE_ABORT;
	rc = sqlite_control(sqlite, OWN_ROLLBACK);
	if (rc == SQLITE_OK)
		rc = sqlite_control(sqlite, OWN_BEGIN_WRITE);
	sqlite->begun_at = sqlite3_total_changes(sqlite->db);
	return rc;
}

static int sqlite_leave(struct engine *engine, bool keep, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);
	int rc = sqlite_why_lost(sqlite);

	if (rc == SQLITE_OK && !keep)
		rc = sqlite->savepoint ? sqlite_control(sqlite, OWN_UNDO)
				       : sqlite_undo_without_savepoint(sqlite);
	if (rc == SQLITE_OK && sqlite->savepoint)
		rc = sqlite_control(sqlite, OWN_KEEP);
	return rc ? sqlite_failed(sqlite, rc, error) : 0;
}

static bool sqlite_again(const struct engine *engine)
{
	return ((const struct sqlite *)(const void *)engine)->undone;
}

/* Room on the disk, and the file where it was. */
static int sqlite_ready(struct engine *engine, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);
	int moved = 0;

	sqlite3_file_control(
		sqlite->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved)
		return error_set(error, ERROR_UNAVAILABLE,
			"the database file was moved or deleted");
	sqlite_ballast_make(sqlite);
	return sqlite_file_room(sqlite, error);
}

const struct engine_ops engine_sqlite = {
	.open = sqlite_open,
	.close = sqlite_close,
	.ready = sqlite_ready,
	.upkeep = sqlite_upkeep,
	.figures = sqlite_figures,
	.backup = sqlite_backup,
	.note_backup = sqlite_note_backup,
	.restore = sqlite_restore,
	.plan = sqlite_plan_migration,
	.check = sqlite_check,
	.salvage = sqlite_salvage,
	.renew_usage = sqlite_usage_renew,
	.pack = sqlite_pack,

	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.enter = sqlite_enter,
	.leave = sqlite_leave,
	.lost = sqlite_lost,
	.again = sqlite_again,

	.start = statement_start,
	.bind_number = statement_bind_number,
	.bind_text = statement_bind_text,
	.bind_blob = statement_bind_blob,
	.bind_null = statement_bind_null,
	.step = statement_step,
	.number = statement_number,
	.text = statement_text,
	.end = statement_end,
	.run = statement_run,
	.run_counting = statement_run_counting,
	.insert = statement_insert,

	.fill = sqlite_index_fill,
	.forget = sqlite_index_forget,
	.is_stale = sqlite_index_is_stale,
	.merge = sqlite_index_merge,
	.find = sqlite_index_find,
	.words = sqlite_words,
};
