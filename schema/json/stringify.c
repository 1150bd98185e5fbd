/* SPDX-License-Identifier: MIT */
/*
 * stringify.c - JSON as JavaScript prints it.
 *
 * ECMA-262: JSON.stringify and OrdinaryOwnPropertyKeys.
 */
#include "schema/json/stringify.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "schema/json/number.h"
#include "schema/json/value.h"

struct stringify_printer {
	struct text *out;
	unsigned indent;
	unsigned depth;
};

static void stringify_print_value(
	struct stringify_printer *printer, struct slice value);

/* --- strings ---------------------------------------------------------- */

static void stringify_print_surrogate(struct text *out, struct slice piece)
{
	unsigned second = (unsigned char)piece.data[1] & 0x3f;
	unsigned third = (unsigned char)piece.data[2] & 0x3f;

	text_format(out, "\\u%04x", 0xd000 | second << 6 | third);
}

static void stringify_print_string(struct text *out, struct slice string)
{
	struct slice rest = json_inner(string);
	struct slice piece;
	char buf[4];

	text_string(out, "\"");
	while (json_next_piece(&rest, buf, &piece)) {
		if (piece.data != buf)
			text_slice(out, piece);
		else if (json_is_surrogate(piece))
			stringify_print_surrogate(out, piece);
		else
			text_json_inner(out, piece);
	}
	text_string(out, "\"");
}

/* --- containers ------------------------------------------------------- */

static void stringify_print_newline(const struct stringify_printer *printer)
{
	if (printer->indent == 0)
		return;
	text_string(printer->out, "\n");
	for (unsigned i = 0; i < printer->indent * printer->depth; i++)
		text_string(printer->out, " ");
}

/* Writes what stands before an element or member. */
static void stringify_print_begin(
	const struct stringify_printer *printer, bool *first)
{
	if (!*first)
		text_string(printer->out, ",");
	*first = false;
	stringify_print_newline(printer);
}

static void stringify_print_end(const struct stringify_printer *printer,
	bool empty, const char *bracket)
{
	if (!empty)
		stringify_print_newline(printer);
	text_string(printer->out, bracket);
}

static void stringify_print_array(
	struct stringify_printer *printer, struct slice array)
{
	struct json_walk walk = json_walk(array);
	struct slice value;
	bool first = true;

	text_string(printer->out, "[");
	printer->depth++;
	while (json_next_element(&walk, &value)) {
		stringify_print_begin(printer, &first);
		stringify_print_value(printer, value);
	}
	printer->depth--;
	stringify_print_end(printer, first, "]");
}

struct stringify_member {
	struct slice name;
	struct slice value;
	uint32_t index; /* what an integer-like name says */
};

/* True if the name is 0 to 4294967294 as JavaScript would print it. */
static bool stringify_is_index(struct slice name, uint32_t *index)
{
	struct slice rest = json_inner(name);
	char decoded[10];
	size_t length = 0;
	struct slice piece;
	char buf[4];
	int64_t number;

	while (json_next_piece(&rest, buf, &piece)) {
		if (piece.length > sizeof(decoded) - length)
			return false;
		memcpy(decoded + length, piece.data, piece.length);
		length += piece.length;
	}
	if (!json_int64((struct slice){ decoded, length }, &number) ||
		decoded[0] == '-' || number >= UINT32_MAX)
		return false;
	*index = (uint32_t)number;
	return true;
}

static void stringify_print_member(struct stringify_printer *printer,
	const struct stringify_member *member, bool *first)
{
	stringify_print_begin(printer, first);
	stringify_print_string(printer->out, member->name);
	text_string(printer->out, printer->indent > 0 ? ": " : ":");
	stringify_print_value(printer, member->value);
}

static int stringify_compare_indexes(const void *a, const void *b)
{
	const struct stringify_member *left = a;
	const struct stringify_member *right = b;

	return (left->index > right->index) - (left->index < right->index);
}

/* The members with integer-like names, in the order of these. */
static void stringify_print_indexed(struct stringify_printer *printer,
	struct slice object, size_t count, bool *first)
{
	struct stringify_member *members = calloc(count, sizeof(*members));
	struct json_walk walk = json_walk(object);
	struct stringify_member member;
	size_t found = 0;

	if (!members) {
		printer->out->failed = true;
		return;
	}
	while (json_next_member(&walk, &member.name, &member.value)) {
		if (stringify_is_index(member.name, &member.index))
			members[found++] = member;
	}
	qsort(members, found, sizeof(*members), stringify_compare_indexes);
	for (size_t i = 0; i < found; i++)
		stringify_print_member(printer, &members[i], first);
	free(members);
}

static size_t stringify_count_indexed(struct slice object)
{
	struct json_walk walk = json_walk(object);
	struct stringify_member member;
	size_t count = 0;

	while (json_next_member(&walk, &member.name, &member.value))
		count += stringify_is_index(member.name, &member.index);
	return count;
}

static void stringify_print_object(
	struct stringify_printer *printer, struct slice object)
{
	size_t indexed = stringify_count_indexed(object);
	struct json_walk walk = json_walk(object);
	struct stringify_member member;
	bool first = true;

	text_string(printer->out, "{");
	printer->depth++;
	if (indexed > 0)
		stringify_print_indexed(printer, object, indexed, &first);
	while (json_next_member(&walk, &member.name, &member.value)) {
		if (indexed == 0 ||
			!stringify_is_index(member.name, &member.index))
			stringify_print_member(printer, &member, &first);
	}
	printer->depth--;
	stringify_print_end(printer, first, "}");
}

static void stringify_print_value(
	struct stringify_printer *printer, struct slice value)
{
	switch (json_kind(value)) {
	case JSON_KIND_ARRAY:
		stringify_print_array(printer, value);
		break;
	case JSON_KIND_OBJECT:
		stringify_print_object(printer, value);
		break;
	case JSON_KIND_STRING:
		stringify_print_string(printer->out, value);
		break;
	case JSON_KIND_NUMBER:
		json_print_number(printer->out, value);
		break;
	case JSON_KIND_NULL:
	case JSON_KIND_FALSE:
	case JSON_KIND_TRUE:
		text_slice(printer->out, value);
		break;
	}
}

void json_stringify(struct text *out, struct slice value, unsigned indent)
{
	struct stringify_printer printer = { .out = out, .indent = indent };

	assert(indent == 0 || indent == 2);
	stringify_print_value(&printer, value);
}
