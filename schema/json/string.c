/* SPDX-License-Identifier: MIT */
/*
 * string.c - what JSON strings say, without memory of its own.
 */
#include <string.h>

#include "schema/json/value.h"

#include <assert.h>

struct slice json_inner(struct slice string)
{
	assert(string.length >= 2);
	return (struct slice){ string.data + 1, string.length - 2 };
}

static unsigned string_hex_unit(const char *digits)
{
	unsigned unit = 0;

	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)digits[i];

		unit = unit * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return unit;
}

static struct slice string_encode(unsigned point, char buf[4])
{
	size_t length = point < 0x80	  ? 1
			: point < 0x800	  ? 2
			: point < 0x10000 ? 3
					  : 4;
	static const unsigned char leads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = length - 1; i > 0; i--) {
		buf[i] = (char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	buf[0] = (char)(leads[length] | point);
	return (struct slice){ buf, length };
}

static bool string_is_high(unsigned unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool string_is_low(unsigned unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The code point of the \uXXXX in front, with its other half if it has one. */
static unsigned string_take_unit(struct slice *inner)
{
	unsigned unit = string_hex_unit(inner->data + 2);
	unsigned low = 0;

	inner->data += 6;
	inner->length -= 6;
	if (string_is_high(unit) && inner->length >= 6 &&
		inner->data[0] == '\\' && inner->data[1] == 'u')
		low = string_hex_unit(inner->data + 2);
	if (!string_is_low(low))
		return unit;
	inner->data += 6;
	inner->length -= 6;
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* The character of the escape in front. */
static unsigned string_take_escape(struct slice *inner)
{
	static const char controls[] = { ['b'] = '\b',
		['f'] = '\f',
		['n'] = '\n',
		['r'] = '\r',
		['t'] = '\t' };
	unsigned char letter = (unsigned char)inner->data[1];

	if (letter == 'u')
		return string_take_unit(inner);
	inner->data += 2;
	inner->length -= 2;
	if (letter >= sizeof(controls) || controls[letter] == '\0')
		return letter; /* a quote, a backslash or a slash */
	return (unsigned char)controls[letter];
}

bool json_next_piece(struct slice *inner, char buf[4], struct slice *piece)
{
	if (inner->length == 0)
		return false;
	if (inner->data[0] == '\\') {
		*piece = string_encode(string_take_escape(inner), buf);
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
	char buf_a[4], buf_b[4];

	for (;;) {
		if (part_a.length == 0)
			json_next_piece(&rest_a, buf_a, &part_a);
		if (part_b.length == 0)
			json_next_piece(&rest_b, buf_b, &part_b);
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
	char buf[4];

	/* An escape is longer than its character; most names differ here. */
	if (rest.length < utf8.length ||
		(utf8.length > 0 && rest.data[0] != utf8.data[0] &&
			rest.data[0] != '\\'))
		return false;
	while (json_next_piece(&rest, buf, &piece)) {
		if (piece.length > utf8.length ||
			memcmp(piece.data, utf8.data, piece.length) != 0)
			return false;
		utf8.data += piece.length;
		utf8.length -= piece.length;
	}
	return utf8.length == 0;
}

/* Few names have escapes: lengths differ first, then bytes. */
size_t json_string_among(
	struct slice string, const struct slice *words, size_t count)
{
	const struct slice inner = json_inner(string);
	size_t i;

	for (i = 0; i < count; i++)
		if (words[i].length == inner.length &&
			memcmp(words[i].data, inner.data, inner.length) == 0)
			return i;
	if (memchr(inner.data, '\\', inner.length) == NULL)
		return count;
	for (i = 0; i < count; i++)
		if (json_string_is(string, words[i]))
			break;
	return i;
}

bool json_decode(struct text *out, struct slice string)
{
	struct slice rest = json_inner(string);
	struct slice piece;
	char buf[4];
	bool whole = true;

	while (json_next_piece(&rest, buf, &piece)) {
		if (json_is_surrogate(piece)) {
			piece = SLICE("\xef\xbf\xbd"); /* U+FFFD */
			whole = false;
		}
		text_slice(out, piece);
	}
	return whole;
}
