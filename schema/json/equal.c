/* SPDX-License-Identifier: MIT */
/* equal.c - are two JSON texts the same value? */
#include "schema/json/equal.h"

#include <stdlib.h>
#include <string.h>

#include "schema/json/token.h"
#include "schema/json/value.h"

#define EXPONENT_DIGITS 17

/* 0.D1D2… times ten to the `scale`; no digits: zero. */
struct equal_decimal {
	const char *digits; /* the first that is not 0; may hold a point */
	size_t count;	    /* up to the last that is not 0 */
	int64_t scale;
	bool negative;
	bool huge; /* its exponent is beyond what scale holds */
};

/* Reads e+05; *huge if it has too many digits. */
static int64_t equal_read_exponent(const char *at, const char *end, bool *huge)
{
	bool negative = at < end && *at == '-';
	int64_t value = 0;
	int digits = 0;

	if (at < end && !json_is_digit(*at))
		at++;
	for (; at < end; at++) {
		digits += digits || *at != '0';
		if (digits <= EXPONENT_DIGITS)
			value = value * 10 + (*at - '0');
	}
	*huge = digits > EXPONENT_DIGITS;
	return negative ? -value : value;
}

static struct equal_decimal equal_read_decimal(struct slice number)
{
	const char *at = number.data, *end = at + number.length;
	struct equal_decimal decimal = { .negative = *at == '-' };
	int64_t whole = 0, zeros = 0; /* digits before the point; leading 0s */
	size_t seen = 0;
	bool fraction = false;

	for (at += decimal.negative; at < end; at++) {
		if (*at == '.') {
			fraction = true;
			continue;
		}
		if (!json_is_digit(*at))
			break;
		whole += !fraction;
		if (!decimal.digits && *at == '0') {
			zeros++;
			continue;
		}
		if (!decimal.digits)
			decimal.digits = at;
		seen++;
		if (*at != '0')
			decimal.count = seen;
	}
	decimal.scale = whole - zeros;
	if (at < end)
		decimal.scale +=
			equal_read_exponent(at + 1, end, &decimal.huge);
	return decimal;
}

static bool equal_number(struct slice a, struct slice b)
{
	struct equal_decimal one = equal_read_decimal(a),
			     other = equal_read_decimal(b);

	if (one.count == 0 || other.count == 0)
		return one.count == other.count;
	if (one.huge || other.huge)
		return slice_equal(a, b);
	if (one.negative != other.negative || one.scale != other.scale ||
		one.count != other.count)
		return false;
	for (size_t i = 0; i < one.count; i++) {
		one.digits += *one.digits == '.';
		other.digits += *other.digits == '.';
		if (*one.digits++ != *other.digits++)
			return false;
	}
	return true;
}

static int equal_array(struct slice a, struct slice b)
{
	struct json_walk one = json_walk(a), other = json_walk(b);
	struct slice left, right;
	bool more;

	while ((more = json_next_element(&one, &left)),
		json_next_element(&other, &right) == more) {
		int equal;

		if (!more)
			return 1;
		equal = json_same_value(left, right);
		if (equal != 1)
			return equal;
	}
	return 0;
}

struct equal_member {
	struct slice name;
	struct slice value;
};

static int equal_compare_names(const void *a, const void *b)
{
	const struct equal_member *one = a, *other = b;

	return json_string_compare(one->name, other->name);
}

/* Fills the array, sorted by name. */
static void equal_list_members(
	struct slice object, struct equal_member *members)
{
	struct json_walk walk = json_walk(object);
	size_t count = 0;

	while (json_next_member(
		&walk, &members[count].name, &members[count].value))
		count++;
	qsort(members, count, sizeof(*members), equal_compare_names);
}

static int equal_object(struct slice a, struct slice b)
{
	size_t count = json_count(a);
	struct equal_member *members;
	int equal = 1;

	if (json_count(b) != count)
		return 0;
	/* Each has an item more, for a walk's end writes there. */
	members = calloc(2 * (count + 1), sizeof(*members));
	if (members == NULL)
		return -1;
	equal_list_members(a, members);
	equal_list_members(b, members + count + 1);
	for (size_t i = 0; equal == 1 && i < count; i++) {
		const struct equal_member *one = &members[i];
		const struct equal_member *other = &members[count + 1 + i];

		equal = equal_compare_names(one, other)
				? 0
				: json_same_value(one->value, other->value);
	}
	free(members);
	return equal;
}

int json_same_value(struct slice a, struct slice b)
{
	enum json_kind kind = json_kind(a);

	if (slice_equal(a, b))
		return 1;
	if (kind != json_kind(b))
		return 0;
	switch (kind) {
	case JSON_KIND_NUMBER:
		return equal_number(a, b);
	case JSON_KIND_STRING:
		return json_string_compare(a, b) == 0;
	case JSON_KIND_ARRAY:
		return equal_array(a, b);
	case JSON_KIND_OBJECT:
		return equal_object(a, b);
	case JSON_KIND_NULL:
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
		break;
	}
	return 1;
}
