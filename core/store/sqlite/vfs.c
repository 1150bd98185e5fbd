/* SPDX-License-Identifier: MIT */
/* vfs.c - SQLite's VFS, where files have the writes that the store wants. */
#include "core/store/sqlite/vfs.h"

#include "core/store/sqlite/sqlite.h"

static sqlite3_vfs *below;
static sqlite3_vfs vfs;

struct vfs_file *vfs_file(sqlite3_file *file)
{
	return (struct vfs_file *)(void *)((char *)file + below->szOsFile);
}

static int vfs_open(sqlite3_vfs *self, const char *name, sqlite3_file *file,
	int flags, int *out_flags)
{
	struct vfs_file *own = vfs_file(file);
	int rc = below->xOpen(below, name, file, flags, out_flags);

	(void)self;
	if (rc != SQLITE_OK ||
		!(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
		return rc;
	*own = (struct vfs_file){ file->pMethods, *file->pMethods, NULL };
	if (flags & SQLITE_OPEN_WAL)
		log_join_own(&own->own);
	else
		own->own.xWrite = scrub_write;
	file->pMethods = &own->own;
	return rc;
}

bool sqlite_vfs_register(void)
{
	below = sqlite3_vfs_find(NULL);
	if (!below)
		return false;
	vfs = *below;
	vfs.zName = STORE_VFS;
	vfs.pNext = NULL;
	vfs.xOpen = vfs_open;
	vfs.szOsFile += (int)sizeof(struct vfs_file);
	return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
}
