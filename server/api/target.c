/* SPDX-License-Identifier: MIT */
/* target.c - paths and queries: split first, decoded afterwards. */
#include "server/api/target.h"

#include <string.h>

#include "schema/error.h"

static int target_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Cuts off `*rest` what stands before `end`; false when nothing is left. */
static bool target_next_piece(struct slice *rest, char end, struct slice *piece)
{
	const char *found;

	if (!rest->data)
		return false;
	*piece = *rest;
	found = rest->length ? memchr(rest->data, end, rest->length) : NULL;
	if (found) {
		piece->length = (size_t)(found - rest->data);
		rest->data = found + 1;
		rest->length -= piece->length + 1;
	} else {
		*rest = (struct slice){ 0 };
	}
	return true;
}

/* The byte that "%XX" at the start of `raw` stands for; -1: none, or NUL. */
static int target_escaped_byte(struct slice raw)
{
	int high, low;

	if (raw.length < 3)
		return -1;
	high = target_hex_digit(raw.data[1]);
	low = target_hex_digit(raw.data[2]);
	return high < 0 || low < 0 || high + low == 0 ? -1 : high << 4 | low;
}

/* Decodes one piece of a target to *storage and moves that on. */
static int target_decode(struct slice raw, bool plus_is_space, char **storage,
	struct slice *out, struct error *error)
{
	struct slice rest = raw;
	char *to = *storage;

	while (rest.length > 0) {
		bool escaped = *rest.data == '%';
		int byte = escaped ? target_escaped_byte(rest) : *rest.data;

		if (escaped && byte < 0)
			return error_set(error, ERROR_INVALID,
				"\"%.*s\" holds a bad %% escape",
				SLICE_SHORT(raw));
		if (plus_is_space && *rest.data == '+')
			byte = ' ';
		*to++ = (char)byte;
		rest.data += escaped ? 3 : 1;
		rest.length -= escaped ? 3 : 1;
	}
	*out = (struct slice){ *storage, (size_t)(to - *storage) };
	*storage = to;
	if (!slice_is_utf8(*out))
		return error_set(error, ERROR_INVALID, "\"%.*s\" is not UTF-8",
			SLICE_SHORT(raw));
	return 0;
}

/* Refuses bytes that must be sent encoded. */
static int target_check(struct slice raw, struct error *error)
{
	for (size_t i = 0; i < raw.length; i++) {
		unsigned char byte = (unsigned char)raw.data[i];
		if (byte <= ' ' || byte == 0x7f || byte == '#')
			return error_set(error, ERROR_INVALID,
				"the request target holds %%%02X unencoded",
				byte);
	}
	return 0;
}

int target_name(struct slice name, struct slice sent, struct error *error)
{
	if (name.length == 0 || slice_is(name, ".") || slice_is(name, "..") ||
		memchr(name.data, '\0', name.length) != NULL)
		return error_set(error, ERROR_INVALID, "\"%.*s\" is not a name",
			SLICE_SHORT(name));
	if (name.length > TARGET_NAME_MAX)
		return error_set(error, ERROR_INVALID,
			"\"%.*s…\" is over the bound of %d bytes for a name",
			SLICE_SHORT(sent), TARGET_NAME_MAX);
	return 0;
}

int target_decode_name(struct slice raw, char *storage, struct slice *name,
	struct error *error)
{
	if (target_decode(raw, false, &storage, name, error))
		return -1;
	return target_name(*name, raw, error);
}

static int target_decode_segment(struct slice raw, char **storage,
	struct slice *out, struct error *error)
{
	if (target_decode(raw, false, storage, out, error))
		return -1;
	return out->length > 0 ? target_name(*out, raw, error) : 0;
}

int target_path(struct slice raw, char *storage, struct slice *segments,
	int max, struct error *error)
{
	struct slice piece;
	int count = 0;

	if (raw.length == 0 || raw.data[0] != '/')
		return error_set(error, ERROR_INVALID,
			"the request target must begin with \"/\"");
	if (target_check(raw, error))
		return -1;
	raw.data++;
	raw.length--;
	while (target_next_piece(&raw, '/', &piece)) {
		if (count == max)
			return max + 1;
		if (target_decode_segment(
			    piece, &storage, &segments[count], error))
			return -1;
		count++;
	}
	return count;
}

static int target_decode_parameter(struct slice raw, char **storage,
	struct target_parameter *out, struct error *error)
{
	struct slice name, rest = raw;

	target_next_piece(&rest, '=', &name);
	*out = (struct target_parameter){ .has_value = rest.data != NULL };
	if (target_decode(name, true, storage, &out->name, error))
		return -1;
	return out->has_value
		       ? target_decode(rest, true, storage, &out->value, error)
		       : 0;
}

int target_query(struct slice raw, char *storage,
	struct target_parameter *parameters, int max, struct error *error)
{
	struct slice piece;
	int count = 0;

	if (target_check(raw, error))
		return -1;
	while (target_next_piece(&raw, '&', &piece)) {
		if (piece.length == 0)
			continue;
		if (count == max)
			return error_set(error, ERROR_INVALID,
				"more than %d query parameters", max);
		if (target_decode_parameter(
			    piece, &storage, &parameters[count], error))
			return -1;
		count++;
	}
	return count;
}

void target_write_name(struct text *out, struct slice name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	for (size_t i = 0; i < name.length; i++) {
		if (memchr(plain, name.data[i], sizeof(plain) - 1))
			text_append(out, &name.data[i], 1);
		else
			text_format(out, "%%%02X", (unsigned char)name.data[i]);
	}
}
