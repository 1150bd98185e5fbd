/* SPDX-License-Identifier: MIT */
/* import.c - the lines of a file become sessions again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/store/clock_watch.h"
#include "core/store/hold.h"
#include "core/transfer/from.h"
#include "core/transfer/import.h"
#include "schema/error.h"
#include "schema/json/value.h"
#include "server/cli/ask.h"
#include "server/cli/client.h"
#include "server/cli/command.h"
#include "server/cli/import_parts.h"
#include "server/cli/memories.h"
#include "server/cli/progress.h"
#include "server/config/config.h"

/* The target of the parts, and what became of them. */
struct import {
	const struct config *config;
	const struct from_format *from; /* NULL: the lines of an export */
	struct command_memories memories;
	struct store *store; /* one of these two */
	struct client *client;
	int64_t sessions;
	int64_t messages;
	int64_t skipped;
	int64_t lost; /* were damaged when the file was made */
	bool incomplete;
	struct progress progress;
};

/* --- into the file ---------------------------------------------------- */

static int import_store_input(struct import *import, struct importer *importer,
	const struct import_input *input, struct error *error)
{
	if (store_begin(import->store, error))
		return -1;
	if (import_store(importer, input, error)) {
		store_rollback(import->store);
		return -1;
	}
	if (store_commit(import->store, error))
		return -1;
	return store_upkeep(import->store, UPKEEP_PASSING, error) < 0 ? -1 : 0;
}

static int import_store_part(
	void *context, struct slice lines, int64_t line, struct error *error)
{
	struct import *import = context;
	const struct config *config = import->config;
	const struct import_source source = {
		.lines = lines,
		.line = line,
		.name = slice_of(config->session ? config->session : ""),
		.memories = &import->memories.memories,
	};
	struct importer importer = {
		.store = import->store,
		.tenant = slice_of(config->tenant ? config->tenant : ""),
		.now = store_now(import->store),
	};
	struct import_input input;
	int result = import_read(&input, &source, error);

	if (result == 0)
		result = import_store_input(import, &importer, &input, error);
	import->sessions += importer.sessions;
	import->messages += importer.messages;
	import->skipped += importer.skipped;
	import->lost += importer.lost;
	import->incomplete = importer.incomplete;
	import_input_clear(&input);
	return result;
}

/* --- into a server ---------------------------------------------------- */

static void import_add_count(
	int64_t *sum, struct slice answer, const char *name)
{
	struct slice value;
	int64_t count;

	if (json_find(answer, name, &value) && json_int64(value, &count))
		*sum += count;
}

static void import_read_counts(struct import *import, struct slice answer)
{
	struct slice incomplete;

	import_add_count(&import->sessions, answer, "sessions");
	import_add_count(&import->messages, answer, "messages");
	import_add_count(&import->skipped, answer, "skipped");
	import->incomplete = json_find(answer, "incomplete", &incomplete) &&
			     json_kind(incomplete) == JSON_KIND_TRUE;
}

static int import_post_part(
	void *context, struct slice lines, int64_t line, struct error *error)
{
	struct import *import = context;
	struct ask ask = {
		.method = "POST",
		.member = "messages",
		.type = "application/x-ndjson",
		.body = lines,
	};
	struct text answer = { 0 };
	char number[24];
	int result;

	snprintf(number, sizeof(number), "%lld", (long long)line);
	ask_path(&ask, "/import");
	ask_parameter(&ask, "line", number);
	if (!import->from)
		ask_parameter(&ask, "session", import->config->session);
	result = client_send(import->client, &ask, &answer, error);
	if (result == 0 && json_kind(text_view(&answer)) == JSON_KIND_OBJECT)
		import_read_counts(import, text_view(&answer));
	ask_clear(&ask);
	text_clear(&answer);
	return result;
}

/* --- the file --------------------------------------------------------- */

static int import_check_part(
	void *context, struct slice lines, int64_t line, struct error *error)
{
	(void)context;
	(void)lines;
	(void)line;
	(void)error;
	return 0;
}

static int import_take_part(
	void *context, struct slice lines, int64_t line, struct error *error)
{
	struct import *import = context;

	if (import->client ? import_post_part(context, lines, line, error)
			   : import_store_part(context, lines, line, error))
		return -1;
	progress_show(&import->progress, import->messages + import->skipped,
		"messages read");
	return 0;
}

static int import_read_parts(struct import *import, FILE *file,
	int (*take)(void *context, struct slice lines, int64_t line,
		struct error *error),
	struct error *error)
{
	struct parts parts = {
		.max_bytes = (size_t)import->config->max_body,
		.take = take,
		.context = import,
	};
	const struct from_source from = {
		.format = import->from,
		.session = slice_of(
			import->config->session ? import->config->session : ""),
	};
	int result = import->from ? parts_read_from(&parts, file, &from, error)
				  : parts_read(&parts, file, error);

	parts_clear(&parts);
	return result;
}

/* A file that is broken anywhere changes nothing; a pipe is read once. */
static int import_check_file(
	struct import *import, FILE *file, struct error *error)
{
	struct error why = { 0 };

	if (fseek(file, 0, SEEK_SET))
		return 0;
	if (import_read_parts(import, file, import_check_part, &why))
		return error_set(error, why.code, "\"%s\": %s",
			import->config->file, why.message);
	if (fseek(file, 0, SEEK_SET))
		return error_set(error, ERROR_INVALID,
			"cannot read %s again: %s", import->config->file,
			strerror(errno));
	return 0;
}

/* A clock ahead of what a server saw last deletes nothing. */
static int import_open_file(struct import *import, struct error *error)
{
	const struct store_options options = command_store(import->config);
	int64_t seen;

	if (store_open(&import->store, &options, STORE_WRITE, error) ||
		store_probed_at(import->store, &seen, error))
		return -1;
	if (seen > 0 && store_now(import->store) - seen > CLOCK_JUMP)
		store_hold(import->store, seen);
	return 0;
}

/* Nothing is read for a server that is not there, or does not know the key. */
static int import_open_server(struct import *import, struct error *error)
{
	if (client_open(&import->client, import->config, error))
		return -1;
	return import_post_part(import, SLICE("\n"), 1, error);
}

static int import_open_target(struct import *import, struct error *error)
{
	return import->config->url ? import_open_server(import, error)
				   : import_open_file(import, error);
}

static int import_find_format(struct import *import, struct error *error)
{
	const char *name = import->config->from;
	struct text names = { 0 };

	if (name == NULL)
		return 0;
	import->from = from_named(slice_of(name));
	if (import->from != NULL)
		return 0;
	from_names(&names);
	error_describe(error, ERROR_INVALID, "--from must be %.*s, not \"%s\"",
		SLICE_SHORT(text_view(&names)), name);
	text_clear(&names);
	return -1;
}

static int import_file(struct import *import, FILE *file, struct error *error)
{
	if (import_find_format(import, error) ||
		import_check_file(import, file, error) ||
		import_open_target(import, error) ||
		import_read_parts(import, file, import_take_part, error))
		return -1;
	if (import->progress.shown_at)
		progress_end(
			import->messages + import->skipped, "messages read");
	printf("%lld sessions made, %lld messages stored, %lld were there\n",
		(long long)import->sessions, (long long)import->messages,
		(long long)import->skipped);
	if (import->lost)
		fprintf(stderr,
			"chatmem: %lld messages are missing: they were damaged"
			" where these came from\n",
			(long long)import->lost);
	if (import->incomplete)
		return error_set(error, ERROR_INVALID,
			"the file ends before the messages of its last "
			"session do");
	return 0;
}

int command_import(const struct config *config, struct error *error)
{
	struct import import = { .config = config };
	FILE *file = strcmp(config->file, "-") != 0 ? fopen(config->file, "re")
						    : stdin;
	int result;

	if (!file)
		return error_set(error, ERROR_INVALID, "cannot open \"%s\": %s",
			config->file, strerror(errno));
	result = command_memories_open(&import.memories, config, error);
	if (result == 0)
		result = import_file(&import, file, error);
	client_close(import.client);
	store_close(import.store);
	command_memories_close(&import.memories);
	fclose(file);
	return result;
}
