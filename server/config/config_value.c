/* SPDX-License-Identifier: MIT */
/*
 * config_value.c - the value of a setting, from its text.
 */
#include "server/config/config_value.h"

#include "schema/error.h"
#include "schema/text.h"
#include "server/config/config.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The digits at the start, or -1; *rest is what follows them. */
static int64_t config_value_leading_number(const char *text, const char **rest)
{
	const size_t digits = strspn(text, "0123456789");

	*rest = text + digits;
	return digits && digits <= 18 ? strtoll(text, NULL, 10) : -1;
}

static int config_value_check_range(const char *text,
	const struct value_range *range, int64_t number, struct error *error)
{
	if (number >= range->least && number <= range->most)
		return 0;
	return error_set(error, ERROR_INVALID,
		"%s is not between %" PRId64 " and %" PRId64, text,
		range->least, range->most);
}

int value_number(const char *text, const struct value_range *range,
	int64_t *out, struct error *error)
{
	const char *rest;

	*out = config_value_leading_number(text, &rest);
	if (*out < 0 || *rest)
		return error_set(
			error, ERROR_INVALID, "\"%s\" is not a number", text);
	return config_value_check_range(text, range, *out, error);
}

/* How far "K", "M" or "G" shifts, nothing not at all; -1: something else. */
static int config_value_unit_shift(const char *unit)
{
	static const char letters[] = "KMG";
	const char *letter;

	if (!*unit)
		return 0;
	letter = strchr(letters, toupper((unsigned char)*unit));
	return letter && !unit[1] ? (int)(letter - letters + 1) * 10 : -1;
}

int value_bytes(const char *text, const struct value_range *range, int64_t *out,
	struct error *error)
{
	const char *unit;
	int64_t number = config_value_leading_number(text, &unit);
	const int shift = config_value_unit_shift(unit);

	if (number < 0 || shift < 0)
		return error_set(error, ERROR_INVALID,
			"\"%s\" is not a number of bytes, such as 65536, 64K "
			"or 16M",
			text);
	*out = number > INT64_MAX >> shift ? INT64_MAX : number << shift;
	return config_value_check_range(text, range, *out, error);
}

int value_switch(const char *text, bool *out, struct error *error)
{
	if (slice_flag(slice_of(text), out))
		return 0;
	return error_set(
		error, ERROR_INVALID, "\"%s\" is not true or false", text);
}

int value_choice(const char *text, const char *const words[], int *out,
	struct error *error)
{
	char all[100] = "";
	size_t length = 0;

	for (*out = 0; words[*out]; ++*out) {
		if (!strcmp(words[*out], text))
			return 0;
	}
	for (int i = 0; words[i] && length < sizeof(all); i++)
		length += (size_t)snprintf(all + length, sizeof(all) - length,
			"%s%s", i ? ", " : "", words[i]);
	return error_set(
		error, ERROR_INVALID, "\"%s\" is not one of: %s", text, all);
}

int value_list(const char *value, int source, struct config_list *list,
	struct error *error)
{
	if (list->source != source)
		*list = (struct config_list){ .source = source };
	if (list->count == CONFIG_LIST_MAX)
		return error_set(error, ERROR_INVALID,
			"it is given more than %d times", CONFIG_LIST_MAX);
	list->values[list->count++] = value;
	return 0;
}
