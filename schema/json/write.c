/* SPDX-License-Identifier: MIT */
/* write.c - JSON, written piece by piece. */
#include "schema/json/write.h"

#include "schema/json/value.h"

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

	/* Most have the bytes, and need no call. */
	if ((out->failed || out->capacity - out->length <= length) &&
		text_reserve(out, length + 1))
		return NULL;
	if (write_needs_comma(out))
		out->data[out->length++] = ',';
	at = out->data + out->length;
	out->length += length;
	return at;
}

void json_comma(struct text *out)
{
	write_begin(out, 0);
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
	text_byte(out, '}');
}

void json_begin_array(struct text *out)
{
	write_byte(out, '[');
}

void json_end_array(struct text *out)
{
	text_byte(out, ']');
}

void json_begin_string(struct text *out)
{
	write_byte(out, '"');
}

void json_end_string(struct text *out)
{
	text_byte(out, '"');
}

/* --- values ----------------------------------------------------------- */

void json_put(struct text *out, struct slice json)
{
	char *at = write_begin(out, json.length);

	if (at != NULL && json.length > 0)
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
	json_comma(out);
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

/*
 * Begins a member with a name of `length` bytes and a value of `more`.  Gives
 * where the value goes; NULL: out of memory.
 */
static char *write_name(
	struct text *out, const char *name, size_t length, size_t more)
{
	char *at = write_begin(out, length + 3 + more);

	if (at == NULL)
		return NULL;
	*at++ = '"';
	memcpy(at, name, length);
	at += length;
	*at++ = '"';
	*at++ = ':';
	return at;
}

void json_name(struct text *out, const char *name)
{
	write_name(out, name, strlen(name), 0);
}

void json_name_json(struct text *out, struct slice name_json)
{
	json_put(out, name_json);
	text_byte(out, ':');
}

void json_name_utf8(struct text *out, struct slice name)
{
	json_put_string(out, name);
	text_byte(out, ':');
}

void json_member(struct text *out, const char *name, struct slice json)
{
	char *at = write_name(out, name, strlen(name), json.length);

	if (at != NULL && json.length > 0)
		memcpy(at, json.data, json.length);
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

void json_members_but(struct text *out, struct slice object, const char *name)
{
	struct json_walk walk = json_walk(object);
	struct slice other, value;

	while (json_next_member(&walk, &other, &value))
		if (!json_string_is(other, slice_of(name)))
			json_member_json(out, other, value);
}
