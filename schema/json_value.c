/* SPDX-License-Identifier: MIT */
/*
 * json_value.c - walking a valid, compact JSON text.
 */
#include "json_value.h"

#include <string.h>

#include "text.h"

enum json_kind json_kind(struct slice value)
{
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
static bool is_escaped(const char *at)
{
	bool escaped = false;

	while (*--at == '\\')
		escaped = !escaped;
	return escaped;
}

const char *json_string_end(const char *quote)
{
	const char *at = quote;

	/* In a valid text the end is there, so that no length is needed. */
	do {
		at = rawmemchr(at + 1, '"');
	} while (is_escaped(at));
	return at + 1;
}

/* Past the bracket that closes the one at `at`. */
static const char *container_end(const char *at)
{
	unsigned depth = 0;

	do {
		switch (*at) {
		case '"':
			at = json_string_end(at);
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
		return json_string_end(at);
	if (*at == '[' || *at == '{')
		return container_end(at);
	while (*at != ',' && *at != ']' && *at != '}')
		at++;
	return at;
}

struct json_walk json_walk(struct slice container)
{
	return (struct json_walk){ container.data + 1,
		container.data + container.length - 1 };
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
	const char *end = json_string_end(walk->at);

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
		if (json_string_is(found_name, wanted)) {
			*value = found;
			return true;
		}
	}
	return false;
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

/* --- strings ---------------------------------------------------------- */

struct slice json_inner(struct slice string)
{
	return (struct slice){ string.data + 1, string.length - 2 };
}

static unsigned hex_unit(const char *digits)
{
	unsigned unit = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)digits[i];

		unit = unit * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return unit;
}

static struct slice encode(unsigned point, char room[4])
{
	size_t length = point < 0x80	  ? 1
			: point < 0x800	  ? 2
			: point < 0x10000 ? 3
					  : 4;
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = length - 1; i > 0; i--) {
		room[i] = (char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	room[0] = (char)(leads[length] | point);
	return (struct slice){ room, length };
}

static bool is_high(unsigned unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low(unsigned unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The code point of the \uXXXX in front, with its other half if it has one. */
static unsigned take_unit(struct slice *inner)
{
	unsigned unit = hex_unit(inner->data + 2);
	unsigned low = 0;

	inner->data += 6;
	inner->length -= 6;
	if (is_high(unit) && inner->length >= 6 && inner->data[0] == '\\' &&
		inner->data[1] == 'u')
		low = hex_unit(inner->data + 2);
	if (!is_low(low))
		return unit;
	inner->data += 6;
	inner->length -= 6;
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* The character of the escape in front. */
static unsigned take_escape(struct slice *inner)
{
	static const char controls[] = { ['b'] = '\b',
		['f'] = '\f',
		['n'] = '\n',
		['r'] = '\r',
		['t'] = '\t' };
	unsigned char letter = (unsigned char)inner->data[1];

	if (letter == 'u')
		return take_unit(inner);
	inner->data += 2;
	inner->length -= 2;
	if (letter >= sizeof(controls) || controls[letter] == '\0')
		return letter; /* a quote, a backslash or a slash */
	return (unsigned char)controls[letter];
}

bool json_next_piece(struct slice *inner, char room[4], struct slice *piece)
{
	if (inner->length == 0)
		return false;
	if (inner->data[0] == '\\') {
		*piece = encode(take_escape(inner), room);
		return true;
	}
	const char *escape = memchr(inner->data, '\\', inner->length);
	size_t length = escape ? (size_t)(escape - inner->data) : inner->length;

	*piece = (struct slice){ inner->data, length };
	inner->data += length;
	inner->length -= length;
	return true;
}

/* Only a decoded escape can begin so: valid UTF-8 has no surrogates. */
bool json_is_surrogate(struct slice piece)
{
	return piece.length == 3 && (unsigned char)piece.data[0] == 0xed &&
	       (unsigned char)piece.data[1] >= 0xa0;
}

int json_string_compare(struct slice a, struct slice b)
{
	struct slice rest_a = json_inner(a), rest_b = json_inner(b);
	struct slice part_a = { 0 }, part_b = { 0 };
	char room_a[4], room_b[4];

	for (;;) {
		if (part_a.length == 0)
			json_next_piece(&rest_a, room_a, &part_a);
		if (part_b.length == 0)
			json_next_piece(&rest_b, room_b, &part_b);
		size_t both = part_a.length < part_b.length ? part_a.length
							    : part_b.length;
		if (both == 0) /* one has ended, and sorts first */
			return slice_compare(part_a, part_b);
		int order = memcmp(part_a.data, part_b.data, both);
		if (order != 0)
			return order;
		part_a.data += both;
		part_a.length -= both;
		part_b.data += both;
		part_b.length -= both;
	}
}

bool json_string_is(struct slice string, struct slice utf8)
{
	struct slice rest = json_inner(string);
	struct slice piece;
	char room[4];

	while (json_next_piece(&rest, room, &piece)) {
		if (piece.length > utf8.length ||
			memcmp(piece.data, utf8.data, piece.length) != 0)
			return false;
		utf8.data += piece.length;
		utf8.length -= piece.length;
	}
	return utf8.length == 0;
}

bool json_decode(struct text *out, struct slice string)
{
	struct slice rest = json_inner(string);
	struct slice piece;
	char room[4];
	bool whole = true;

	while (json_next_piece(&rest, room, &piece)) {
		if (json_is_surrogate(piece)) {
			piece = SLICE("\xef\xbf\xbd"); /* U+FFFD */
			whole = false;
		}
		text_slice(out, piece);
	}
	return whole;
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
