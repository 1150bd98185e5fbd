/* SPDX-License-Identifier: MIT */
/*
 * log_join.c - what a commit writes into the log goes out together.
 *
 * SQLite writes each frame's head and page apart, in the order of the file, and
 * then has the log synced.  They wait here until then, or until something else
 * is asked of the log, and become one write, or a few.
 *
 * After a write or a sync that failed SQLite undoes the transaction, so that
 * what waits is dropped.  A read that failed undoes a statement at most, so
 * that it waits on.
 */
#include "core/store/sqlite/log_frames.h"
#include "core/store/sqlite/vfs.h"

#include <stdlib.h>
#include <string.h>

/* SQLite cannot write 128 KiB at once: it takes their size modulo that. */
#define JOINED_FRAMES 31
#define JOINED_BYTES  (LOG_HEAD_BYTES + JOINED_FRAMES * LOG_FRAME_BYTES)

struct log_joined {
	sqlite3_int64 at; /* in the file, of the first byte */
	int length;
	char bytes[JOINED_BYTES];
};

static int log_join_send(sqlite3_file *file)
{
	const struct vfs_file *own = vfs_file(file);
	struct log_joined *joined = own->joined;
	int rc;

	if (!joined || !joined->length)
		return SQLITE_OK;
	rc = own->real->xWrite(file, joined->bytes, joined->length, joined->at);
	if (rc == SQLITE_OK)
		joined->length = 0;
	return rc;
}

static int log_join_send_or_drop(sqlite3_file *file)
{
	const struct vfs_file *own = vfs_file(file);
	const int rc = log_join_send(file);

	if (own->joined)
		own->joined->length = 0;
	return rc;
}

static bool log_join_fits(
	const struct log_joined *joined, int amount, sqlite3_int64 offset)
{
	return offset == joined->at + joined->length &&
	       amount <= JOINED_BYTES - joined->length;
}

static int log_join_write(
	sqlite3_file *file, const void *data, int amount, sqlite3_int64 offset)
{
	const struct vfs_file *own = vfs_file(file);
	struct log_joined *joined = own->joined;
	int rc = SQLITE_OK;

	if (joined && !log_join_fits(joined, amount, offset)) {
		rc = log_join_send_or_drop(file);
		joined->at = offset;
	}
	if (rc != SQLITE_OK)
		return rc;
	if (!joined || amount > JOINED_BYTES)
		return own->real->xWrite(file, data, amount, offset);
	memcpy(joined->bytes + joined->length, data, (size_t)amount);
	joined->length += amount;
	return SQLITE_OK;
}

static int log_join_sync(sqlite3_file *file, int flags)
{
	const int rc = log_join_send_or_drop(file);

	return rc ? rc : vfs_file(file)->real->xSync(file, flags);
}

static int log_join_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	const int rc = log_join_send_or_drop(file);

	return rc ? rc : vfs_file(file)->real->xTruncate(file, size);
}

static int log_join_read(
	sqlite3_file *file, void *data, int amount, sqlite3_int64 offset)
{
	const int rc = log_join_send(file);

	return rc ? rc
		  : vfs_file(file)->real->xRead(file, data, amount, offset);
}

static int log_join_size(sqlite3_file *file, sqlite3_int64 *size)
{
	const int rc = log_join_send(file);

	return rc ? rc : vfs_file(file)->real->xFileSize(file, size);
}

static int log_join_close(sqlite3_file *file)
{
	struct vfs_file *own = vfs_file(file);
	const int sent = log_join_send(file);
	const int closed = own->real->xClose(file);

	free(own->joined);
	own->joined = NULL;
	return sent ? sent : closed;
}

void log_join_own(sqlite3_io_methods *methods)
{
	methods->xWrite = log_join_write;
	methods->xSync = log_join_sync;
	methods->xTruncate = log_join_truncate;
	methods->xRead = log_join_read;
	methods->xFileSize = log_join_size;
	methods->xClose = log_join_close;
}

void sqlite_log_join(struct sqlite *sqlite)
{
	sqlite3_file *log = NULL;

	if (sqlite->engine.options.relaxed || sqlite->options.unsafe_filesystem)
		return;
	sqlite3_file_control(
		sqlite->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (log && !vfs_file(log)->joined)
		vfs_file(log)->joined = calloc(1, sizeof(struct log_joined));
}
