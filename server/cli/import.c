/* SPDX-License-Identifier: MIT */
/* import.c - the lines of a file become sessions again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/memory/registry.h"
#include "core/store/clock_watch.h"
#include "core/store/hold.h"
#include "core/transfer/from.h"
#include "core/transfer/import.h"
#include "schema/error.h"
#include "schema/json/value.h"
#include "server/cli/commands.h"
#include "server/cli/import_parts.h"
#include "server/cli/progress.h"
#include "server/config/config.h"
#include "server/config/plugins.h"
#include "server/config/tokenizers.h"
#include "server/upstream/upload.h"

/* The target of the parts, and what became of them. */
struct import {
	const struct config *config;
	const struct from_format *from; /* NULL: the lines of an export */
	struct memories memories;
	struct store *store; /* one of these two */
	struct upload *upload;
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
		.memories = &import->memories,
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

/* The refusal, in the server's own words. */
static int import_refuse_answer(
	int status, struct slice answer, struct error *error)
{
	struct text words = { 0 };
	struct slice object, message;

	if (json_kind(answer) == JSON_KIND_OBJECT &&
		json_find(answer, "error", &object) &&
		json_kind(object) == JSON_KIND_OBJECT &&
		json_find(object, "message", &message) &&
		json_kind(message) == JSON_KIND_STRING)
		json_decode(&words, message);
	error_describe(error, ERROR_UNAVAILABLE, "the server answered %d: %.*s",
		status, SLICE_SHORT(text_view(&words)));
	text_clear(&words);
	return -1;
}

static int import_read_answer(struct import *import, int status,
	struct text *answer, struct error *error)
{
	static const struct json_limits limits = { .depth = 64,
		.values = 1000 };
	struct json_scratch scratch = { 0 };
	struct slice json = text_view(answer);
	struct error ignored = { 0 };
	bool spaced = false;
	const bool valid =
		json_scan(json, &limits, &scratch, &spaced, &ignored) == 0;

	json_scratch_clear(&scratch);
	if (spaced)
		json.length = json_compact(answer->data, answer->length);
	if (status == 200 && valid && json_kind(json) == JSON_KIND_OBJECT) {
		import_read_counts(import, json);
		return 0;
	}
	return import_refuse_answer(
		status, valid ? json : SLICE("null"), error);
}

static int import_post_part(
	void *context, struct slice lines, int64_t line, struct error *error)
{
	struct import *import = context;
	const struct upload_part part = {
		.session = import->from ? NULL : import->config->session,
		.line = line,
		.lines = lines,
	};
	struct upload_answer answer = { 0 };
	int result = upload_post(import->upload, &part, &answer, error);

	if (result == 0)
		result = import_read_answer(
			import, answer.status, &answer.body, error);
	text_clear(&answer.body);
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

	if (import->upload ? import_post_part(context, lines, line, error)
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
	if (fseek(file, 0, SEEK_SET))
		return 0;
	if (import_read_parts(import, file, import_check_part, error))
		return -1;
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
	const struct config *config = import->config;

	if (upload_start(&import->upload, config->url, config->key, error))
		return -1;
	return import_post_part(import, SLICE("\n"), 1, error);
}

static int import_open_target(struct import *import, struct error *error)
{
	const struct config *config = import->config;

	if (!config->url)
		return import_open_file(import, error);
	if (config->tenant)
		return error_set(error, ERROR_INVALID,
			"--tenant: a server knows it by CHATMEM_KEY");
	return import_open_server(import, error);
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
	struct plugins plugins = { .count = 0 };
	struct tokenizer_files tokenizers = { .set.count = 0 };
	FILE *file = strcmp(config->file, "-") != 0 ? fopen(config->file, "re")
						    : stdin;
	int result;

	if (!file)
		return error_set(error, ERROR_INVALID, "cannot open \"%s\": %s",
			config->file, strerror(errno));
	import.memories.tokenizers = &tokenizers.set;
	result = plugins_open(
		&plugins, config->memory_plugin, &import.memories, error);
	if (result == 0)
		result = tokenizer_files_open(
			&tokenizers, &config->tokenizer_files, error);
	if (result == 0)
		result = import_file(&import, file, error);
	upload_stop(import.upload);
	store_close(import.store);
	plugins_close(&plugins);
	tokenizer_files_close(&tokenizers);
	fclose(file);
	return result;
}
