/* SPDX-License-Identifier: MIT */
/*
 * fuzz_import.c - lines of sessions and messages, any bytes, into a store.
 *
 * Whatever an import takes can be listed and exported again: every time that
 * a client may set reaches the places where times are printed, and what is
 * exported is JSON that an import takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory/registry.h"
#include "core/store/session_list.h"
#include "core/transfer/export.h"
#include "core/transfer/from.h"
#include "core/transfer/import.h"
#include "schema/error.h"
#include "schema/json/scan.h"

#define NOW INT64_C(1769851800000) /* 2026-01-31 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct memories classes = { .count = 0 };
static struct store *store;
static struct json_scratch scratch;

/* An assertion that no build leaves out. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static char directory[] = "/tmp/chatmem-fuzz-XXXXXX";
static char path[100];

static void remove_all(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
	char name[120];

	store_close(store);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	rmdir(directory);
}

/* One store for all inputs: each is undone. */
static void open_once(void)
{
	const struct store_options options = { .url = path, .relaxed = true };
	struct error error = { 0 };

	if (store)
		return;
	must(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/fuzz.db", directory);
	must(store_open(&store, &options, STORE_WRITE, &error) == 0);
	atexit(remove_all);
}

/* As the server hands them on: valid, compact, a newline between. */
static bool compact_lines(struct slice lines, struct text *out)
{
	static const struct json_limits limits = { .depth = 64,
		.values = 10000 };
	struct error error = { 0 };

	while (lines.length > 0) {
		const char *end = memchr(lines.data, '\n', lines.length);
		struct slice line = { lines.data,
			end ? (size_t)(end - lines.data) : lines.length };
		const size_t at = out->length;
		bool spaced = false;

		if (line.length > 0 &&
			json_scan(line, &limits, &scratch, &spaced, &error))
			return false;
		text_slice(out, line);
		if (spaced)
			out->length =
				at + json_compact(out->data + at, line.length);
		text_append(out, "\n", 1);
		lines.data += line.length + (end != NULL);
		lines.length -= line.length + (end != NULL);
	}
	return !out->failed;
}

/* 0, or why not. */
static enum error_code import(
	struct slice lines, const struct from_format *from)
{
	const struct import_source source = { .lines = lines,
		.line = 1,
		.name = SLICE("list"),
		.from = from,
		.memories = &classes };
	struct importer importer = { .store = store, .now = NOW };
	struct import_input input = { 0 };
	struct error error = { 0 };
	int result = import_read(&input, &source, &error);

	if (result == 0)
		result = import_store(&importer, &input, &error);
	import_input_clear(&input);
	must((result == 0) == (error.code == ERROR_NONE));
	must(error.code != ERROR_INTERNAL && error.code != ERROR_DAMAGED);
	return error.code;
}

/* As 2026-01-31T09:30:00.000Z, which is read again as itself. */
static void check_time(int64_t at)
{
	struct text time = { 0 };
	int64_t read;

	text_time(&time, at);
	must(slice_time(text_view(&time), &read) && read == at);
	text_clear(&time);
}

static int visit_row(void *context, const struct session_row *row)
{
	int *count = context;

	++*count;
	check_time(row->updated_at);
	check_time(session_expires_at(&row->session));
	return 0;
}

static void export_to(struct text *out)
{
	const struct export_step step = { store, NOW, SIZE_MAX / 2, out };
	struct error error = { 0 };
	struct exporter exporter;

	export_all(&exporter, SLICE(""));
	while (!exporter.ended)
		must(export_next(&exporter, &step, &error) == 0);
	export_clear(&exporter);
}

static void look_at_all(void)
{
	const struct session_query query = { .now = NOW };
	struct text out = { 0 }, again = { 0 };
	struct error error = { 0 };
	int count = 0;

	must(store_session_list(store, &query,
		     (struct session_visitor){ visit_row, &count },
		     &error) == 0);
	export_to(&out);
	must(compact_lines(text_view(&out), &again));
	must(import(text_view(&again), NULL) == ERROR_NONE);
	text_clear(&again);
	text_clear(&out);
}

static void import_and_look(struct slice lines, const struct from_format *from)
{
	struct error error = { 0 };

	must(store_begin(store, &error) == 0);
	if (import(lines, from) == ERROR_NONE)
		look_at_all();
	store_rollback(store);
}

/* As lines of ours, and as those of each other product. */
static void import_as_any(struct slice lines)
{
	static const char *const names[] = { "auto", "chatgpt", "claude",
		"librechat", "open-webui", "sharegpt", "openai", "messages" };

	import_and_look(lines, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		import_and_look(lines, from_named(slice_of(names[i])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice lines = { (const char *)data, size };
	struct text compact = { 0 };

	open_once();
	if (compact_lines(lines, &compact))
		import_as_any(text_view(&compact));
	text_clear(&compact);
	return 0;
}
