/* SPDX-License-Identifier: MIT */
/*
 * backup.h - a copy of the file while it is written to, and back.
 */
#ifndef CORE_STORE_BACKUP_H
#define CORE_STORE_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct store;
struct store_options;

/*
 * Writes all that was committed when it began into a new file, and sees it on
 * the disk; one that exists is ERROR_INVALID.  Damage is copied as it is.
 * On a handle for reading, beside any other process, outside of a batch.
 */
int store_backup(struct store *store, const char *path, struct error *error);

/*
 * Notes beside the file, for store_figures(), that a backup which was begun at
 * `at`, in milliseconds since 1970, is good.  ERROR_UNAVAILABLE: nothing may
 * be written there, and what was noted before still is.
 */
int store_note_backup(struct store *store, int64_t at, struct error *error);

/* A backup on its way back. */
struct restoring {
	const char *backup; /* path */
	bool accept_damage;
	bool erase_again; /* what was erased since the backup was made */
	/*
	 * Looks at the rows of the copy at `path`, and counts what is damaged
	 * in `findings`.
	 */
	int (*check)(struct restoring *restoring, const char *path,
		struct error *error);
	/* Erases again in the copy at `path` what its journal says is due. */
	int (*erase)(struct restoring *restoring, const char *path,
		struct error *error);
	void *context; /* of the caller's */
	int64_t findings;
	bool journal;	 /* the old file had one that could be read, */
	bool complete;	 /* since before the backup was made */
	int64_t erased;	 /* of its entries, sessions that the backup has */
	char kept[4096]; /* the name that the old file has then; "": none */
};

/*
 * Puts the backup in the place of the store that the options name, which no
 * process may have open for writing, or which is not there.  The old file is
 * kept under another name.  Killed at any time, the old store or the new one
 * is there, or a start is refused until it is run again.  ERROR_DAMAGED: the
 * backup is, and nothing was changed.
 */
int store_restore(const struct store_options *options,
	struct restoring *restoring, struct error *error);

/* An upgrade of the tables, before it is done. */
struct migration_plan {
	int64_t version; /* of the tables */
	int64_t newest;	 /* that they will have */
	int64_t bytes;	 /* of the file, and of its copy */
	int64_t read;	 /* to count what is there */
	int64_t written; /* at most, before the log is emptied into the file */
	int64_t free;	 /* on the disk; -1: nobody knows */
	bool copied;	 /* a copy of this version is there already */
	char copy[4200]; /* its name */
};

/* Looks, and changes nothing; also beside a server. */
int store_plan_migration(const struct store_options *options,
	struct migration_plan *plan, struct error *error);

#endif
