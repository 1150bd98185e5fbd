/* SPDX-License-Identifier: MIT */
/* scan.c - a body as it came becomes valid, compact JSON. */
#include <string.h>

#include "schema/json/scan.h"
#include "server/api/handlers.h"

static int scan_check_value(struct slice text, size_t line,
	struct json_scratch *scratch, bool *spaced, struct error *error)
{
	const struct json_limits limits = {
		.depth = 64,
		.values = 1000000,
		.line = line,
	};

	return json_scan(text, &limits, scratch, spaced, error);
}

static int scan_value(char *text, size_t *length, size_t line,
	struct json_scratch *scratch, struct error *error)
{
	bool spaced;

	if (scan_check_value((struct slice){ text, *length }, line, scratch,
		    &spaced, error))
		return -1;
	if (spaced)
		*length = json_compact(text, *length);
	return 0;
}

/* The bytes before the next newline; *ends if there is one. */
static size_t scan_line_length(const char *text, size_t length, bool *ends)
{
	const char *end = memchr(text, '\n', length);

	*ends = end != NULL;
	return end ? (size_t)(end - text) : length;
}

static bool scan_is_blank(const char *line, size_t length)
{
	return length == 0 || (length == 1 && *line == '\r');
}

/* Every newline stays, so that lines keep their numbers. */
static int scan_lines(char *body, size_t *length, size_t line,
	struct json_scratch *scratch, struct error *error)
{
	char *to = body;
	bool ends = true;

	for (size_t at = 0, size; at < *length; at += size + ends, line++) {
		size_t kept = size =
			scan_line_length(body + at, *length - at, &ends);

		if (scan_is_blank(body + at, size))
			kept = 0;
		else if (scan_value(body + at, &kept, line, scratch, error))
			return -1;
		memmove(to, body + at, kept);
		to += kept;
		if (ends)
			*to++ = '\n';
	}
	*length = (size_t)(to - body);
	return 0;
}

/*
 * Does the body consist of lines?  It does if the first line is JSON by itself.
 * 1; 0; -1: out of memory, which must not pass for bad JSON.
 */
static int scan_is_lines(const char *body, size_t length,
	struct json_scratch *scratch, struct error *error)
{
	struct error why = { 0 };
	bool ends, spaced;
	const size_t size = scan_line_length(body, length, &ends);

	if (!ends || scan_is_blank(body, size))
		return ends;
	if (scan_check_value((struct slice){ body, size }, 1, scratch, &spaced,
		    &why) == 0)
		return 1;
	if (why.code != ERROR_UNAVAILABLE)
		return 0;
	*error = why;
	return -1;
}

int api_scan(const struct request *request, char *body, size_t *length,
	struct json_scratch *scratch, struct error *error)
{
	int64_t line = 1;
	int lines;

	if (request->route->body == BODY_BYTES)
		return 0;
	if (request->route->body != BODY_LINES)
		return scan_value(body, length, 1, scratch, error);
	if (request_integer(request,
		    (struct integer_range){ "line", 1, SEQ_MOST }, &line,
		    error))
		return -1;
	lines = scan_is_lines(body, *length, scratch, error);
	if (lines < 0)
		return -1;
	return (lines ? scan_lines : scan_value)(
		body, length, (size_t)line, scratch, error);
}
