/* SPDX-License-Identifier: MIT */
/*
 * fuzz_guard.c - arbitrary heads and targets, and what must hold after.
 *
 * The input is a request head; a small parser, as trusting as
 * libmicrohttpd's, cuts it into the pieces that the guard is shown.  A head
 * that passes must be what its pieces say when they are put together again.
 */
#include <stdlib.h>
#include <string.h>

#include "schema/error.h"
#include "server/api/target.h"
#include "server/http/guard.h"

#define HEADERS_MAX    16
#define SEGMENTS_MAX   4
#define PARAMETERS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Up to `end`, which is skipped with what follows; all if there is none. */
static struct slice cut(struct slice *rest, const char *end)
{
	size_t length = strlen(end);
	const char *found = memmem(rest->data, rest->length, end, length);
	struct slice piece = *rest;

	if (found)
		piece.length = (size_t)(found - rest->data);
	else
		length = 0;
	rest->data += piece.length + length;
	rest->length -= piece.length + length;
	return piece;
}

static struct guard_header cut_header(struct slice line)
{
	struct slice name = cut(&line, ":");

	while (line.length > 0 && (*line.data == ' ' || *line.data == '\t')) {
		line.data++;
		line.length--;
	}
	return (struct guard_header){ name, line };
}

static void check_head(
	const struct guard_head *head, const struct guard_body *body)
{
	size_t bytes = head->method.length + 1 + head->raw_uri_length + 1 +
		       head->version.length + 2 + 2;

	for (size_t i = 0; i < head->header_count; i++) {
		const struct guard_header *header = &head->headers[i];

		bytes += (size_t)(header->value.data - header->name.data) +
			 header->value.length + 2;
		must(!memchr(header->value.data, '\n', header->value.length));
		must(!memchr(header->name.data, ' ', header->name.length));
	}
	must(bytes == head->head_bytes);
	must(!(body->chunked && body->has_length));
	must(body->has_length || body->length == 0);
}

static void check_path(struct slice raw)
{
	struct slice segments[SEGMENTS_MAX];
	struct error error = { 0 };
	char *storage = malloc(raw.length + 1);
	int count = target_path(raw, storage, segments, SEGMENTS_MAX, &error);

	must(count != 0 && count <= SEGMENTS_MAX + 1);
	must((count < 0) == (error.code == ERROR_INVALID));
	for (int i = 0; i < count && i < SEGMENTS_MAX; i++) {
		must(segments[i].length <= 255);
		must(!memchr(segments[i].data, 0, segments[i].length));
		must(!slice_is(segments[i], "."));
		must(!slice_is(segments[i], ".."));
	}
	free(storage);
}

static void check_query(struct slice raw)
{
	struct target_parameter parameters[PARAMETERS_MAX];
	struct error error = { 0 };
	char *storage = malloc(raw.length + 1);
	int count =
		target_query(raw, storage, parameters, PARAMETERS_MAX, &error);

	must(count <= PARAMETERS_MAX);
	must((count < 0) == (error.code == ERROR_INVALID));
	for (int i = 0; i < count; i++) {
		const struct target_parameter *p = &parameters[i];

		must(!memchr(p->name.data, 0, p->name.length));
		must(p->has_value || p->value.length == 0);
	}
	free(storage);
}

static void check_request(struct slice rest)
{
	struct guard_header headers[HEADERS_MAX];
	struct guard_head head = { .headers = headers,
		.head_bytes = rest.length,
		.contiguous = true };
	struct guard_body body;
	struct error error = { 0 };
	struct slice target;

	head.method = cut(&rest, " ");
	target = cut(&rest, " ");
	head.raw_uri_length = target.length;
	head.version = cut(&rest, "\r\n");
	while (rest.length > 2 && head.header_count < HEADERS_MAX)
		headers[head.header_count++] = cut_header(cut(&rest, "\r\n"));
	if (guard_head(&head, &body, &error) == 0)
		check_head(&head, &body);
	else
		must(error.code == ERROR_INVALID && error.message[0]);
	check_path(cut(&target, "?"));
	check_query(target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	check_request((struct slice){ copy, size });
	free(copy);
	return 0;
}
