/* SPDX-License-Identifier: MIT */
/*
 * backup.h - a copy of the file while it is written to.
 */
#ifndef CORE_STORE_BACKUP_H
#define CORE_STORE_BACKUP_H

struct error;
struct store;

/*
 * Writes all that was committed when it began into a new file, and sees it on
 * the disk; one that exists is ERROR_INVALID.  On a handle for reading, beside
 * any other process, outside of a batch.
 */
int store_backup(struct store *store, const char *path, struct error *error);

#endif
