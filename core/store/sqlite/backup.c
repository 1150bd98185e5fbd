/* SPDX-License-Identifier: MIT */
/* backup.c - a copy of the file while it is written to. */
#include "core/store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int backup_copy(
	struct sqlite *sqlite, const char *path, struct error *error)
{
	int rc = sqlite_copy_pages(sqlite->db, path,
		!sqlite->options.unsafe_filesystem, &sqlite->engine.options);

	if ((rc & 0xff) == SQLITE_FULL)
		return error_set(error, ERROR_STORAGE,
			"there is no room left for the copy");
	return rc ? sqlite_failed(sqlite, rc, error) : 0;
}

/* A name that exists is never written over. */
static int backup_give_name(
	const char *partial, const char *path, struct error *error)
{
	if (link(partial, path))
		return error_set(error,
			errno == EEXIST ? ERROR_INVALID : ERROR_UNAVAILABLE,
			"cannot make \"%s\": %s", path, strerror(errno));
	unlink(partial);
	return sqlite_copy_sync_place(path, error);
}

/* Until it is whole it has another name, by which no one takes it for one. */
int sqlite_backup(struct engine *engine, const char *path, struct error *error)
{
	struct sqlite *sqlite = sqlite_of(engine);
	char *partial;
	int result = -1;

	if (access(path, F_OK) == 0)
		return error_set(error, ERROR_INVALID, "cannot make \"%s\": %s",
			path, strerror(EEXIST));
	if (asprintf(&partial, "%s.partial", path) < 0)
		return error_out_of_memory(error);
	if (sqlite_copy_make(partial, 0600, error) == 0) {
		if (backup_copy(sqlite, partial, error) == 0 &&
			sqlite_copy_sync(partial, O_RDWR, error) == 0)
			result = backup_give_name(partial, path, error);
		unlink(partial);
	}
	free(partial);
	return result;
}
