/* SPDX-License-Identifier: MIT */
/* write.c - JSON, written piece by piece. */
#include "schema/json/write.h"

#include <assert.h>
#include <string.h>

/* True where a value or a name cannot follow as it is. */
static bool write_needs_comma(const struct text *out)
{
	if (out->length == 0)
		return false;
	switch (out->data[out->length - 1]) {
	case '[':
	case '{':
	case ':':
	case ',':
	case ' ':
	case '\n':
		return false;
	default:
		return true;
	}
}

/*
 * Begins a value of `length` bytes with its comma.  Gives where the bytes go,
 * counted already; NULL: out of memory.
 */
static char *write_begin(struct text *out, size_t length)
{
	char *at;

	if (text_reserve(out, length + 1))
		return NULL;
	if (write_needs_comma(out))
		out->data[out->length++] = ',';
	at = out->data + out->length;
	out->length += length;
	return at;
}

static void write_byte(struct text *out, char byte)
{
	char *at = write_begin(out, 1);

	if (at != NULL)
		*at = byte;
}

void json_begin_object(struct text *out)
{
	write_byte(out, '{');
}

void json_end_object(struct text *out)
{
	text_append(out, "}", 1);
}

void json_begin_array(struct text *out)
{
	write_byte(out, '[');
}

void json_end_array(struct text *out)
{
	text_append(out, "]", 1);
}

void json_begin_string(struct text *out)
{
	write_byte(out, '"');
}

void json_end_string(struct text *out)
{
	text_append(out, "\"", 1);
}

/* --- values ----------------------------------------------------------- */

void json_put(struct text *out, struct slice json)
{
	char *at;

	assert(json.length > 0);
	at = write_begin(out, json.length);
	if (at != NULL)
		memcpy(at, json.data, json.length);
}

void json_put_string(struct text *out, struct slice utf8)
{
	json_begin_string(out);
	text_json_inner(out, utf8);
	json_end_string(out);
}

void json_put_number(struct text *out, int64_t number)
{
	write_begin(out, 0);
	text_number(out, number);
}

void json_put_bool(struct text *out, bool value)
{
	json_put(out, value ? SLICE("true") : SLICE("false"));
}

void json_put_null(struct text *out)
{
	json_put(out, SLICE("null"));
}

void json_put_time(struct text *out, int64_t milliseconds)
{
	json_begin_string(out);
	text_time(out, milliseconds);
	json_end_string(out);
}

/* --- members ---------------------------------------------------------- */

void json_name(struct text *out, const char *name)
{
	const size_t length = strlen(name);
	char *at = write_begin(out, length + 3);

	if (at == NULL)
		return;
	*at++ = '"';
	memcpy(at, name, length);
	memcpy(at + length, "\":", 2);
}

void json_name_json(struct text *out, struct slice name_json)
{
	json_put(out, name_json);
	text_append(out, ":", 1);
}

void json_member(struct text *out, const char *name, struct slice json)
{
	json_name(out, name);
	text_slice(out, json);
}

void json_member_json(
	struct text *out, struct slice name_json, struct slice json)
{
	json_name_json(out, name_json);
	text_slice(out, json);
}

void json_member_string(struct text *out, const char *name, struct slice utf8)
{
	json_name(out, name);
	text_json(out, utf8);
}

void json_member_number(struct text *out, const char *name, int64_t number)
{
	json_name(out, name);
	text_number(out, number);
}

void json_member_bool(struct text *out, const char *name, bool value)
{
	json_name(out, name);
	text_string(out, value ? "true" : "false");
}

void json_member_null(struct text *out, const char *name)
{
	json_name(out, name);
	text_string(out, "null");
}

void json_member_time(struct text *out, const char *name, int64_t milliseconds)
{
	json_name(out, name);
	json_put_time(out, milliseconds);
}
