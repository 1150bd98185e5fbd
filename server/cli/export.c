/* SPDX-License-Identifier: MIT */
/* export.c - chatmem export: sessions as lines of JSON. */
#include "server/cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/store/check.h"
#include "core/transfer/export.h"
#include "schema/error.h"
#include "server/cli/export_fetch.h"
#include "server/cli/output.h"
#include "server/cli/progress.h"
#include "server/config/config.h"

#define BIT_BYTES ((size_t)256 << 10)

static void export_report(const char *sentence)
{
	command_warn(NULL, sentence);
}

/*
 * A source of lines: the store, or, where its pages are damaged, a file
 * beside it with all rows of it that can be read.
 */
struct export_copy {
	const struct config *config;
	struct store *store;
	struct store *salvaged; /* NULL: there is none */
	char *path;
	struct progress progress;
	int64_t lines; /* printed */
};

static int export_open_salvaged(struct export_copy *copy, struct error *error)
{
	struct store_options options = command_store_to_copy(copy->config);
	int fd;

	if (asprintf(&copy->path, "%s.salvage-XXXXXX", copy->config->db) < 0) {
		copy->path = NULL;
		return error_out_of_memory(error);
	}
	fd = mkstemp(copy->path);
	if (fd < 0)
		return error_set(error, ERROR_UNAVAILABLE,
			"cannot make \"%s\": %s", copy->path, strerror(errno));
	close(fd);
	options.url = copy->path;
	if (store_salvage(copy->store, copy->path, error))
		return -1;
	return store_open(&copy->salvaged, &options, STORE_READ, error);
}

static void export_end_copy(struct export_copy *copy)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	store_close(copy->salvaged);
	for (size_t i = 0; copy->path && i < 3; i++) {
		char *name = NULL;

		if (asprintf(&name, "%s%s", copy->path, suffixes[i]) >= 0)
			unlink(name);
		free(name);
	}
	free(copy->path);
}

/*
 * Each session has a read of its own, so that the server's log is never held
 * for long.
 */
static int export_print_bit(struct exporter *exporter, struct store *store,
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
	/* Lines before the damage are not written again. */
	if (result && error->code != ERROR_DAMAGED)
		return -1;
	return output_write(text_view(bit), error) ? -1 : result;
}

/* Goes on with what can be read when a page is damaged. */
static int export_print_some(struct exporter *exporter,
	struct export_copy *copy, struct text *bit, struct error *error)
{
	struct store *store = copy->salvaged ? copy->salvaged : copy->store;

	if (export_print_bit(exporter, store, bit, error) == 0) {
		for (size_t i = 0; i < bit->length; i++)
			copy->lines += bit->data[i] == '\n';
		progress_show(&copy->progress, copy->lines, EXPORT_NOUN);
		return 0;
	}
	if (error->code != ERROR_DAMAGED || copy->salvaged)
		return -1;
	export_pass_page(exporter, error->message);
	command_warn(NULL, "what can be read is put together in a new file");
	*error = (struct error){ 0 };
	return export_open_salvaged(copy, error);
}

static int export_print_all(const struct config *config,
	struct exporter *exporter, struct store *store, struct error *error)
{
	struct export_copy copy = { .store = store, .config = config };
	struct text bit = { 0 };
	int result = 0;

	exporter->halts = true;
	exporter->report = export_report;
	while (result == 0 && !exporter->ended)
		result = export_print_some(exporter, &copy, &bit, error);
	if (result == 0 && config->session && exporter->mark[0] == '\0' &&
		exporter->damaged == 0)
		result = error_set(error, ERROR_NOT_FOUND, "no session \"%s\"",
			config->session);
	if (result == 0 && exporter->mark[0] == '\0')
		command_warn_none(config, "there are no sessions");
	if (result == 0 && exporter->damaged > 0)
		result = error_set(error, ERROR_DAMAGED,
			"%lld sessions and messages are damaged and were left"
			" out; all others were printed",
			(long long)exporter->damaged);
	if (result == 0)
		progress_end(copy.lines, EXPORT_NOUN);
	export_end_copy(&copy);
	text_clear(&bit);
	return result;
}

int command_export(const struct config *config, struct error *error)
{
	const struct store_options options = command_store_to_copy(config);
	struct slice tenant = slice_of(config->tenant ? config->tenant : "");
	struct exporter exporter = { .ended = false };
	struct store *store;
	int result = 0;

	if (config->url)
		return export_fetch(config, error);
	if (store_open(&store, &options, STORE_READ, error))
		return -1;
	if (config->session)
		result = export_one(
			&exporter, tenant, slice_of(config->session), error);
	else
		export_all(&exporter, tenant);
	if (result == 0)
		result = export_print_all(config, &exporter, store, error);
	export_clear(&exporter);
	store_close(store);
	return result;
}
