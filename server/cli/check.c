/* SPDX-License-Identifier: MIT */
/* check.c - chatmem check: is what is stored what was stored? */
#include "server/cli/check.h"

#include <stdio.h>

#include "core/store/check.h"
#include "schema/error.h"
#include "server/cli/command.h"
#include "server/cli/progress.h"
#include "server/config/config.h"

#define BIT_ROWS  4096
#define LOOKED_AT "messages looked at"

static void check_print(
	void *context, struct slice tenant, const char *sentence)
{
	(void)context;
	if (tenant.length > 0)
		printf("tenant \"%.*s\": ", SLICE_SHORT(tenant));
	puts(sentence);
}

static int check_print_sum(const struct config *config,
	const struct checker *checker, struct error *error)
{
	printf("%lld sessions and %lld messages looked at, %lld without a"
	       " checksum yet: ",
		(long long)checker->sessions, (long long)checker->messages,
		(long long)checker->unsummed);
	if (checker->damaged == 0)
		return puts(config->db_url ? "all are what was stored; pages"
					     " and indexes are pg_amcheck's to"
					     " look at"
					   : "all are what was stored") < 0
			       ? -1
			       : 0;
	printf("%lld findings\n", (long long)checker->damaged);
	return error_set(error, ERROR_DAMAGED,
		"\"%s\" is damaged: PUT or DELETE the messages that are named;"
		" chatmem export prints all that is not, chatmem restore"
		" brings a backup back",
		config->db);
}

static int check_run(const struct store_options *options,
	struct checker *checker, struct error *error)
{
	struct progress progress = { 0 };
	struct store *store;
	int result = 0;

	if (store_open(&store, options, STORE_READ, error))
		return -1;
	while (result == 0 && checker->part != CHECK_DONE) {
		result = store_check(store, checker, BIT_ROWS, error);
		progress_show(&progress, checker->messages, LOOKED_AT);
	}
	if (progress.shown_at)
		progress_end(checker->messages, LOOKED_AT);
	store_close(store);
	return result;
}

int check_store(const struct store_options *options, int64_t *findings,
	struct error *error)
{
	struct checker checker = { .report = check_print };
	const int result = check_run(options, &checker, error);

	*findings += checker.damaged;
	return result;
}

int command_check(const struct config *config, struct error *error)
{
	const struct store_options options = command_store_to_copy(config);
	struct checker checker = { .report = check_print };

	return check_run(&options, &checker, error)
		       ? -1
		       : check_print_sum(config, &checker, error);
}
