/* SPDX-License-Identifier: MIT */
/*
 * fault_vfs.h - a disk that fails when a test wants it to.
 *
 * fault_install() puts it below the store, before the first store_open().
 * fault_arm() makes the nth call from now fail.  disk_follow() keeps, beside
 * the files, what a power cut would leave of them: each as of its last sync,
 * and any sectors of the writes since.
 */
#ifndef TESTS_SQLITE_FAULT_VFS_H
#define TESTS_SQLITE_FAULT_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum fault_kind {
	FAULT_READ = 1,
	FAULT_WRITE = 2,
	FAULT_SYNC = 4,
	FAULT_TRUNCATE = 8,
	FAULT_OPEN = 16,
	FAULT_MAP = 32,
	FAULT_ANY = 63,
	FAULT_LOG = 64, /* of the log only */
};

static struct {
	unsigned kinds;
	long left;    /* calls until the one that fails; 0: not armed */
	bool forever; /* and so do all that follow */
	bool torn;    /* a write that fails writes its first half */
	int rc;
	bool happened;
	long log_writes; /* since it was armed, */
	long log_syncs;
	bool log_synced; /* after its last write or truncation */
	long reads;	 /* of the file */
} fault;

#define DISK_SECTOR 512

/* Of one sector, not synced yet; or a truncation (data is NULL). */
struct disk_write {
	char *data;
	size_t length;
	size_t offset;
};

/* One followed file: what is durable of it, and what is not yet. */
struct disk_file {
	char name[160];
	char *data;
	size_t length;
	size_t capacity;
	struct disk_write *writes;
	size_t count;
};
static struct disk_file disk_files[2]; /* the database, the log */
static bool disk_followed;
static long disk_left; /* calls until the power is cut; 0: not armed */

struct fault_file {
	const sqlite3_io_methods *real;
	sqlite3_io_methods own;
	struct disk_file *disk;
	bool log;
};
static sqlite3_vfs *fault_below;

static inline void fault_arm(unsigned kinds, long nth, int rc)
{
	memset(&fault, 0, sizeof(fault));
	fault.kinds = kinds;
	fault.left = nth;
	fault.rc = rc;
}

static inline bool fault_hits(unsigned kind, bool log)
{
	if (!fault.left || !(fault.kinds & kind))
		return false;
	if ((fault.kinds & FAULT_LOG) && !log)
		return false;
	if (fault.left > 1 && fault.left--)
		return false;
	fault.left = fault.forever;
	fault.happened = true;
	return true;
}

static inline struct fault_file *fault_file(sqlite3_file *file)
{
	return (struct fault_file *)(void *)((char *)file +
					     fault_below->szOsFile);
}

/* --- power cuts --------------------------------------------------------- */

static inline void disk_apply(
	struct disk_file *disk, const struct disk_write *write)
{
	size_t end = write->offset + write->length;

	if (end > disk->capacity) {
		disk->capacity = 2 * end;
		disk->data = realloc(disk->data, disk->capacity);
	}
	if (end > disk->length)
		memset(disk->data + disk->length, 0, end - disk->length);
	if (write->data)
		memcpy(disk->data + write->offset, write->data, write->length);
	if (!write->data || end > disk->length)
		disk->length = end;
}

/* Makes each write durable, or each with this chance of 100. */
static inline void disk_settle(struct disk_file *disk, long chance)
{
	for (size_t i = 0; i < disk->count; i++) {
		if (random() % 100 < chance)
			disk_apply(disk, &disk->writes[i]);
		free(disk->writes[i].data);
	}
	disk->count = 0;
}

/* Leaves the files as the power cut does; the process is dead. */
static inline void disk_cut(void)
{
	static const long chances[] = { 0, 10, 50, 90 };
	long chance = chances[random() % 4];

	for (int i = 0; i < 2; i++) {
		struct disk_file *disk = &disk_files[i];
		FILE *file;

		if (!disk->name[0])
			continue;
		disk_settle(disk, chance);
		file = fopen(disk->name, "wb");
		fwrite(disk->data, 1, disk->length, file);
		fclose(file);
	}
	_exit(0);
}

/* At most a sector, or a truncation. */
static inline void disk_note_sector(
	struct disk_file *disk, const char *data, size_t length, size_t offset)
{
	struct disk_write *write;

	disk->writes = realloc(
		disk->writes, (disk->count + 1) * sizeof(*disk->writes));
	write = &disk->writes[disk->count++];
	*write = (struct disk_write){ NULL, length, offset };
	if (!data)
		return;
	write->data = malloc(length);
	memcpy(write->data, data, length);
}

static inline void disk_note(
	sqlite3_file *file, const char *data, size_t length, size_t offset)
{
	struct disk_file *disk = fault_file(file)->disk;

	while (disk && length > 0) {
		const size_t left = DISK_SECTOR - offset % DISK_SECTOR;
		const size_t size = length < left ? length : left;

		disk_note_sector(disk, data, size, offset);
		data += size;
		offset += size;
		length -= size;
	}
}

static inline void disk_tick(sqlite3_file *file)
{
	if (fault_file(file)->disk && disk_left && --disk_left == 0)
		disk_cut();
}

/* --- the calls ------------------------------------------------------------ */

static int fault_read(
	sqlite3_file *file, void *data, int length, sqlite3_int64 offset)
{
	struct fault_file *own = fault_file(file);

	if (fault_hits(FAULT_READ, own->log))
		return fault.rc;
	fault.reads += !own->log;
	return own->real->xRead(file, data, length, offset);
}

static int fault_write(
	sqlite3_file *file, const void *data, int length, sqlite3_int64 offset)
{
	struct fault_file *own = fault_file(file);

	if (fault_hits(FAULT_WRITE, own->log)) {
		if (fault.torn)
			own->real->xWrite(file, data, length / 2, offset);
		return fault.rc;
	}
	fault.log_writes += own->log;
	fault.log_synced &= !own->log;
	disk_note(file, data, (size_t)length, (size_t)offset);
	disk_tick(file);
	return own->real->xWrite(file, data, length, offset);
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 length)
{
	struct fault_file *own = fault_file(file);

	if (fault_hits(FAULT_TRUNCATE, own->log))
		return fault.rc;
	fault.log_synced &= !own->log;
	if (own->disk)
		disk_note_sector(own->disk, NULL, 0, (size_t)length);
	disk_tick(file);
	return own->real->xTruncate(file, length);
}

static int fault_sync(sqlite3_file *file, int flags)
{
	struct fault_file *own = fault_file(file);

	if (fault_hits(FAULT_SYNC, own->log))
		return fault.rc;
	fault.log_syncs += own->log;
	fault.log_synced |= own->log;
	disk_tick(file);
	if (!own->disk)
		return own->real->xSync(file, flags);
	disk_settle(own->disk, 100);
	disk_tick(file);
	return SQLITE_OK;
}

static int fault_map(
	sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	struct fault_file *own = fault_file(file);

	if (fault_hits(FAULT_MAP, own->log))
		return fault.rc;
	return own->real->xShmMap(file, page, size, extend, out);
}

/* What is in the file when it is opened is durable. */
static inline void disk_open(sqlite3_file *file, const char *name)
{
	struct fault_file *own = fault_file(file);
	struct disk_file *disk = &disk_files[own->log];
	sqlite3_int64 length = 0;

	own->disk = disk;
	if (disk->name[0])
		return;
	snprintf(disk->name, sizeof(disk->name), "%s", name);
	own->real->xFileSize(file, &length);
	disk->data = malloc((size_t)length + 1);
	disk->length = disk->capacity = (size_t)length;
	own->real->xRead(file, disk->data, (int)length, 0);
}

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
	int flags, int *out)
{
	struct fault_file *own = fault_file(file);
	bool log = flags & SQLITE_OPEN_WAL;
	int rc;

	(void)vfs;
	if (fault_hits(FAULT_OPEN, log)) {
		file->pMethods = NULL;
		return fault.rc;
	}
	rc = fault_below->xOpen(fault_below, name, file, flags, out);
	if (rc != SQLITE_OK)
		return rc;
	*own = (struct fault_file){ file->pMethods, *file->pMethods, NULL,
		log };
	own->own.xRead = fault_read;
	own->own.xWrite = fault_write;
	own->own.xTruncate = fault_truncate;
	own->own.xSync = fault_sync;
	own->own.xShmMap = fault_map;
	file->pMethods = &own->own;
	if (disk_followed && (log || (flags & SQLITE_OPEN_MAIN_DB)))
		disk_open(file, name);
	return SQLITE_OK;
}

static inline void fault_install(void)
{
	static sqlite3_vfs vfs;

	if (fault_below)
		return;
	fault_below = sqlite3_vfs_find(NULL);
	vfs = *fault_below;
	vfs.zName = "faulty";
	vfs.pNext = NULL;
	vfs.xOpen = fault_open;
	vfs.szOsFile += (int)sizeof(struct fault_file);
	sqlite3_vfs_register(&vfs, 1);
}

/* From here on; the power is cut at the nth write, truncation or sync. */
static inline void disk_follow(long nth)
{
	fault_install();
	disk_followed = true;
	disk_left = nth;
}

#endif
