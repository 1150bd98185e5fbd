/* SPDX-License-Identifier: MIT */
/* restore.c - chatmem restore: a backup takes the place of the store. */
#include "server/cli/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/store/backup.h"
#include "core/store/erased.h"
#include "core/store/hold.h"
#include "schema/error.h"
#include "server/cli/command.h"
#include "server/cli/progress.h"
#include "server/config/config.h"

#define STEP_ROWS 4096

static int restore_check(
	struct restoring *restoring, const char *path, struct error *error)
{
	return backup_read(
		restoring->context, path, &restoring->findings, error);
}

/* --- erased again -----------------------------------------------------------
 */

/* 1: erasures are going on; 0; -1. */
static int restore_step(struct store *store, struct error *error)
{
	int64_t oldest, newest;

	if (store_begin(store, error))
		return -1;
	if (store_maintenance_step(store, store_now(store), STEP_ROWS, error) ||
		store_erase_open(store, &oldest, &newest, error)) {
		store_rollback(store);
		return -1;
	}
	if (store_commit(store, error))
		return -1;
	return oldest != 0;
}

/*
 * Until their bytes are gone, as a server does before its receipt.  All that
 * has expired since the backup is the server's to delete, as it doubts the
 * clock.
 */
static int restore_erase_rows(
	struct store *store, int64_t *count, struct error *error)
{
	int more = 1;

	store_hold(store, 0);
	if (store_erase_again(store, store_now(store), count, error))
		return -1;
	while (more > 0)
		more = restore_step(store, error);
	if (more < 0 || store_upkeep(store, UPKEEP_WHOLE, error) < 0)
		return -1;
	return 0;
}

/* A writer leaves its lock beside the file. */
static void restore_remove_lock(const char *path)
{
	char *name;

	if (asprintf(&name, "%s.lock", path) < 0)
		return;
	unlink(name);
	free(name);
}

/* The copy is nobody's yet: nothing is kept free for it, nor a copy of it. */
static int restore_erase(
	struct restoring *restoring, const char *path, struct error *error)
{
	struct config copied = *(const struct config *)restoring->context;
	struct store_options options;
	struct store *store;
	int result;

	copied.sqlite.no_copy = true;
	copied.sqlite.free_bytes_floor = 0;
	options = command_store(&copied);
	options.url = path;
	if (store_open(&store, &options, STORE_WRITE, error))
		return -1;
	result = restore_erase_rows(store, &restoring->erased, error);
	store_close(store);
	restore_remove_lock(path);
	return result;
}

/* --- the command ------------------------------------------------------------
 */

static void restore_tell_erased(const struct restoring *restoring)
{
	if (restoring->erased > 0 && restoring->erase_again)
		printf("sessions erased again, as they were since the backup:"
		       " %lld\n",
			(long long)restoring->erased);
	else if (restoring->erased > 0)
		printf("sessions that were erased since the backup and are"
		       " back: %lld; --erase-again erases them again\n",
			(long long)restoring->erased);
	if (!restoring->kept[0])
		puts("there was no old file, whose journal says what was erased"
		     " since the backup: that is back, if anything was");
	else if (!restoring->complete)
		puts("more may be back that was erased since the backup: the"
		     " old file's journal of erasures does not say all of it");
}

int command_restore(const struct config *config, struct error *error)
{
	struct store_options options = command_store_to_copy(config);
	struct progress progress = { 0 };
	struct config copied = *config;
	struct restoring restoring = {
		.backup = config->file,
		.accept_damage = config->accept_damage,
		.erase_again = config->erase_again,
		.check = restore_check,
		.erase = restore_erase,
		.context = &copied,
	};

	int result;

	options.progress = progress_tell;
	options.progress_context = &progress;
	result = store_restore(&options, &restoring, error);
	progress_clear(&progress);
	if (result)
		return -1;
	printf("\"%s\" is what \"%s\" was", config->db, config->file);
	if (restoring.kept[0])
		printf("; the old file is kept as \"%s\"", restoring.kept);
	putchar('\n');
	restore_tell_erased(&restoring);
	return 0;
}
