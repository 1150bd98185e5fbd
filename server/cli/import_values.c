/* SPDX-License-Identifier: MIT */
/* import_values.c - a file of JSON values, read one by one. */
#include "server/cli/import_values.h"

#include <errno.h>
#include <string.h>

#include "schema/error.h"

static int import_values_get(struct values *values)
{
	const int c = getc_unlocked(values->file);

	values->lines += c == '\n';
	return c;
}

static void import_values_put_back(struct values *values, int c)
{
	values->lines -= c == '\n';
	ungetc(c, values->file);
}

static bool import_values_is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int import_values_get_token(struct values *values)
{
	int c;

	do
		c = import_values_get(values);
	while (import_values_is_space(c));
	return c;
}

static int import_values_refuse(
	const struct values *values, const char *wanted, struct error *error)
{
	return error_set(error, ERROR_INVALID, "line %lld: expected %s",
		(long long)values->lines + 1, wanted);
}

/* The rest of a string, with the quote that ends it. */
static void import_values_read_string(struct values *values)
{
	int c;

	while ((c = import_values_get(values)) != EOF) {
		text_byte(&values->value, (char)c);
		if (c == '"')
			return;
		if (c == '\\' && (c = import_values_get(values)) != EOF)
			text_byte(&values->value, (char)c);
	}
}

/* The rest of an array or object, with the bracket that ends it. */
static void import_values_read_container(struct values *values)
{
	size_t depth = 1;
	int c;

	while (depth > 0 && (c = import_values_get(values)) != EOF) {
		text_byte(&values->value, (char)c);
		if (c == '"')
			import_values_read_string(values);
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
	}
}

/* The rest of a number or word. */
static void import_values_read_word(struct values *values)
{
	int c;

	while ((c = import_values_get(values)) != EOF &&
		!import_values_is_space(c) && strchr(",[]{}\"", c) == NULL)
		text_byte(&values->value, (char)c);
	if (c != EOF)
		import_values_put_back(values, c);
}

static int import_values_read(struct values *values, int c, struct error *error)
{
	values->value.length = 0;
	values->first = values->lines + 1;
	text_byte(&values->value, (char)c);
	if (c == '"')
		import_values_read_string(values);
	else if (c == '{' || c == '[')
		import_values_read_container(values);
	else
		import_values_read_word(values);
	values->follows = true;
	return values->value.failed ? error_out_of_memory(error) : 1;
}

/* Goes to what begins the next element; ']' ends the array. */
static int import_values_next_element(
	struct values *values, int c, struct error *error)
{
	const bool follows = values->follows;

	if (c == ']')
		return c;
	if (follows && c != ',')
		return import_values_refuse(
			values, "',' or ']' behind the element", error);
	if (follows)
		c = import_values_get_token(values);
	return c == EOF || c == ',' || c == ']'
		       ? import_values_refuse(
				 values, "an element of the array", error)
		       : c;
}

int values_next(struct values *values, struct error *error)
{
	int c;

	while ((c = import_values_get_token(values)) != EOF ||
		values->in_array) {
		if (!values->in_array && c != '[')
			return import_values_read(values, c, error);
		if (values->in_array) {
			c = import_values_next_element(values, c, error);
			if (c < 0)
				return -1;
			if (c != ']')
				return import_values_read(values, c, error);
		}
		values->in_array = !values->in_array;
		values->follows = false;
	}
	return ferror(values->file)
		       ? error_set(error, ERROR_UNAVAILABLE,
				 "cannot read it: %s", strerror(errno))
		       : 0;
}

void values_clear(struct values *values)
{
	text_clear(&values->value);
}
