/* SPDX-License-Identifier: MIT */
/*
 * vfs.h - the VFS that the store opens its files with.
 *
 * It is SQLite's own but for what is written: scrub.c has the database's
 * writes, log_join.c the log's.
 */
#ifndef CORE_STORE_SQLITE_VFS_H
#define CORE_STORE_SQLITE_VFS_H

#include <sqlite3.h>

struct log_joined;

/* Behind a file of the VFS below, whose methods are its own but a few. */
struct vfs_file {
	const sqlite3_io_methods *real;
	sqlite3_io_methods own;
	struct log_joined *joined; /* of a log; NULL: writes go out as asked */
};

struct vfs_file *vfs_file(sqlite3_file *file);

/* xWrite of the database: leaves no deleted bytes. */
int scrub_write(
	sqlite3_file *file, const void *data, int amount, sqlite3_int64 offset);

/* Gives a log its methods. */
void log_join_own(sqlite3_io_methods *methods);

#endif
