/* SPDX-License-Identifier: MIT */
/*
 * beside.c - the database's file and those beside it: lock, log, shared memory.
 *
 * Somebody may delete them under a server, or write over the file.  Nobody who
 * comes then knows of it: a second process takes a new lock, a reader finds no
 * log, and a log is copied into a file that is not its own.  So before
 * anything is written it is looked whether they are those that were opened, and
 * whether anybody else changed the log; by their names, as opening them would
 * drop SQLite's locks.
 */
#include "core/store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file that is there now; an inode of 0: none is. */
static struct sqlite_beside beside_look(
	const struct sqlite *sqlite, enum sqlite_beside_file which)
{
	struct stat there;

	if (stat(sqlite->beside_names[which], &there))
		return (struct sqlite_beside){ 0 };
	/* Of the file only its bytes count: backups may link to it. */
	return (struct sqlite_beside){ there.st_dev, there.st_ino,
		there.st_size,
		which == BESIDE_FILE ? there.st_mtim : there.st_ctim };
}

static bool beside_is_same(
	const struct sqlite_beside *one, const struct sqlite_beside *other)
{
	return one->inode == other->inode && one->device == other->device;
}

static bool beside_is_there(
	const struct sqlite *sqlite, enum sqlite_beside_file which)
{
	const struct sqlite_beside now = beside_look(sqlite, which);

	return beside_is_same(&now, &sqlite->beside[which]);
}

/* Whatever changes a file makes the system note the time. */
static bool beside_is_untouched(
	const struct sqlite_beside *now, const struct sqlite_beside *left)
{
	return now->size == left->size &&
	       now->changed.tv_sec == left->changed.tv_sec &&
	       now->changed.tv_nsec == left->changed.tv_nsec;
}

/* --- the lock --------------------------------------------------------- */

/* Another process may hold it. */
static int beside_take_lock(const struct sqlite *sqlite, int *lock,
	const char *cure, struct error *error)
{
	const char *name = sqlite->beside_names[BESIDE_LOCK];
	bool taken;

	*lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*lock < 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot make \"%s\": %s", name, strerror(errno));
	if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	taken = errno == EWOULDBLOCK;
	error_describe(error, ERROR_UNAVAILABLE, "cannot lock \"%s\": %s%s",
		sqlite->real_path,
		taken ? "another process writes to it" : strerror(errno),
		taken ? cure : "");
	close(*lock);
	*lock = -1;
	return -1;
}

static int beside_name(struct sqlite *sqlite, struct error *error)
{
	static const char *const suffixes[BESIDE_COUNT] = {
		[BESIDE_LOCK] = ".lock",
		[BESIDE_LOG] = "-wal",
		[BESIDE_SHARED] = "-shm",
		[BESIDE_FILE] = "",
	};

	for (size_t i = 0; i < BESIDE_COUNT; i++) {
		sqlite->beside_names[i] =
			sqlite_file_beside(sqlite, suffixes[i]);
		if (!sqlite->beside_names[i])
			return error_out_of_memory(error);
	}
	return 0;
}

int sqlite_beside_lock(struct sqlite *sqlite, struct error *error)
{
	if (beside_name(sqlite, error) ||
		beside_take_lock(sqlite, &sqlite->lock,
			", most likely a server: stop that, or ask it with"
			" --url",
			error))
		return -1;
	sqlite->beside[BESIDE_LOCK] = beside_look(sqlite, BESIDE_LOCK);
	return 0;
}

/* Whoever had it meanwhile may have written, into the file, too. */
static int beside_lock_again(struct sqlite *sqlite, struct error *error)
{
	int lock;

	sqlite->engine.estranged = true;
	if (beside_take_lock(sqlite, &lock, "", error))
		return -1;
	sqlite_warn(sqlite, "the lock file was deleted, and is made again");
	close(sqlite->lock);
	sqlite->lock = lock;
	sqlite->beside[BESIDE_LOCK] = beside_look(sqlite, BESIDE_LOCK);
	sqlite_beside_copied(sqlite);
	return 0;
}

/* --- the log ---------------------------------------------------------- */

/*
 * This handle has the log still: what is committed is copied into the file,
 * and then a new start has all of it.
 */
static int beside_save_log(struct sqlite *sqlite, struct error *error)
{
	const int done = sqlite_checkpoint(sqlite, CHECKPOINT_FULL, error);

	if (done < 0)
		return -1;
	if (!done)
		return error_set(error, ERROR_UNAVAILABLE,
			"the log was deleted under the server, and a reader "
			"keeps it from being saved");
	sqlite->ready = false;
	sqlite_warn(sqlite,
		"the log was deleted under the server: what it had is saved "
		"in the file, and the server must be started again");
	return error_set(error, ERROR_UNKNOWN,
		"the log was deleted; the store must be opened again");
}

void sqlite_beside_remember(struct sqlite *sqlite)
{
	sqlite->beside[BESIDE_LOG] = beside_look(sqlite, BESIDE_LOG);
	sqlite->beside[BESIDE_SHARED] = beside_look(sqlite, BESIDE_SHARED);
	sqlite_beside_copied(sqlite);
}

/* By SQLite's own descriptor. */
static bool beside_read_header(
	struct sqlite *sqlite, char header[STORE_HEADER_BYTES])
{
	sqlite3_file *file = NULL;

	return sqlite3_file_control(sqlite->db, "main",
		       SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK &&
	       file && file->pMethods &&
	       file->pMethods->xRead(file, header, STORE_HEADER_BYTES, 0) ==
		       SQLITE_OK;
}

void sqlite_beside_copied(struct sqlite *sqlite)
{
	sqlite->beside[BESIDE_FILE] = beside_look(sqlite, BESIDE_FILE);
	if (!beside_read_header(sqlite, sqlite->header))
		sqlite->beside[BESIDE_FILE].inode = 0; /* nothing to compare */
}

void sqlite_beside_wrote(struct sqlite *sqlite)
{
	const struct sqlite_beside now = beside_look(sqlite, BESIDE_LOG);
	struct sqlite_beside *log = &sqlite->beside[BESIDE_LOG];

	if (beside_is_same(&now, log))
		*log = now;
}

void sqlite_beside_doubt(struct sqlite *sqlite)
{
	sqlite->beside[BESIDE_LOG].size = -1;
}

static int beside_check_log(struct sqlite *sqlite, struct error *error)
{
	const struct sqlite_beside now = beside_look(sqlite, BESIDE_LOG);
	struct sqlite_beside *log = &sqlite->beside[BESIDE_LOG];

	if (!beside_is_same(&now, log) ||
		!beside_is_there(sqlite, BESIDE_SHARED))
		return beside_save_log(sqlite, error);
	if (beside_is_untouched(&now, log))
		return 0;
	if (sqlite_log_check(sqlite, true, error))
		return -1;
	*log = now;
	return 0;
}

/* --- the file --------------------------------------------------------- */

/*
 * The log is not this file's any more: a start would copy it into what is
 * there now.
 */
static int beside_leave_log(struct sqlite *sqlite, struct error *error)
{
	const char *log = sqlite->beside_names[BESIDE_LOG];
	char *kept = sqlite_file_beside(sqlite, "-wal.left");
	const bool left = kept && rename(log, kept) == 0;

	sqlite->ready = false;
	sqlite_warn(sqlite,
		"another program wrote over the file under the server: what is"
		" there now is served after a start; what was stored since the"
		" log was last copied into the file is in \"%s\"",
		left ? kept : log);
	free(kept);
	return error_set(error, ERROR_UNKNOWN,
		"another program wrote over the file; the store must be opened"
		" again");
}

/*
 * Only the log is copied into it, by this handle.  Some bytes of it that are
 * others are damage, which is met where it is; another size or header is
 * another database.
 */
static int beside_check_file(struct sqlite *sqlite, struct error *error)
{
	const struct sqlite_beside now = beside_look(sqlite, BESIDE_FILE);
	struct sqlite_beside *left = &sqlite->beside[BESIDE_FILE];
	char header[STORE_HEADER_BYTES];

	if (sqlite->options.unsafe_filesystem || !left->inode ||
		!beside_is_same(&now, left) || beside_is_untouched(&now, left))
		return 0;
	if (now.size != left->size || !beside_read_header(sqlite, header) ||
		memcmp(header, sqlite->header, sizeof(header)) != 0)
		return beside_leave_log(sqlite, error);
	*left = now;
	return 0;
}

int sqlite_beside_check(struct sqlite *sqlite, struct error *error)
{
	if (!beside_is_there(sqlite, BESIDE_LOCK) &&
		beside_lock_again(sqlite, error))
		return -1;
	/* SQLite makes them when they are needed. */
	if (!sqlite->beside[BESIDE_LOG].inode)
		sqlite_beside_remember(sqlite);
	return beside_check_file(sqlite, error) ||
			       beside_check_log(sqlite, error)
		       ? -1
		       : 0;
}
