/* SPDX-License-Identifier: MIT */
/* import_parts.c - a file of lines, cut into parts. */
#include "server/cli/import_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/transfer/import_line.h"
#include "schema/error.h"
#include "schema/json/value.h"

/* --- parts ------------------------------------------------------------ */

static void import_parts_forget_part(struct parts *parts)
{
	parts->lines.length = 0;
	parts->sessions = 0;
	parts->messages = 0;
	parts->pending = false;
}

/*
 * A session's line at the end is left to the part that has its messages, if
 * there are any.
 */
static int import_parts_end_part(
	struct parts *parts, bool inside, struct error *error)
{
	int result = 0;

	if (parts->lines.failed || parts->session.failed)
		return error_out_of_memory(error);
	if (inside && parts->pending)
		parts->lines.length = parts->session_at;
	if (parts->lines.length > 0)
		result = parts->take(parts->context, text_view(&parts->lines),
			parts->first_line, error);
	import_parts_forget_part(parts);
	return result;
}

static void import_parts_add_line(struct parts *parts, struct slice line)
{
	text_slice(&parts->lines, line);
	text_append(&parts->lines, "\n", 1);
}

static void import_parts_begin_part(struct parts *parts, bool inside)
{
	parts->first_line = parts->line;
	if (!inside || parts->session.length == 0)
		return;
	parts->first_line--;
	parts->sessions = 1;
	import_parts_add_line(parts, text_view(&parts->session));
}

static bool import_parts_has_room(const struct parts *parts, struct slice line,
	int64_t sessions, int64_t messages)
{
	return parts->lines.length + line.length < parts->max_bytes &&
	       parts->sessions + sessions <= IMPORT_LINES_MOST &&
	       parts->messages + messages <= IMPORT_LINES_MOST;
}

/* --- lines ------------------------------------------------------------ */

static int import_parts_count_list(struct parts *parts, struct slice line,
	int64_t *messages, struct error *error)
{
	struct slice list = line, name;

	if (json_kind(line) == JSON_KIND_OBJECT)
		json_find(line, "messages", &list);
	if (json_kind(list) == JSON_KIND_ARRAY)
		*messages = (int64_t)json_count(list);
	if (json_kind(line) == JSON_KIND_OBJECT &&
		json_find(line, "session", &name))
		return 0;
	if (parts->nameless++ == 0)
		return 0;
	return error_set(error, ERROR_INVALID,
		"line %lld: the second list of messages that names no session",
		(long long)parts->line);
}

int parts_take_line(struct parts *parts, struct slice line, enum line_kind kind,
	struct error *error)
{
	const bool begins = kind == LINE_SESSION;
	const bool inside = kind == LINE_MESSAGE || kind == LINE_DROPPED ||
			    kind == LINE_LOST || kind == LINE_DAMAGED;
	int64_t messages = kind == LINE_MESSAGE;

	if (kind == LINE_CONVERSATION &&
		import_parts_count_list(parts, line, &messages, error))
		return -1;
	if (!import_parts_has_room(parts, line, !inside, messages) &&
		import_parts_end_part(parts, inside, error))
		return -1;
	if (parts->lines.length == 0)
		import_parts_begin_part(parts, inside);
	parts->pending = begins;
	parts->session_at = parts->lines.length;
	if (!inside)
		parts->session.length = 0;
	if (begins)
		text_slice(&parts->session, line);
	parts->sessions += !inside;
	parts->messages += messages;
	import_parts_add_line(parts, line);
	return 0;
}

static int import_parts_scan(
	struct parts *parts, char *text, size_t *length, struct error *error)
{
	const struct json_limits limits = {
		.depth = 64,
		.values = 1000000,
		.line = (size_t)parts->line,
	};
	bool spaced;

	if (json_scan((struct slice){ text, *length }, &limits, &parts->scratch,
		    &spaced, error))
		return -1;
	if (spaced)
		*length = json_compact(text, *length);
	return 0;
}

static int import_parts_read_line(
	struct parts *parts, char *text, size_t length, struct error *error)
{
	struct error why = { 0 };
	enum line_kind kind;

	if (import_parts_scan(parts, text, &length, error))
		return -1;
	if (line_kind((struct slice){ text, length }, &kind, &why))
		return error_set(error, why.code, "line %lld: %s",
			(long long)parts->line, why.message);
	return parts_take_line(
		parts, (struct slice){ text, length }, kind, error);
}

/* --- files ------------------------------------------------------------ */

/* A file whose first line is no JSON by itself is one value. */
static int import_parts_read_value(struct parts *parts, const char *begin,
	size_t length, FILE *file, struct error *error)
{
	struct text all = { 0 };
	char bytes[65536];
	size_t got;
	int result = -1;

	text_append(&all, begin, length);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_append(&all, bytes, got);
	if (all.failed)
		error_describe(error, ERROR_UNAVAILABLE, "out of memory");
	else
		result = import_parts_read_line(
			parts, all.data, all.length, error);
	text_clear(&all);
	return result;
}

/* 1: it is JSON by itself; 0; -1: out of memory. */
static int import_parts_is_json(struct parts *parts, const char *text,
	size_t length, struct error *error)
{
	const struct json_limits limits = { .depth = 64, .values = 1000000 };
	struct error why = { 0 };
	bool spaced;

	if (json_scan((struct slice){ text, length }, &limits, &parts->scratch,
		    &spaced, &why) == 0)
		return 1;
	if (why.code != ERROR_UNAVAILABLE)
		return 0;
	*error = why;
	return -1;
}

static int import_parts_read_lines(struct parts *parts, char **text,
	size_t *capacity, FILE *file, struct error *error)
{
	int is_line = 0; /* the first is JSON by itself */
	ssize_t length;

	while ((length = getline(text, capacity, file)) > 0) {
		const size_t size = (size_t)length;

		parts->line++;
		if (strspn(*text, " \t\r\n") == size) {
			if (parts->lines.length > 0)
				text_append(&parts->lines, "\n", 1);
			continue;
		}
		if (!is_line)
			is_line =
				import_parts_is_json(parts, *text, size, error);
		if (is_line <= 0)
			return is_line < 0 ? -1
					   : import_parts_read_value(parts,
						     *text, size, file, error);
		if (import_parts_read_line(parts, *text, size, error))
			return -1;
	}
	return 0;
}

int parts_read(struct parts *parts, FILE *file, struct error *error)
{
	char *text = NULL;
	size_t capacity = 0;
	int result =
		import_parts_read_lines(parts, &text, &capacity, file, error);

	free(text);
	if (result == 0 && ferror(file))
		result = error_set(error,
			errno == EISDIR ? ERROR_INVALID : ERROR_UNAVAILABLE,
			"cannot read it: %s", strerror(errno));
	return result ? -1 : parts_end_part(parts, error);
}

int parts_end_part(struct parts *parts, struct error *error)
{
	return import_parts_end_part(parts, false, error);
}

void parts_clear(struct parts *parts)
{
	text_clear(&parts->lines);
	text_clear(&parts->session);
	json_scratch_clear(&parts->scratch);
}
