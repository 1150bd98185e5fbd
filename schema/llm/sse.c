/* SPDX-License-Identifier: MIT */
/* sse.c - Server-Sent Events, in and out. */
#include "schema/llm/sse.h"

#include <assert.h>
#include <string.h>

#include "schema/error.h"

/* A stream while it is read, and its visitor. */
struct sse_reader {
	struct sse *sse;
	sse_visit *visit;
	void *context;
	struct error *error;
};

/* An empty line: the event is whole, if it has data. */
static int sse_dispatch(struct sse_reader *r)
{
	struct text *data = &r->sse->data;
	struct slice whole = text_view(data);
	int result;

	if (data->length == 0)
		return 0;
	whole.length--; /* the last newline */
	result = r->visit(r->context, whole, r->error);
	data->length = 0;
	return result;
}

static bool sse_starts_with(struct slice line, const char *prefix)
{
	const size_t length = strlen(prefix);

	return line.length >= length && memcmp(line.data, prefix, length) == 0;
}

static void sse_take_off(struct slice *line, const char *prefix)
{
	if (!sse_starts_with(*line, prefix))
		return;
	line->data += strlen(prefix);
	line->length -= strlen(prefix);
}

/* The name is taken off the line if it is that of its field. */
static bool sse_is_field(struct slice *line, const char *name)
{
	struct slice value = *line;

	sse_take_off(&value, name);
	if (value.length == line->length ||
		(value.length > 0 && value.data[0] != ':'))
		return false;
	sse_take_off(&value, ":");
	sse_take_off(&value, " ");
	*line = value;
	return true;
}

static int sse_end_line(struct sse_reader *r)
{
	struct sse *sse = r->sse;
	struct slice line = text_view(&sse->line);
	const bool first = !sse->begun;

	if (sse->line.failed || sse->data.failed)
		return error_out_of_memory(r->error);
	sse->begun = true;
	sse->line.length = 0;
	if (first)
		sse_take_off(&line, "\xef\xbb\xbf");
	if (line.length == 0)
		return sse_dispatch(r);
	if (sse_is_field(&line, "data")) {
		text_slice(&sse->data, line);
		text_append(&sse->data, "\n", 1);
	} else if (sse_is_field(&line, "id")) {
		sse->id.length = 0;
		text_slice(&sse->id, line);
	}
	return sse->data.failed || sse->id.failed
		       ? error_out_of_memory(r->error)
		       : 0;
}

/* How many of the bytes belong to the line that is coming. */
static size_t sse_line_part(struct slice bytes)
{
	size_t length = 0;

	while (length < bytes.length && bytes.data[length] != '\n' &&
		bytes.data[length] != '\r')
		length++;
	return length;
}

int sse_read(struct sse *sse, struct slice bytes, sse_visit *visit,
	void *context, struct error *error)
{
	struct sse_reader r = { sse, visit, context, error };

	while (bytes.length > 0) {
		const size_t part = sse_line_part(bytes);
		const bool ends = part < bytes.length;
		const bool second = ends && part == 0 && sse->after_cr &&
				    bytes.data[0] == '\n';

		text_append(&sse->line, bytes.data, part);
		if (ends && !second && sse_end_line(&r))
			return -1;
		sse->after_cr = ends && bytes.data[part] == '\r';
		bytes.data += part + ends;
		bytes.length -= part + ends;
	}
	return sse->line.failed ? error_out_of_memory(error) : 0;
}

void sse_clear(struct sse *sse)
{
	text_clear(&sse->line);
	text_clear(&sse->data);
	text_clear(&sse->id);
	*sse = (struct sse){ 0 };
}

void sse_write(struct text *out, const char *name, struct slice data)
{
	const char *end = data.data + data.length;

	assert(name == NULL || strchr(name, '\n') == NULL);
	if (name != NULL)
		text_format(out, "event: %s\n", name);
	for (const char *at = data.data; at <= end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (stop == NULL)
			stop = end;
		text_string(out, "data: ");
		text_append(out, at, (size_t)(stop - at));
		text_append(out, "\n", 1);
		at = stop + 1;
	}
	text_append(out, "\n", 1);
}
