/* SPDX-License-Identifier: MIT */
/*
 * file.c - the file's place: lock, file system, room, ballast.
 *
 * The database, its -wal and its -shm are never opened here: closing any
 * descriptor of theirs would drop the locks that SQLite holds in this
 * process.
 */
#include "core/store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Shared memory is not shared there: the log would corrupt the file. */
static const struct {
	uint32_t magic;
	const char *name;
} refused[] = {
	{ 0x6969, "NFS" },
	{ 0x517b, "SMB" },
	{ 0xff534d42, "CIFS" },
	{ 0xfe534d42, "SMB2" },
	{ 0x01021997, "9p" },
	{ 0x65735546, "FUSE or virtiofs" },
	{ 0x786f4256, "vboxsf" },
	{ 0x00c36400, "Ceph" },
	{ 0x5346414f, "AFS" },
	{ 0x73757245, "Coda" },
};

/* O_EXCL: an existing file is not opened. */
static int file_make(struct store *store, struct error *error)
{
	const char *path = store->options.path;
	struct stat is;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EEXIST)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot make \"%s\": %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	store->path = realpath(path, NULL);
	if (!store->path)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot find \"%s\": %s", path, strerror(errno));
	if (stat(store->path, &is) == 0 && !S_ISREG(is.st_mode))
		return error_set(
			error, ERROR_INVALID, "\"%s\" is not a file", path);
	return 0;
}

static int file_check_system(const struct store *store, struct error *error)
{
	struct statfs fs;

	if (store->options.unsafe_filesystem)
		return 0;
	if (statfs(store->path, &fs))
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot look at \"%s\": %s", store->path,
			strerror(errno));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if ((uint32_t)fs.f_type == refused[i].magic)
			return error_set(error, ERROR_INVALID,
				"\"%s\" is on %s, where a write-ahead log"
				" corrupts the file; move it to a local disk",
				store->path, refused[i].name);
	return 0;
}

/* path + suffix, to be freed; NULL when memory runs out. */
static char *file_beside(const struct store *store, const char *suffix)
{
	char *name;

	return asprintf(&name, "%s%s", store->path, suffix) < 0 ? NULL : name;
}

static int file_lock(struct store *store, struct error *error)
{
	char *name = file_beside(store, ".lock");
	bool taken;

	if (!name)
		return error_out_of_memory(error);
	store->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(name);
	if (store->lock < 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot make \"%s.lock\": %s", store->path,
			strerror(errno));
	if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	taken = errno == EWOULDBLOCK;
	return error_set(error, ERROR_UNAVAILABLE, "cannot lock \"%s\": %s",
		store->path,
		taken ? "another process writes to it" : strerror(errno));
}

int store_file_take(struct store *store, struct error *error)
{
	if (file_make(store, error) || file_check_system(store, error))
		return -1;
	return file_lock(store, error);
}

void store_file_leave(struct store *store)
{
	if (store->lock >= 0)
		close(store->lock);
	free(store->path);
}

/* Bytes that may still be written; -1 when nobody knows. */
static int64_t file_free_bytes(const struct store *store)
{
	struct statvfs fs;

	if (statvfs(store->path, &fs))
		return -1;
	return (int64_t)(fs.f_bavail * fs.f_frsize);
}

int store_file_room(struct store *store, struct error *error)
{
	int64_t floor = store->options.free_bytes_floor;
	int64_t left = floor > 0 ? file_free_bytes(store) : -1;

	if (left < 0 || left >= floor)
		return 0;
	return error_set(error, ERROR_STORAGE,
		"only %lld bytes are free on the disk; at least %lld must stay",
		(long long)left, (long long)floor);
}

bool store_ballast_release(struct store *store)
{
	char *name = file_beside(store, "-ballast");
	bool there = name && unlink(name) == 0;

	free(name);
	if (there)
		store_warn(store, "the disk is full: the ballast was released");
	return there;
}

/*
 * fallocate, where posix_fallocate would write every block on a file system
 * that cannot reserve them.
 */
static int file_reserve(const char *name)
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

void store_ballast_make(struct store *store)
{
	int64_t floor = store->options.free_bytes_floor;
	struct stat there;
	char *name;
	int failed = 0;

	if (floor <= 0 || store->ballast)
		return;
	name = file_beside(store, "-ballast");
	if (!name)
		return;
	if (stat(name, &there) || there.st_size < STORE_LOG_BYTES) {
		if (file_free_bytes(store) < floor + 2 * STORE_LOG_BYTES)
			goto out;
		failed = file_reserve(name);
	}
	if (failed)
		store_warn(store, "no ballast: %s", strerror(failed));
	store->ballast = true; /* or it is of no use to try again */
out:
	free(name);
}
