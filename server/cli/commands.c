/* SPDX-License-Identifier: MIT */
/* commands.c - commands that work on the store's file. */
#include "server/cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/store/backup.h"
#include "core/transfer/export.h"
#include "schema/error.h"
#include "server/config/config.h"

#define BIT_BYTES ((size_t)256 << 10)

static void commands_warn(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "chatmem: %s\n", line);
}

struct store_options command_store(const struct config *config)
{
	return (struct store_options){
		.url = config->db,
		.relaxed = config->durability == DURABILITY_NORMAL,
		.search = config->search == SEARCH_ON,
		.sqlite = &config->sqlite,
		.warn = commands_warn,
	};
}

static int commands_print(const struct text *text, struct error *error)
{
	if (fwrite(text->data, 1, text->length, stdout) == text->length &&
		fflush(stdout) == 0)
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
		"cannot write the export: %s", strerror(errno));
}

/* A copy needs no index of words, which may be damaged. */
static struct store_options commands_store_to_copy(const struct config *config)
{
	struct store_options options = command_store(config);

	options.search = false;
	return options;
}

/*
 * Each session has a read of its own, so that the server's log is never held
 * for long.
 */
static int commands_print_bit(struct exporter *exporter, struct store *store,
	struct text *bit, struct error *error)
{
	struct export_step step = {
		.store = store,
		.bytes = BIT_BYTES,
		.out = bit,
	};
	int result;

	bit->length = 0;
	if (store_begin(store, error))
		return -1;
	step.now = store_now(store);
	result = export_next(exporter, &step, error);
	store_rollback(store);
	return result || (bit->length > 0 && commands_print(bit, error)) ? -1
									 : 0;
}

static int commands_print_all(
	const struct config *config, struct store *store, struct error *error)
{
	struct slice tenant = slice_of(config->tenant ? config->tenant : "");
	struct exporter exporter = { .ended = false };
	struct text bit = { 0 };
	int result = 0;

	if (config->session)
		result = export_one(
			&exporter, tenant, slice_of(config->session), error);
	else
		export_all(&exporter, tenant);
	while (result == 0 && !exporter.ended)
		result = commands_print_bit(&exporter, store, &bit, error);
	if (result == 0 && config->session && bit.length == 0)
		result = error_set(error, ERROR_NOT_FOUND, "no session \"%s\"",
			config->session);
	/* An empty backup should not be a surprise. */
	if (result == 0 && exporter.mark[0] == '\0')
		commands_warn(NULL, config->tenant
					    ? "the tenant has no sessions"
					    : "there are no sessions without a "
					      "tenant; --tenant names one");
	export_clear(&exporter);
	text_clear(&bit);
	return result;
}

int command_export(const struct config *config, struct error *error)
{
	const struct store_options options = commands_store_to_copy(config);
	struct store *store;
	int result;

	if (store_open(&store, &options, STORE_READ, error))
		return -1;
	result = commands_print_all(config, store, error);
	store_close(store);
	return result;
}

int command_backup(const struct config *config, struct error *error)
{
	const struct store_options options = commands_store_to_copy(config);
	struct store *store;
	int result;

	if (store_open(&store, &options, STORE_READ, error))
		return -1;
	result = store_backup(store, config->file, error);
	store_close(store);
	return result;
}
