/* SPDX-License-Identifier: MIT */
/*
 * log.c - the log's size, and checkpoints.
 *
 * Only the writer's connection ever checkpoints: before 3.51.3 SQLite can
 * lose committed rows when another one does while a commit is made.
 */
#include "core/store/sqlite/sqlite.h"

#include "schema/clock.h"

#include <sys/stat.h>

#define TAKE_OUT_MS   100    /* from the first try in vain to the second; */
#define TAKE_OUT_MOST 600000 /* then twice as long each time, up to this */

/*
 * Frames since the last try that make a passive checkpoint due.  All requests
 * wait until it ends, and the more frames the longer; the fewer, the more
 * pages are copied again and again.
 */
static const int log_due[] = {
	[UPKEEP_PASSING] = 10000,
	[UPKEEP_EARLY] = 1000,
	[UPKEEP_WHOLE] = 10000,
};

/* Told of the frames in the log after each commit; fewer: it began anew. */
static int log_committed(
	void *context, sqlite3 *db, const char *name, int frames)
{
	struct sqlite *sqlite = context;

	(void)db;
	(void)name;
	if (frames < sqlite->frames)
		sqlite->settled = sqlite->tried = 0;
	sqlite->frames = frames;
	return SQLITE_OK;
}

void sqlite_log_watch(struct sqlite *sqlite)
{
	sqlite3_wal_hook(sqlite->db, log_committed, sqlite);
}

/* By its name: opening the log would drop SQLite's locks. */
int64_t sqlite_log_bytes(const struct sqlite *sqlite)
{
	struct stat there;
	const char *name =
		sqlite3_filename_wal(sqlite3_db_filename(sqlite->db, "main"));

	return stat(name, &there) ? 0 : (int64_t)there.st_size;
}

static const struct {
	int mode;
	int wait; /* milliseconds */
} checkpoints[] = {
	[CHECKPOINT_PASSIVE] = { SQLITE_CHECKPOINT_PASSIVE, 0 },
	[CHECKPOINT_RESTART] = { SQLITE_CHECKPOINT_RESTART, STORE_RESTART_MS },
	[CHECKPOINT_TRUNCATE] = { SQLITE_CHECKPOINT_TRUNCATE,
		STORE_TRUNCATE_MS },
	[CHECKPOINT_SAVE] = { SQLITE_CHECKPOINT_TRUNCATE, STORE_TRUNCATE_MS },
	[CHECKPOINT_FULL] = { SQLITE_CHECKPOINT_FULL, STORE_BUSY_MS },
};

/*
 * After an fsync that failed the system may have dropped what was to be
 * written, and a second one would not tell: the log is left to recovery.
 */
static int log_checkpoint_failed(
	struct sqlite *sqlite, int rc, struct error *error)
{
	sqlite_failed(sqlite, rc, error);
	if ((rc & 0xff) != SQLITE_IOERR || rc == SQLITE_IOERR_NOMEM)
		return -1;
	sqlite->ready = false;
	return error_set(error, ERROR_UNKNOWN,
		"the disk failed while the log was copied into the file");
}

/*
 * Deleted bytes are zeroed on the way into the file, not in the cache: a page
 * that it keeps would bring them back into the log with the next change.
 */
static void log_forget_pages(struct sqlite *sqlite)
{
	sqlite3_db_release_memory(sqlite->db);
}

int sqlite_log_copy(
	struct sqlite *sqlite, enum sqlite_checkpoint how, struct error *error)
{
	int frames, settled, rc;

	if (sqlite->options.unsafe_filesystem) {
		log_forget_pages(sqlite);
		return 1;
	}
	sqlite3_busy_timeout(sqlite->db, checkpoints[how].wait);
	rc = sqlite3_wal_checkpoint_v2(
		sqlite->db, NULL, checkpoints[how].mode, &frames, &settled);
	sqlite3_busy_timeout(sqlite->db, STORE_BUSY_MS);
	sqlite_beside_wrote(sqlite);
	sqlite_beside_copied(sqlite);
	if (settled >= 0 && (rc == SQLITE_OK || rc == SQLITE_BUSY)) {
		sqlite->frames = sqlite->tried = frames;
		sqlite->settled = settled;
	}
	if (rc == SQLITE_BUSY)
		return 0;
	if (rc)
		return log_checkpoint_failed(sqlite, rc, error);
	if (how == CHECKPOINT_TRUNCATE) {
		log_forget_pages(sqlite);
		rc = sqlite_log_emptied(sqlite);
	}
	return rc ? log_checkpoint_failed(sqlite, rc, error)
		  : frames == settled;
}

int sqlite_checkpoint(
	struct sqlite *sqlite, enum sqlite_checkpoint how, struct error *error)
{
	return sqlite_log_check(sqlite, false, error)
		       ? -1
		       : sqlite_log_copy(sqlite, how, error);
}

/* PASSIVE alone never begins the log anew while readers overlap. */
static int log_shorten(
	struct sqlite *sqlite, enum store_upkeep how, struct error *error)
{
	int done;

	if (sqlite->frames - sqlite->tried < log_due[how])
		return 1;
	done = sqlite_checkpoint(sqlite, CHECKPOINT_PASSIVE, error);
	if (done < 0 || sqlite_log_bytes(sqlite) <= STORE_LOG_BYTES)
		return done;
	return sqlite_checkpoint(sqlite, CHECKPOINT_RESTART, error);
}

/*
 * A disk may be full or not be read now, and be well again later: it is tried
 * until it is done, but ever more seldom, as the whole file is written.
 */
static bool log_is_rid_of_words(struct sqlite *sqlite)
{
	struct sqlite_take_out *try = &sqlite->take_out;
	struct error why = { 0 };

	if (!sqlite->words_lost)
		return true;
	if (try->pause && clock_ms(CLOCK_MONOTONIC) < try->at)
		return false;
	if (sqlite_index_take_out(sqlite, &why) == 0) {
		*try = (struct sqlite_take_out){ 0 };
		return true;
	}
	try->pause = try->pause ? 2 * try->pause : TAKE_OUT_MS;
	if (try->pause > TAKE_OUT_MOST)
		try->pause = TAKE_OUT_MOST;
	try->at = clock_ms(CLOCK_MONOTONIC) + try->pause;
	sqlite_warn(
		sqlite, "the index of words is left for now: %s", why.message);
	return false;
}

/* The words that are lost hold erased text, too. */
int sqlite_upkeep(
	struct engine *engine, enum store_upkeep how, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);
	bool rid;

	if (sqlite_beside_check(sqlite, error))
		return -1;
	rid = log_is_rid_of_words(sqlite);
	if (how == UPKEEP_WHOLE && rid)
		return sqlite_checkpoint(sqlite, CHECKPOINT_TRUNCATE, error);
	return log_shorten(sqlite, how, error) < 0 ? -1 : rid;
}
