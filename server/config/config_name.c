/* SPDX-License-Identifier: MIT */
/* config_name.c - settings by their names, and by what was meant for one. */
#include "server/config/config_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "schema/error.h"
#include "schema/nearest.h"
#include "server/config/config_table.h"

#define PREFIX "CHATMEM_"

bool config_has_flag(const struct config_row *setting)
{
	return setting->kind != KIND_SECRET;
}

bool config_has_variable(const struct config_row *setting)
{
	return setting->kind != KIND_ACTION && setting->kind != KIND_OPTION;
}

void config_variable_name(
	const struct config_row *setting, char name[static LABEL_MAX])
{
	char *c;

	snprintf(name, LABEL_MAX, PREFIX "%s", setting->name);
	for (c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

const struct config_row *config_find_flag(struct slice flag)
{
	const bool letter = flag.length == 2 && flag.data[0] == '-';
	const struct slice name = { flag.data + 2, flag.length - 2 };

	for (size_t i = 0; i < config_row_count; i++) {
		const struct config_row *row = &config_rows[i];

		if (letter ? row->letter == flag.data[1]
			   : flag.length > 2 && !memcmp(flag.data, "--", 2) &&
					slice_is(name, row->name))
			return row;
	}
	return NULL;
}

/* --- what was meant ----------------------------------------------------- */

bool config_name_is_among(struct slice name, const char *words)
{
	while (words && *words) {
		const size_t length = strcspn(words, " ");

		if (length > 0 &&
			slice_equal(name, (struct slice){ words, length }))
			return true;
		words += length + (words[length] == ' ');
	}
	return false;
}

static const struct config_row *config_name_nearest(
	struct slice name, bool (*has)(const struct config_row *))
{
	struct nearest nearest = { .word = name };
	const struct config_row *found = NULL;

	for (size_t i = 0; i < config_row_count; i++) {
		const char *before = nearest.name;

		if (config_name_is_among(name, config_rows[i].also))
			return &config_rows[i];
		if (has(&config_rows[i]))
			nearest_try(&nearest, config_rows[i].name);
		if (nearest.name != before)
			found = &config_rows[i];
	}
	return found;
}

int config_refuse_flag(struct slice flag, struct error *error)
{
	const struct slice whole = flag;
	const struct config_row *meant;

	while (flag.length > 0 && flag.data[0] == '-') {
		flag.data++;
		flag.length--;
	}
	meant = config_name_nearest(flag, config_has_flag);
	return error_set(error, ERROR_INVALID,
		"\"%.*s\" is not a setting; %s%s%s--help lists them all",
		SLICE_SHORT(whole), meant ? "did you mean --" : "",
		meant ? meant->name : "", meant ? "? " : "");
}

bool config_variable_meant(const char *name, char meant[static LABEL_MAX])
{
	char lower[LABEL_MAX];
	const struct config_row *row;
	size_t length = 0;

	if (!strncmp(name, PREFIX, strlen(PREFIX)))
		name += strlen(PREFIX);
	for (; *name && *name != '=' && length < sizeof(lower); name++)
		lower[length++] = *name == '_'
					  ? '-'
					  : (char)tolower((unsigned char)*name);
	row = config_name_nearest(
		(struct slice){ lower, length }, config_has_variable);
	if (row)
		config_variable_name(row, meant);
	return row != NULL;
}
