/* SPDX-License-Identifier: MIT */
/* guard.c - is the head that was parsed the head that was received? */
#include "server/http/guard.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "schema/error.h"

static bool guard_is_control(unsigned char byte)
{
	return byte < 0x20 || byte == 0x7f;
}

/* RFC 9110, 5.6.2. */
static bool guard_is_token(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		if (byte <= ' ' || byte >= 0x7f ||
			strchr("()<>@,;:\\\"/[]?={}", byte))
			return false;
	}
	return text.length > 0;
}

static bool guard_is_field_value(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		if (guard_is_control(byte) && byte != '\t')
			return false;
	}
	return true;
}

static bool guard_is_named(const struct guard_header *header, const char *name)
{
	size_t length = strlen(name);

	return header->name.length == length &&
	       strncasecmp(header->name.data, name, length) == 0;
}

static uintptr_t guard_start_of(struct slice text)
{
	return (uintptr_t)text.data;
}

static uintptr_t guard_end_of(struct slice text)
{
	return (uintptr_t)text.data + text.length;
}

/* Only a colon and blanks may stand between name and value. */
static bool guard_is_gap(const struct guard_header *header)
{
	const char *name_end = header->name.data + header->name.length;

	for (const char *p = name_end + 1; p < header->value.data; p++)
		if (*p != ' ' && *p != '\t')
			return false;
	return true;
}

/*
 * An honest parse leaves the pieces where they were received: one byte
 * between method, target and version, two after the version and after each
 * value, and the blank line at the end.
 */
static bool guard_is_contiguous(const struct guard_head *head)
{
	uintptr_t end = guard_start_of(head->method) + head->head_bytes;
	uintptr_t at = guard_end_of(head->version) + 2;

	if (guard_start_of(head->version) !=
		guard_end_of(head->method) + 1 + head->raw_uri_length + 1)
		return false;
	for (size_t i = 0; i < head->header_count; i++) {
		const struct guard_header *header = &head->headers[i];
		if (guard_start_of(header->name) != at ||
			guard_start_of(header->value) <=
				guard_end_of(header->name) ||
			guard_end_of(header->value) > end ||
			!guard_is_gap(header))
			return false;
		at = guard_end_of(header->value) + 2;
	}
	return at + 2 == end;
}

static int guard_read_length(
	struct slice digits, struct guard_body *body, struct error *error)
{
	uint64_t length = 0;

	if (body->has_length)
		return error_set(
			error, ERROR_INVALID, "two Content-Length headers");
	if (digits.length == 0)
		return error_set(
			error, ERROR_INVALID, "Content-Length is empty");
	for (size_t i = 0; i < digits.length; i++) {
		unsigned digit = (unsigned char)digits.data[i] - (unsigned)'0';
		if (digit > 9 || __builtin_mul_overflow(length, 10, &length) ||
			__builtin_add_overflow(length, digit, &length))
			return error_set(error, ERROR_INVALID,
				"Content-Length \"%.*s\" is not a length",
				SLICE_SHORT(digits));
	}
	body->has_length = true;
	body->length = length;
	return 0;
}

static int guard_read_coding(
	struct slice coding, struct guard_body *body, struct error *error)
{
	if (body->chunked)
		return error_set(
			error, ERROR_INVALID, "two Transfer-Encoding headers");
	if (coding.length != 7 || strncasecmp(coding.data, "chunked", 7) != 0)
		return error_set(error, ERROR_INVALID,
			"Transfer-Encoding \"%.*s\" is not \"chunked\"",
			SLICE_SHORT(coding));
	body->chunked = true;
	return 0;
}

static int guard_read_header(const struct guard_header *header,
	struct guard_body *body, size_t *hosts, struct error *error)
{
	if (!guard_is_token(header->name))
		return error_set(error, ERROR_INVALID,
			"\"%.*s\" is not a header name",
			SLICE_SHORT(header->name));
	if (!guard_is_field_value(header->value))
		return error_set(error, ERROR_INVALID,
			"header %.*s holds a control character",
			SLICE_SHORT(header->name));
	if (guard_is_named(header, "Host"))
		++*hosts;
	if (guard_is_named(header, "Content-Length"))
		return guard_read_length(header->value, body, error);
	if (guard_is_named(header, "Transfer-Encoding"))
		return guard_read_coding(header->value, body, error);
	return 0;
}

int guard_head(const struct guard_head *head, struct guard_body *body,
	struct error *error)
{
	bool old = slice_is(head->version, "HTTP/1.0");
	size_t hosts = 0;

	*body = (struct guard_body){ 0 };
	if (!old && !slice_is(head->version, "HTTP/1.1"))
		return error_set(error, ERROR_INVALID,
			"\"%.*s\" is not HTTP/1.1", SLICE_SHORT(head->version));
	if (!guard_is_token(head->method))
		return error_set(
			error, ERROR_INVALID, "the method is not a token");
	if (head->contiguous && !guard_is_contiguous(head))
		return error_set(
			error, ERROR_INVALID, "the request head is malformed");
	for (size_t i = 0; i < head->header_count; i++)
		if (guard_read_header(&head->headers[i], body, &hosts, error))
			return -1;
	if (hosts > 1 || (hosts == 0 && !old))
		return error_set(error, ERROR_INVALID,
			"a request needs exactly one Host header");
	if (body->chunked && (old || body->has_length))
		return error_set(error, ERROR_INVALID,
			"Transfer-Encoding with %s",
			old ? "HTTP/1.0" : "Content-Length");
	return 0;
}

/* So many digits of a chunk's size are looked at. */
#define GUARD_SIZE_DIGITS 16

/* The library ends the lines of the head with NUL, so nothing is read there. */
bool guard_is_bare_framing(const char *data)
{
	const char *at = data - 2;
	int digits = 0;

	if (at[1] != '\n')
		return false; /* in the middle of a chunk */
	if (at[0] != '\r')
		return true;
	while (digits++ < GUARD_SIZE_DIGITS && isxdigit((unsigned char)at[-1]))
		at--;
	return at[-1] == '\n' && at[-2] != '\r';
}
