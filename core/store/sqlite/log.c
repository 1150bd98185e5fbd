/* SPDX-License-Identifier: MIT */
/*
 * log.c - the log's size, checkpoints, and is it writable.
 *
 * Only the writer's connection ever checkpoints: before 3.51.3 SQLite can
 * lose committed rows when another one does while a commit is made.
 */
#include "core/store/sqlite/sqlite.h"

#include <sys/stat.h>

/* So long a row that came down to the disk says that the next one would. */
#define PROBE_MS 1000

/* Told of the frames in the log after each commit; fewer: it began anew. */
static int log_committed(
	void *context, sqlite3 *db, const char *name, int frames)
{
	struct store *store = context;

	(void)db;
	(void)name;
	if (frames < store->frames)
		store->settled = 0;
	store->frames = frames;
	return SQLITE_OK;
}

void store_log_watch(struct store *store)
{
	sqlite3_wal_hook(store->db, log_committed, store);
}

int64_t store_log_pages(const struct store *store)
{
	return store->frames - store->settled;
}

/* By its name: opening the log would drop SQLite's locks. */
int64_t store_log_bytes(const struct store *store)
{
	struct stat there;
	const char *name =
		sqlite3_filename_wal(sqlite3_db_filename(store->db, "main"));

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
};

/*
 * After an fsync that failed the system may have dropped what was to be
 * written, and a second one would not tell: the log is left to recovery.
 */
static int log_checkpoint_failed(
	struct store *store, int rc, struct error *error)
{
	store_failed(store, rc, error);
	if ((rc & 0xff) != SQLITE_IOERR || rc == SQLITE_IOERR_NOMEM)
		return -1;
	store->ready = false;
	return error_set(error, ERROR_UNKNOWN,
		"the disk failed while the log was copied into the file");
}

int store_checkpoint(
	struct store *store, enum store_checkpoint how, struct error *error)
{
	int frames, settled, rc;

	if (store->options.unsafe_filesystem)
		return 1;
	sqlite3_busy_timeout(store->db, checkpoints[how].wait);
	rc = sqlite3_wal_checkpoint_v2(
		store->db, NULL, checkpoints[how].mode, &frames, &settled);
	sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
	if (settled >= 0 && (rc == SQLITE_OK || rc == SQLITE_BUSY)) {
		store->frames = frames;
		store->settled = settled;
	}
	if (rc == SQLITE_BUSY)
		return 0;
	if (rc)
		return log_checkpoint_failed(store, rc, error);
	return frames == settled;
}

int store_check(struct store *store, struct error *error)
{
	int moved = 0;

	sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved)
		return error_set(error, ERROR_UNAVAILABLE,
			"the database file was moved or deleted");
	store_ballast_make(store);
	return store_file_room(store, error);
}

int store_probe(struct store *store, int64_t now, struct error *error)
{
	struct query query = query_start(store, SQL_PROBE);

	query_number(&query, 1, now);
	query_number(&query, 2, PROBE_MS);
	return query_run(&query, error);
}
