/* SPDX-License-Identifier: MIT */
/*
 * copy.c - a file's pages, as they were at one moment, in another file.
 *
 * Pages are copied and not read, so that what is damaged is copied too; on
 * their way they are scrubbed as those of a checkpoint are.
 */
#include "core/store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_PAGES 4096 /* between two words on how far it is */

/* A path as a URI that SQLite may not lock or change; to be freed. */
static char *copy_uri(const char *path)
{
	struct text uri = { 0 };

	text_string(&uri, "file:");
	for (; *path; path++)
		text_format(&uri, "%%%02x", (unsigned char)*path);
	text_string(&uri, "?immutable=1");
	text_append(&uri, "", 1);
	if (uri.failed)
		text_clear(&uri);
	return uri.data;
}

int sqlite_copy_open(const char *path, sqlite3 **db)
{
	char *log = NULL, *uri = copy_uri(path);
	int rc = SQLITE_NOMEM;

	if (uri && asprintf(&log, "%s-wal", path) >= 0)
		rc = sqlite3_open_v2(access(log, F_OK) == 0 ? path : uri, db,
			SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
				SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			STORE_VFS);
	free(log);
	free(uri);
	return rc;
}

static int64_t copy_mebibytes(int pages)
{
	return (int64_t)pages * STORE_PAGE_BYTES >> 20;
}

/* In bits, as long as there are more than these pages. */
static int copy_step(sqlite3 *from, sqlite3 *to, int pages,
	const struct store_options *options)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int rc, all;

	if (!backup)
		return sqlite3_errcode(to);
	do {
		rc = sqlite3_backup_step(backup, pages);
		all = sqlite3_backup_pagecount(backup);
		sqlite_tell(options,
			copy_mebibytes(all - sqlite3_backup_remaining(backup)),
			copy_mebibytes(all), "MiB copied");
	} while (rc == SQLITE_OK);
	sqlite3_backup_finish(backup);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/*
 * The read that is held keeps the pages from changing between two bits.  Where
 * a file is too damaged for one the copy is made in one bit, which holds its
 * own.
 */
static int copy_all(
	sqlite3 *from, sqlite3 *to, const struct store_options *options)
{
	const bool begun =
		sqlite3_exec(from, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
	const bool held = begun && sqlite3_exec(from, "PRAGMA user_version",
					   NULL, NULL, NULL) == SQLITE_OK;
	const int rc = copy_step(from, to, held ? COPY_PAGES : -1, options);
	const int ended =
		begun ? sqlite3_exec(from, "ROLLBACK", NULL, NULL, NULL)
		      : SQLITE_OK;

	return rc ? rc : ended;
}

int sqlite_copy_pages(sqlite3 *from, const char *path, bool logged,
	const struct store_options *options)
{
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(path, &to,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, STORE_VFS);

	/* It is no file of anybody's until it is whole. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(to,
			"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF",
			NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = copy_all(from, to, options);
	sqlite3_close(to);
	to = NULL;
	if (rc == SQLITE_OK && logged)
		rc = sqlite3_open_v2(path, &to,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, STORE_VFS);
	if (rc == SQLITE_OK && logged)
		rc = sqlite3_exec(
			to, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	sqlite3_close(to);
	return rc;
}

int sqlite_copy_sync(const char *path, int flags, struct error *error)
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

int sqlite_copy_sync_place(const char *path, struct error *error)
{
	char *copied = strdup(path);
	int result;

	if (!copied)
		return error_out_of_memory(error);
	result = sqlite_copy_sync(
		dirname(copied), O_RDONLY | O_DIRECTORY, error);
	free(copied);
	return result;
}

int sqlite_copy_make(const char *path, unsigned mode, struct error *error)
{
	int fd;

	if (unlink(path) && errno != ENOENT)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot remove \"%s\": %s", path, strerror(errno));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, (mode_t)mode)) {
		error_describe(error, ERROR_UNAVAILABLE,
			"cannot make \"%s\": %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}
