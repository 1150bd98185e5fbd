/* SPDX-License-Identifier: MIT */
/* templates.c - which variables the templates among the settings have. */
#include "schema/memory/templates.h"

#include <string.h>

#include "schema/error.h"
#include "schema/llm/template.h"
#include "schema/memory/settings.h"

#define VARIABLES_MAX 4

/* Without the needed ones a model would not see what it is asked about. */
static const struct templates_row {
	const char *name;
	const char *variables[VARIABLES_MAX + 1];
	unsigned needed; /* so many, from the first on */
} rows[] = {
	{ "summary_prompt", { "summary", "new_lines" }, 2 },
	{ "entity_extraction_prompt", { "input", "history" }, 1 },
	{ "entity_summarization_prompt",
		{ "entity", "summary", "input", "history" }, 3 },
};

static int templates_refuse(const struct templates_row *row,
	struct slice variable, struct error *error)
{
	struct text all = { 0 };

	for (int i = 0; row->variables[i] != NULL; i++)
		text_format(
			&all, "%s{%s}", i > 0 ? ", " : "", row->variables[i]);
	error_describe(error, ERROR_INVALID,
		"memory.%s: (f-string) Missing value for input %.*s; its "
		"variables are %.*s; " TEMPLATE_BRACES,
		row->name, SLICE_SHORT(variable), SLICE_SHORT(text_view(&all)));
	text_clear(&all);
	return -1;
}

/* Marks the variable as named. */
static int templates_name(const struct templates_row *row,
	struct slice variable, unsigned *named, struct error *error)
{
	for (int i = 0; row->variables[i] != NULL; i++) {
		if (!slice_is(variable, row->variables[i]))
			continue;
		*named |= 1u << i;
		return 0;
	}
	return templates_refuse(row, variable, error);
}

static int templates_read(const struct templates_row *row,
	struct slice template, unsigned *named, struct error *error)
{
	struct template_piece piece;
	struct error why = { 0 };
	int more;

	while ((more = template_next(&template, &piece, &why)) > 0)
		if (piece.variable &&
			templates_name(row, piece.text, named, error))
			return -1;
	return more == 0 ? 0
			 : error_set(error, why.code, "memory.%s: %s",
				   row->name, why.message);
}

static int templates_check_row(const struct templates_row *row,
	struct slice template, struct error *error)
{
	unsigned named = 0;

	if (templates_read(row, template, &named, error))
		return -1;
	for (unsigned i = 0; i < row->needed; i++)
		if ((named >> i & 1) == 0)
			return error_set(error, ERROR_INVALID,
				"memory.%s never names {%s}, and the model "
				"would not see it",
				row->name, row->variables[i]);
	return 0;
}

int templates_check(
	const struct settings *settings, struct slice name, struct error *error)
{
	struct setting_value value;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (slice_is(name, rows[i].name) &&
			settings_find(settings, rows[i].name, &value) &&
			value.given)
			return templates_check_row(&rows[i], value.text, error);
	return 0;
}
