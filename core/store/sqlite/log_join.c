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
 *
 * SQLite has the head of a log synced before its frames: else a power cut could
 * leave it with frames of an older log.  Where the disk is known to have none
 * of these the head goes out with its frames, and is synced with them.
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
	bool blank; /* the file is empty, on the disk too */
	char bytes[JOINED_BYTES];
};

static int log_join_send(sqlite3_file *file)
{
	const struct vfs_file *own = vfs_file(file);
	struct log_joined *joined = own->joined;
	int rc;

	if (!joined || !joined->length)
		return SQLITE_OK;
	joined->blank = false;
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

static bool log_join_is_head(const struct log_joined *joined)
{
	return joined->at == 0 && joined->length == LOG_HEAD_BYTES;
}

static int log_join_sync(sqlite3_file *file, int flags)
{
	const struct log_joined *joined = vfs_file(file)->joined;
	int rc;

	if (joined && joined->blank && log_join_is_head(joined))
		return SQLITE_OK;
	rc = log_join_send_or_drop(file);
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

int sqlite_log_emptied(struct sqlite *sqlite)
{
	sqlite3_file *log = NULL;
	sqlite3_int64 size = 0;
	struct log_joined *joined;
	int rc;

	sqlite3_file_control(
		sqlite->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	joined = log && log->pMethods ? vfs_file(log)->joined : NULL;
	if (!joined)
		return SQLITE_OK;
	rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
	if (rc == SQLITE_OK)
		rc = log->pMethods->xFileSize(log, &size);
	joined->blank = rc == SQLITE_OK && size == 0;
	return rc;
}
