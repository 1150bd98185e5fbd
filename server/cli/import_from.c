/* SPDX-License-Identifier: MIT */
/* import_from.c - another product's file, cut into parts of lines of ours. */
#include "core/transfer/from.h"
#include "core/transfer/import_line.h"
#include "schema/error.h"
#include "server/cli/import_parts.h"
#include "server/cli/import_values.h"

#define PADDING_MOST 65536 /* empty lines, so that lines keep their numbers */

/* A file while it is read. */
struct import_from {
	struct parts *parts;
	const struct from_source *source;
	struct values values;
	struct text line; /* that the value at hand becomes */
	int64_t number;	  /* of that, from 1 */
	int64_t next;	  /* the number that the next line of the part has */
};

static int import_from_scan(struct import_from *from, struct text *text,
	unsigned depth, struct error *error)
{
	const struct json_limits limits = {
		.depth = depth,
		.values = 1000000,
		.line = (size_t)from->values.first,
	};
	bool spaced = false;

	if (json_scan(text_view(text), &limits, &from->parts->scratch, &spaced,
		    error))
		return -1;
	if (spaced)
		text->length = json_compact(text->data, text->length);
	return 0;
}

/* Could it be imported?  All of it is said before anything is stored. */
static int import_from_check(struct import_from *from, struct error *error)
{
	const struct import_source source = {
		.lines = text_view(&from->line),
		.line = from->values.first,
	};
	struct import_input input;
	int result = import_from_scan(from, &from->line, 64, error);

	if (result)
		return -1;
	result = import_read(&input, &source, error);
	import_input_clear(&input);
	return result;
}

/* Names the line, and of an array's elements which it is. */
static int import_from_refuse(const struct import_from *from,
	const struct error *why, struct error *error)
{
	char which[64] = "";

	if (from->values.in_array)
		snprintf(which, sizeof(which),
			"conversation %lld: ", (long long)from->number);
	*error = *why;
	if (why->code == ERROR_INVALID || why->code == ERROR_TOO_LARGE)
		error_describe(error, why->code, "line %lld: %s%s",
			(long long)from->values.first, which, why->message);
	return -1;
}

static int import_from_make(struct import_from *from, struct error *error)
{
	const struct from_place place = {
		.number = from->number,
		.session = from->source->session,
	};
	struct error why = { 0 };

	from->line.length = 0;
	if (from_write(&from->line, from->source->format,
		    text_view(&from->values.value), &place, &why))
		return import_from_refuse(from, &why, error);
	return import_from_check(from, error);
}

/* A part ends before a value whose line it cannot number. */
static int import_from_align(struct import_from *from, struct error *error)
{
	struct parts *parts = from->parts;
	const int64_t gap = from->values.first - from->next;

	if (parts->lines.length == 0)
		return 0;
	if (gap < 0 || gap > PADDING_MOST)
		return parts_end_part(parts, error);
	for (int64_t i = 0; i < gap; i++)
		text_byte(&parts->lines, '\n');
	return 0;
}

static int import_from_take(struct import_from *from, struct error *error)
{
	from->number++;
	if (import_from_scan(
		    from, &from->values.value, JSON_DEPTH_MAX, error) ||
		import_from_make(from, error) || import_from_align(from, error))
		return -1;
	from->parts->line = from->values.first;
	from->next = from->values.first + 1;
	return parts_take_line(
		from->parts, text_view(&from->line), LINE_CONVERSATION, error);
}

int parts_read_from(struct parts *parts, FILE *file,
	const struct from_source *source, struct error *error)
{
	struct import_from from = {
		.parts = parts,
		.source = source,
		.values = { .file = file },
	};
	int result;

	while ((result = values_next(&from.values, error)) > 0)
		if (import_from_take(&from, error)) {
			result = -1;
			break;
		}
	values_clear(&from.values);
	text_clear(&from.line);
	return result ? -1 : parts_end_part(parts, error);
}
