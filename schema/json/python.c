/* SPDX-License-Identifier: MIT */
/* python.c - JSON as Python prints it: repr() of what json.loads() makes. */
#include "schema/json/python.h"

#include <string.h>

#include "schema/json/number.h"
#include "schema/json/value.h"
#include "schema/unicode/printable.h"

struct python_printer {
	struct text *out;
	struct printable printable;
};

static void python_print_value(
	struct python_printer *printer, struct slice value);

/* --- strings ---------------------------------------------------------- */

static void python_print_escape(struct text *out, uint32_t point)
{
	if (point == '\t')
		text_string(out, "\\t");
	else if (point == '\n')
		text_string(out, "\\n");
	else if (point == '\r')
		text_string(out, "\\r");
	else if (point <= 0xff)
		text_format(out, "\\x%02x", point);
	else if (point <= 0xffff)
		text_format(out, "\\u%04x", point);
	else
		text_format(out, "\\U%08x", point);
}

static void python_print_ascii(struct text *out, char byte, char quote)
{
	if (byte == quote || byte == '\\')
		text_byte(out, '\\');
	if (byte < 0x20 || byte == 0x7f)
		python_print_escape(out, (unsigned char)byte);
	else
		text_byte(out, byte);
}

/* Appends the first characters of `rest`; returns how many bytes they had. */
static size_t python_print_some(
	struct python_printer *printer, struct slice rest, char quote)
{
	size_t length;

	if ((unsigned char)rest.data[0] < 0x80) {
		python_print_ascii(printer->out, rest.data[0], quote);
		return 1;
	}
	length = printable_span(&printer->printable, rest);
	if (length > 0) {
		text_append(printer->out, rest.data, length);
		return length;
	}
	length = utf8_step(rest);
	python_print_escape(printer->out, utf8_code_point(rest.data, length));
	return length;
}

/* A single quote, unless there are such inside and no double ones. */
static char python_quote(struct slice string)
{
	struct slice rest = json_inner(string), piece;
	bool single = false, twice = false;
	char buf[4];

	while (json_next_piece(&rest, buf, &piece)) {
		single |= memchr(piece.data, '\'', piece.length) != NULL;
		twice |= memchr(piece.data, '"', piece.length) != NULL;
	}
	return single && !twice ? '"' : '\'';
}

static void python_print_string(
	struct python_printer *printer, struct slice string)
{
	struct slice rest = json_inner(string), piece;
	const char quote = python_quote(string);
	char buf[4];

	text_byte(printer->out, quote);
	while (json_next_piece(&rest, buf, &piece)) {
		if (json_is_surrogate(piece)) {
			python_print_escape(printer->out,
				utf8_code_point(piece.data, piece.length));
			continue;
		}
		for (size_t at = 0; at < piece.length;)
			at += python_print_some(printer,
				(struct slice){
					piece.data + at, piece.length - at },
				quote);
	}
	text_byte(printer->out, quote);
}

/* --- containers ------------------------------------------------------- */

static void python_print_list(
	struct python_printer *printer, struct slice array)
{
	struct json_walk walk = json_walk(array);
	const char *before = "[";
	struct slice value;

	while (json_next_element(&walk, &value)) {
		text_string(printer->out, before);
		python_print_value(printer, value);
		before = ", ";
	}
	text_string(printer->out, *before == '[' ? "[]" : "]");
}

static void python_print_dict(
	struct python_printer *printer, struct slice object)
{
	struct json_walk walk = json_walk(object);
	const char *before = "{";
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		text_string(printer->out, before);
		python_print_string(printer, name);
		text_string(printer->out, ": ");
		python_print_value(printer, value);
		before = ", ";
	}
	text_string(printer->out, *before == '{' ? "{}" : "}");
}

static void python_print_value(
	struct python_printer *printer, struct slice value)
{
	switch (json_kind(value)) {
	case JSON_KIND_NULL:
		text_string(printer->out, "None");
		break;
	case JSON_KIND_FALSE:
		text_string(printer->out, "False");
		break;
	case JSON_KIND_TRUE:
		text_string(printer->out, "True");
		break;
	case JSON_KIND_NUMBER:
		json_print_number_python(printer->out, value);
		break;
	case JSON_KIND_STRING:
		python_print_string(printer, value);
		break;
	case JSON_KIND_ARRAY:
		python_print_list(printer, value);
		break;
	case JSON_KIND_OBJECT:
		python_print_dict(printer, value);
		break;
	}
}

void json_python_repr(struct text *out, struct slice value)
{
	struct python_printer printer = { .out = out };

	python_print_value(&printer, value);
	out->failed |= printer.printable.failed;
	printable_clear(&printer.printable);
}
