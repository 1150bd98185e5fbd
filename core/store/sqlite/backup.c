/* SPDX-License-Identifier: MIT */
/* backup.c - a copy of the file while it is written to. */
#include "core/store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* SQLite takes an empty file for none; nobody else may read it. */
static int backup_make_file(const char *path, struct error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_set(error,
			errno == EEXIST ? ERROR_INVALID : ERROR_UNAVAILABLE,
			"cannot make \"%s\": %s", path, strerror(errno));
	close(fd);
	return 0;
}

/* A reader writes nothing, but this is not its own file. */
static int backup_copy(
	struct sqlite *sqlite, const char *path, struct error *error)
{
	struct query query;
	int result;

	if (sqlite_execute(sqlite, "PRAGMA query_only = OFF", error))
		return -1;
	query = sqlite_start(sqlite, OWN_BACKUP);
	query_text(&query, BACKUP_PATH, slice_of(path));
	result = query_run(&query, error);
	if (sqlite_execute(sqlite, "PRAGMA query_only = ON", error))
		return -1;
	return result;
}

/* The copy has no log yet, and could not be read as this store is. */
static int backup_give_log(
	struct sqlite *sqlite, const char *path, struct error *error)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open_v2(
		path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
			db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	sqlite3_close(db);
	return rc ? sqlite_failed(sqlite, rc, error) : 0;
}

static int backup_sync_one(const char *path, int flags, struct error *error)
{
	const int fd = open(path, flags | O_CLOEXEC);
	int failed = fd < 0 || fsync(fd);

	if (failed)
		error_describe(error, ERROR_UNAVAILABLE,
			"cannot write \"%s\" to the disk: %s", path,
			strerror(errno));
	if (fd >= 0)
		close(fd);
	return failed ? -1 : 0;
}

static int backup_sync_file(const char *path, struct error *error)
{
	char *copied = strdup(path);
	int result;

	if (!copied)
		return error_out_of_memory(error);
	result = backup_sync_one(path, O_RDWR, error);
	if (result == 0)
		result = backup_sync_one(
			dirname(copied), O_RDONLY | O_DIRECTORY, error);
	free(copied);
	return result;
}

int sqlite_backup(struct engine *engine, const char *path, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);

	if (backup_make_file(path, error))
		return -1;
	if (backup_copy(sqlite, path, error) == 0 &&
		(sqlite->options.unsafe_filesystem ||
			backup_give_log(sqlite, path, error) == 0) &&
		backup_sync_file(path, error) == 0)
		return 0;
	unlink(path);
	return -1;
}
