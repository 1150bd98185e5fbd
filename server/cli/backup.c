/* SPDX-License-Identifier: MIT */
/* backup.c - chatmem backup: the whole store as a file. */
#include "server/cli/backup.h"

#include <stdio.h>

#include "core/store/backup.h"
#include "core/store/check.h"
#include "core/store/store.h"
#include "schema/error.h"
#include "server/cli/check.h"
#include "server/cli/command.h"
#include "server/cli/progress.h"
#include "server/config/config.h"

int backup_read(const struct config *config, const char *path,
	int64_t *findings, struct error *error)
{
	struct store_options options = command_store_to_copy(config);

	options.url = path;
	return check_store(&options, findings, error);
}

/* The copy is good, though a server may not be told of it. */
static void backup_note(struct store *store, int64_t began)
{
	struct error error = { 0 };

	if (store_note_backup(store, began, &error))
		fprintf(stderr,
			"chatmem: the metrics do not know of this backup: %s\n",
			error.message);
}

/*
 * The copy is read, too.  ERROR_DAMAGED if what it has is damaged; it is kept
 * all the same.
 */
static int backup_make(struct store *store, const struct config *config,
	struct progress *progress, struct error *error)
{
	const int64_t began = store_now(store);
	const int result = store_backup(store, config->file, error);
	int64_t findings = 0;

	progress_clear(progress);
	if (result || backup_read(config, config->file, &findings, error))
		return -1;
	if (findings > 0)
		return error_set(error, ERROR_DAMAGED,
			"\"%s\" was written, but what it was copied from is"
			" damaged in %lld places: keep the backups before it",
			config->file, (long long)findings);
	backup_note(store, began);
	return 0;
}

int command_backup(const struct config *config, struct error *error)
{
	struct store_options options = command_store_to_copy(config);
	struct progress progress = { 0 };
	struct store *store;
	int result;

	options.progress = progress_tell;
	options.progress_context = &progress;
	if (store_open(&store, &options, STORE_READ, error))
		return -1;
	result = backup_make(store, config, &progress, error);
	store_close(store);
	if (result)
		return -1;
	printf("\"%s\" is what \"%s\" is, read back and found whole\n",
		config->file, config->db);
	return 0;
}
