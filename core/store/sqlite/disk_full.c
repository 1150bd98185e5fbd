/* SPDX-License-Identifier: MIT */
/*
 * disk_full.c - the room on the disk, and the ballast, a file beside the
 * database that is given up when there is none.
 */
#include "core/store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int sqlite_file_room(struct sqlite *sqlite, struct error *error)
{
	int64_t floor = sqlite->options.free_bytes_floor;
	int64_t left = floor > 0 ? sqlite_file_free(sqlite->real_path) : -1;

	if (left < 0 || left >= floor)
		return 0;
	return error_set(error, ERROR_STORAGE,
		"only %lld bytes are free on the disk; at least %lld must stay,"
		" as --free-space-floor says",
		(long long)left, (long long)floor);
}

bool sqlite_ballast_release(struct sqlite *sqlite)
{
	char *name = sqlite_file_beside(sqlite, "-ballast");
	bool there = name && unlink(name) == 0;

	free(name);
	if (there)
		sqlite_warn(
			sqlite, "the disk is full: the ballast was released");
	return there;
}

/*
 * fallocate, where posix_fallocate would write every block on a file system
 * that cannot reserve them.
 */
static int disk_full_reserve(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int failed;

	if (fd < 0)
		return errno;
	failed = fallocate(fd, 0, 0, STORE_LOG_BYTES) ? errno : 0;
	close(fd);
	if (failed)
		unlink(name);
	return failed;
}

void sqlite_ballast_make(struct sqlite *sqlite)
{
	int64_t floor = sqlite->options.free_bytes_floor;
	struct stat there;
	char *name;
	int failed = 0;

	if (floor <= 0 || sqlite->ballast)
		return;
	name = sqlite_file_beside(sqlite, "-ballast");
	if (!name)
		return;
	if (stat(name, &there) || there.st_size < STORE_LOG_BYTES) {
		if (sqlite_file_free(sqlite->real_path) <
			floor + 2 * STORE_LOG_BYTES)
			goto out;
		failed = disk_full_reserve(name);
	}
	if (failed)
		sqlite_warn(sqlite, "no ballast: %s", strerror(failed));
	sqlite->ballast = true; /* or it is of no use to try again */
out:
	free(name);
}
