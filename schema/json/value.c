/* SPDX-License-Identifier: MIT */
/*
 * value.c - walking a valid, compact JSON text.
 */
#include "schema/json/value.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "schema/text.h"

enum json_kind json_kind(struct slice value)
{
	assert(value.length > 0);
	switch (value.data[0]) {
	case 'n':
		return JSON_KIND_NULL;
	case 'f':
		return JSON_KIND_FALSE;
	case 't':
		return JSON_KIND_TRUE;
	case '"':
		return JSON_KIND_STRING;
	case '[':
		return JSON_KIND_ARRAY;
	case '{':
		return JSON_KIND_OBJECT;
	default:
		return JSON_KIND_NUMBER;
	}
}

/* --- containers ------------------------------------------------------- */

/* True if the quote at `at` belongs to the string: after \, \\\ and so on. */
static bool value_is_escaped(const char *at)
{
	bool escaped = false;

	while (*--at == '\\')
		escaped = !escaped;
	return escaped;
}

const char *json_skip_string(const char *quote)
{
	const char *at = quote;

	assert(*quote == '"');
	/* In a valid text the end is there: any bound will do. */
	do {
		at = memchr(at + 1, '"', PTRDIFF_MAX / 2);
	} while (value_is_escaped(at));
	return at + 1;
}

/* Past the bracket that closes the one at `at`. */
static const char *value_container_end(const char *at)
{
	unsigned depth = 0;

	do {
		switch (*at) {
		case '"':
			at = json_skip_string(at);
			continue;
		case '[':
		case '{':
			depth++;
			break;
		case ']':
		case '}':
			depth--;
			break;
		default:
			break;
		}
		at++;
	} while (depth > 0);
	return at;
}

/* Past the value at `at`, which lies inside of a container. */
static const char *value_end(const char *at)
{
	if (*at == '"')
		return json_skip_string(at);
	if (*at == '[' || *at == '{')
		return value_container_end(at);
	while (*at != ',' && *at != ']' && *at != '}')
		at++;
	return at;
}

struct json_walk json_walk(struct slice value)
{
	if (value.length < 2 || (*value.data != '[' && *value.data != '{'))
		return (struct json_walk){ value.data, value.data };
	return (struct json_walk){ value.data + 1,
		value.data + value.length - 1 };
}

bool json_next_element(struct json_walk *walk, struct slice *value)
{
	if (walk->at == walk->end)
		return false;
	const char *end = value_end(walk->at);

	*value = (struct slice){ walk->at, (size_t)(end - walk->at) };
	walk->at = *end == ',' ? end + 1 : end;
	return true;
}

bool json_next_member(
	struct json_walk *walk, struct slice *name, struct slice *value)
{
	if (walk->at == walk->end)
		return false;
	const char *end = json_skip_string(walk->at);

	*name = (struct slice){ walk->at, (size_t)(end - walk->at) };
	walk->at = end + 1; /* the colon */
	return json_next_element(walk, value);
}

bool json_find(struct slice object, const char *name, struct slice *value)
{
	struct json_walk walk = json_walk(object);
	struct slice wanted = slice_of(name);
	struct slice found_name, found;

	while (json_next_member(&walk, &found_name, &found)) {
		/* Most names differ in their first character. */
		if (wanted.length > 0 && found_name.data[1] != *name &&
			found_name.data[1] != '\\')
			continue;
		if (json_string_is(found_name, wanted)) {
			*value = found;
			return true;
		}
	}
	return false;
}

bool json_find_kind(struct slice object, const char *name, enum json_kind kind,
	struct slice *value)
{
	struct slice found;

	if (json_kind(object) != JSON_KIND_OBJECT ||
		!json_find(object, name, &found) || json_kind(found) != kind)
		return false;
	*value = found;
	return true;
}

size_t json_count(struct slice container)
{
	struct json_walk walk = json_walk(container);
	struct slice name, value;
	size_t count = 0;

	if (json_kind(container) == JSON_KIND_OBJECT) {
		while (json_next_member(&walk, &name, &value))
			count++;
	} else {
		while (json_next_element(&walk, &value))
			count++;
	}
	return count;
}

/* --- numbers ---------------------------------------------------------- */

bool json_int64(struct slice number, int64_t *out)
{
	bool negative = number.length > 0 && number.data[0] == '-';
	size_t digits = number.length - negative;
	uint64_t limit = (uint64_t)INT64_MAX + negative;
	uint64_t sum = 0;

	if (digits == 0 || (number.data[negative] == '0' && digits > 1))
		return false;
	for (size_t i = negative; i < number.length; i++) {
		unsigned digit = (unsigned char)number.data[i] - '0';

		if (digit > 9 || sum > (limit - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*out = negative ? (int64_t)-sum : (int64_t)sum;
	return true;
}
