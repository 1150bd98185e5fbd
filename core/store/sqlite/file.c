/* SPDX-License-Identifier: MIT */
/*
 * file.c - the file's place, and the file system under it.
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

/*
 * Does it begin as a log of SQLite's does, or as a journal?  Else it is of no
 * use, as is the journal of a file that had no page yet: it was being made.
 */
static bool file_is_log(const char *name)
{
	static const unsigned char begins[][8] = {
		{ 0x37, 0x7f, 0x06, 0x82, 0x00, 0x2d, 0xe2, 0x18 },
		{ 0x37, 0x7f, 0x06, 0x83, 0x00, 0x2d, 0xe2, 0x18 },
		{ 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 },
	};
	struct {
		unsigned char magic[8];
		unsigned char records[4], nonce[4];
		unsigned char pages[4]; /* of the file before; a journal's */
	} head = { 0 };
	static const unsigned char none[sizeof(head.pages)];
	const int fd = open(name, O_RDONLY | O_CLOEXEC);
	bool is = false;

	if (fd < 0)
		return false;
	if (read(fd, &head, sizeof(head)) == sizeof(head))
		for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
			is |= memcmp(head.magic, begins[i],
				      sizeof(head.magic)) == 0;
	close(fd);
	if (head.magic[0] == begins[2][0] &&
		memcmp(head.pages, none, sizeof(none)) == 0)
		return false;
	return is;
}

static bool file_is_being_restored(const char *path)
{
	char name[PATH_BYTES];

	snprintf(name, sizeof(name), "%s" RESTORE_SUFFIX, path);
	return access(name, F_OK) == 0;
}

/*
 * A log without its file has writes that were acknowledged, and SQLite would
 * throw it away.  Nothing is open yet, so that it can be looked at.
 */
static int file_refuse_orphan(const char *path, struct error *error)
{
	static const char *const suffixes[] = { "-wal", "-journal" };
	struct stat is;
	int result = 0;

	if (stat(path, &is) == 0 && is.st_size > 0)
		return 0;
	if (file_is_being_restored(path))
		return error_set(error, ERROR_INVALID,
			"\"%s\" was being restored when that was broken off:"
			" run chatmem restore again",
			path);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		char *name;

		if (asprintf(&name, "%s%s", path, suffixes[i]) < 0)
			return error_out_of_memory(error);
		if (result == 0 && file_is_log(name))
			result = error_set(error, ERROR_INVALID,
				"there is a log \"%s\" but no \"%s\": it has"
				" the last writes of a file that was moved;"
				" move both back together, or remove the log",
				name, path);
		free(name);
	}
	return result;
}

/* O_EXCL: an existing file is not opened. */
static int file_make(struct sqlite *sqlite, struct error *error)
{
	const char *path = sqlite->path;
	struct stat is;
	int fd;

	if (file_refuse_orphan(path, error))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EEXIST)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot make \"%s\": %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	sqlite->real_path = realpath(path, NULL);
	if (!sqlite->real_path)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot find \"%s\": %s", path, strerror(errno));
	if (stat(sqlite->real_path, &is) == 0 && !S_ISREG(is.st_mode))
		return error_set(
			error, ERROR_INVALID, "\"%s\" is not a file", path);
	return 0;
}

static int file_check_system(const struct sqlite *sqlite, struct error *error)
{
	struct statfs fs;

	if (sqlite->options.unsafe_filesystem)
		return 0;
	if (statfs(sqlite->real_path, &fs))
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot look at \"%s\": %s", sqlite->real_path,
			strerror(errno));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if ((uint32_t)fs.f_type == refused[i].magic)
			return error_set(error, ERROR_INVALID,
				"\"%s\" is on %s, where a write-ahead log"
				" corrupts the file; move it to a local disk",
				sqlite->real_path, refused[i].name);
	return 0;
}

char *sqlite_file_beside(const struct sqlite *sqlite, const char *suffix)
{
	char *name;

	return asprintf(&name, "%s%s", sqlite->real_path, suffix) < 0 ? NULL
								      : name;
}

void sqlite_file_remove_copy(const struct sqlite *sqlite)
{
	static const char *const suffixes[] = { RESTORE_SUFFIX,
		RESTORE_SUFFIX "-wal", RESTORE_SUFFIX "-shm",
		RESTORE_SUFFIX ".lock" };

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		char *name = sqlite_file_beside(sqlite, suffixes[i]);

		if (name)
			unlink(name);
		free(name);
	}
}

int sqlite_file_take(struct sqlite *sqlite, struct error *error)
{
	if (file_make(sqlite, error) || file_check_system(sqlite, error) ||
		sqlite_beside_lock(sqlite, error))
		return -1;
	sqlite_file_remove_copy(sqlite);
	return 0;
}

void sqlite_file_leave(struct sqlite *sqlite)
{
	if (sqlite->lock >= 0)
		close(sqlite->lock);
	for (size_t i = 0; i < BESIDE_COUNT; i++)
		free(sqlite->beside_names[i]);
	free(sqlite->real_path);
}

int64_t sqlite_file_free(const char *path)
{
	struct statvfs fs;

	if (statvfs(path, &fs))
		return -1;
	return (int64_t)(fs.f_bavail * fs.f_frsize);
}
