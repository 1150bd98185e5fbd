/* SPDX-License-Identifier: MIT */
/* migrate.c - chatmem migrate: older tables, brought up to date. */
#include "server/cli/command.h"

#include <stdio.h>

#include "core/store/backup.h"
#include "core/store/store.h"
#include "schema/error.h"
#include "server/cli/progress.h"
#include "server/config/config.h"

/* Of a slow disk, which reads and writes them. */
#define BYTES_A_SECOND (INT64_C(50) << 20)
#define MIB	       ((double)(1 << 20))

static int64_t migrate_seconds(int64_t bytes)
{
	return bytes / BYTES_A_SECOND + 1;
}

static void migrate_print_room(const struct migration_plan *plan)
{
	const int64_t needed = plan->bytes + plan->written;

	if (plan->free >= 0)
		printf("%.1f MiB are free%s\n", (double)plan->free / MIB,
			plan->free < needed ? ": that is not enough" : "");
}

/* Tables that several servers use. */
static void migrate_print_shared(const struct migration_plan *plan)
{
	puts("a start does it, or this without --check, under a lock; servers"
	     " that run go on, or it is refused");
	if (plan->written)
		printf("all messages are copied, %.1f MiB, about %lld s: their"
		       " requests wait meanwhile, and are refused (503) after"
		       " --db-wait\n",
			(double)plan->written / MIB,
			(long long)migrate_seconds(2 * plan->written));
	puts("back it up first: pg_dump --format=custom --file=FILE URL");
}

static void migrate_print(
	const struct config *config, const struct migration_plan *plan)
{
	printf("\"%s\" has tables of version %lld, this chatmem those of"
	       " %lld\n",
		config->db, (long long)plan->version, (long long)plan->newest);
	if (plan->version == plan->newest) {
		puts("nothing is to be done");
		return;
	}
	if (plan->copy[0] == '\0') {
		migrate_print_shared(plan);
		return;
	}
	if (config->sqlite.no_copy)
		puts("no copy is kept, and there is no way back but a backup");
	else
		printf("a copy is kept first, \"%s\": %.1f MiB, about %lld"
		       " s%s\n",
			plan->copy, (double)plan->bytes / MIB,
			(long long)migrate_seconds(plan->bytes),
			plan->copied ? "; it replaces the one there" : "");
	printf("the upgrade then writes at most %.1f MiB, about %lld s\n",
		(double)plan->written / MIB,
		(long long)migrate_seconds(plan->read + plan->written));
	migrate_print_room(plan);
}

int command_migrate(const struct config *config, struct error *error)
{
	struct store_options options = command_store(config);
	struct progress progress = { 0 };
	struct migration_plan plan;
	struct store *store;
	int result;

	if (store_plan_migration(&options, &plan, error))
		return -1;
	if (config->check) {
		migrate_print(config, &plan);
		return 0;
	}
	options.progress = progress_tell;
	options.progress_context = &progress;
	result = store_open(&store, &options, STORE_WRITE, error);
	progress_clear(&progress);
	if (result)
		return -1;
	store_close(store);
	printf("\"%s\" has tables of version %lld\n", config->db,
		(long long)plan.newest);
	return 0;
}
