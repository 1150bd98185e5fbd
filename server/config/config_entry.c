/* SPDX-License-Identifier: MIT */
/* config_entry.c - the settings as people are told of them. */
#include "server/config/config_entry.h"

#include "server/config/config_name.h"
#include "server/config/config_table.h"

_Static_assert(ENTRY_NAME_MAX == LABEL_MAX, "names of variables");

bool config_entry_at(size_t at, struct config_entry *entry)
{
	const struct config_row *row = &config_rows[at];

	if (at >= config_row_count)
		return false;
	*entry = (struct config_entry){
		.name = row->name,
		.value = row->value,
		.help = row->help,
		.standard = row->standard,
		.heading = row->heading,
		.words = row->words,
		.letter = row->letter,
		.option = row->options,
		.flag = config_has_flag(row),
	};
	if (config_has_variable(row))
		config_variable_name(row, entry->variable);
	return true;
}

bool config_entry_is_among(const struct config_entry *entry, const char *words)
{
	return config_name_is_among(slice_of(entry->name), words);
}
