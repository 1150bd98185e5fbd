/* SPDX-License-Identifier: MIT */
/* config.c - the settings: flag, else file, else environment, else default. */
#include "server/config/config.h"

#include "schema/error.h"
#include "server/auth/address.h"
#include "server/auth/secret.h"
#include "server/config/config_file.h"
#include "server/config/config_name.h"
#include "server/config/config_table.h"
#include "server/config/config_value.h"
#include "server/observe/log.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "CHATMEM_"

static bool config_is_switch(const struct config_row *setting)
{
	return setting->kind == KIND_SWITCH || setting->kind == KIND_ACTION;
}

/* --- sources ---------------------------------------------------------- */

static int config_set_value(const struct config_row *setting,
	struct config *config, const char *value, struct error *error)
{
	void *member = (char *)config + setting->offset;
	struct address address;

	switch (setting->kind) {
	case KIND_ADDRESS:
		if (address_parse(value, &address, error))
			return -1;
		__attribute__((fallthrough));
	case KIND_TEXT:
	case KIND_OPTION:
	case KIND_SECRET:
		*(const char **)member = value;
		return 0;
	case KIND_SWITCH:
	case KIND_ACTION:
		return value_switch(value, member, error);
	case KIND_CHOICE:
		return value_choice(value, setting->words, member, error);
	case KIND_NUMBER:
		return value_number(value, &setting->range, member, error);
	case KIND_BYTES:
		return value_bytes(value, &setting->range, member, error);
	case KIND_LIST:
		return value_list(value, config->source, member, error);
	}
	return 0;
}

/* The same, with the flag or variable in front of what is wrong. */
static int config_set_from(const char *label, const struct config_row *setting,
	struct config *config, const char *value, struct error *error)
{
	struct error why = { 0 };

	if (!config_set_value(setting, config, value, &why))
		return 0;
	return error_set(error, why.code, "%s: %s", label, why.message);
}

static int config_read_defaults(struct config *config, struct error *error)
{
	*config = (struct config){
		.command = config->command,
		.operands_most = config->operands_most,
		.options = config->options,
	};
	for (size_t i = 0; i < config_row_count; i++)
		if (config_rows[i].standard &&
			config_set_value(&config_rows[i], config,
				config_rows[i].standard, error))
			return -1;
	return 0;
}

/* Its value in the environment; NULL if it is not set, or empty. */
static const char *config_find_variable(
	char *const environment[], const char *name)
{
	const size_t length = strlen(name);

	for (; *environment; environment++) {
		const char *entry = *environment;

		if (!strncmp(entry, name, length) && entry[length] == '=')
			return entry[length + 1] ? entry + length + 1 : NULL;
	}
	return NULL;
}

static int config_read_environment(
	struct config *config, char *const environment[], struct error *error)
{
	config->source++;
	for (size_t i = 0; i < config_row_count; i++) {
		char name[LABEL_MAX];
		const char *value = NULL;

		config_variable_name(&config_rows[i], name);
		if (config_has_variable(&config_rows[i]))
			value = config_find_variable(environment, name);
		if (value && config_set_from(name, &config_rows[i], config,
				     value, error))
			return -1;
	}
	return 0;
}

/* `chatmem check backup.db` is a habit of other programs. */
static int config_refuse_operand(
	const struct config *config, const char *operand, struct error *error)
{
	const bool file = config->operands_most == 0 && config->options &&
			  config_name_is_among(SLICE("db"), config->options);

	return error_set(error, ERROR_INVALID,
		"\"%s\" is out of place; %schatmem help %s says what it takes",
		operand, file ? "if it is the store say --db before it; " : "",
		config->command ? config->command : "COMMAND");
}

static int config_take_operand(
	struct config *config, const char *operand, struct error *error)
{
	if (config->operand_count == config->operands_most)
		return config_refuse_operand(config, operand, error);
	config->operands[config->operand_count++] = operand;
	config->file = config->operands[0];
	return 0;
}

/* May the row be given as a flag, and here? */
static int config_check_flag(const struct config *config,
	const struct config_row *setting, struct error *error)
{
	char variable[LABEL_MAX];

	if (!config_has_flag(setting)) {
		config_variable_name(setting, variable);
		return error_set(error, ERROR_INVALID,
			"--%s: other users can see arguments; set %s",
			setting->name, variable);
	}
	if (!setting->options || !config->options ||
		config_name_is_among(slice_of(setting->name), config->options))
		return 0;
	return error_set(error, ERROR_INVALID,
		"--%s has no meaning here; chatmem help %s says what it takes",
		setting->name, config->command ? config->command : "COMMAND");
}

/* Reads the flag at *arguments, and its value if that follows. */
static int config_read_flag(
	struct config *config, char *const **arguments, struct error *error)
{
	const char *flag = **arguments;
	const size_t length = strcspn(flag, "=");
	const struct slice name = { flag, length };
	const struct config_row *setting = config_find_flag(name);
	const char *value = flag[length] ? flag + length + 1 : NULL;
	char label[LABEL_MAX];

	if (!setting)
		return config_refuse_flag(name, error);
	if (config_check_flag(config, setting, error))
		return -1;
	snprintf(label, sizeof(label), "--%s", setting->name);
	if (!value && config_is_switch(setting))
		value = "true";
	if (!value)
		value = *++*arguments;
	if (!value)
		return error_set(
			error, ERROR_INVALID, "%s needs a value", label);
	return config_set_from(label, setting, config, value, error);
}

char **config_first_operand(char **arguments)
{
	for (; *arguments; arguments++) {
		const char *flag = *arguments;
		const size_t length = strcspn(flag, "=");
		const struct config_row *setting;

		if (flag[0] != '-' || !flag[1])
			return arguments;
		setting = config_find_flag((struct slice){ flag, length });
		if (!setting)
			return NULL;
		if (!flag[length] && !config_is_switch(setting) && arguments[1])
			arguments++;
	}
	return NULL;
}

/* Flags and operands in any order; behind -- there are operands only. */
static int config_read_arguments(
	struct config *config, char *const *arguments, struct error *error)
{
	bool flags = true;

	for (; *arguments; arguments++) {
		const char *argument = *arguments;

		if (flags && !strcmp(argument, "--")) {
			flags = false;
			continue;
		}
		if (flags && argument[0] == '-' && argument[1]
				? config_read_flag(config, &arguments, error)
				: config_take_operand(config, argument, error))
			return -1;
	}
	return 0;
}

static int config_read_sources(struct config *config,
	const struct config_sources *sources, struct error *error)
{
	if (config_read_defaults(config, error) ||
		config_read_environment(config, sources->environment, error))
		return -1;
	if (sources->lines &&
		config_read_environment(config, sources->lines, error))
		return -1;
	config->source++;
	return config_read_arguments(config, sources->arguments, error);
}

static bool config_is_setting(const char *entry)
{
	char name[LABEL_MAX];

	for (size_t i = 0; i < config_row_count; i++) {
		config_variable_name(&config_rows[i], name);
		if (config_has_variable(&config_rows[i]) &&
			strcspn(entry, "=") == strlen(name) &&
			!strncmp(entry, name, strlen(name)))
			return true;
	}
	return false;
}

static int config_refuse_line(
	const char *line, const char *path, struct error *error)
{
	char meant[LABEL_MAX];
	const bool near = config_variable_meant(line, meant);

	return error_set(error, ERROR_INVALID,
		"%s: \"%.*s\" is not a setting; %s%s%s--help lists them all",
		path, (int)strcspn(line, "="), line,
		near ? "did you mean " : "", near ? meant : "",
		near ? "? " : "");
}

static int config_read_file(
	struct config_sources *sources, const char *path, struct error *error)
{
	if (config_file_read(&sources->lines, path, error))
		return -1;
	for (char **line = sources->lines; *line; line++)
		if (!config_is_setting(*line))
			return config_refuse_line(*line, path, error);
	return 0;
}

int config_read(struct config *config, char *const arguments[],
	char *const environment[], struct error *error)
{
	struct config_sources sources = { arguments, NULL, environment };
	int result = config_read_sources(config, &sources, error);

	if (!result && config->config_file)
		result = config_read_file(
				 &sources, config->config_file, error) ||
			 config_read_sources(config, &sources, error);
	config->sources = sources;
	return result ? -1 : 0;
}

void config_clear(struct config *config)
{
	free(config->sources.lines);
	secret_free(config->db_url);
	secret_free(config->db_listen_url);
	free(config->db_shown);
	*config = (struct config){ 0 };
}

static void config_warn_of_variables(char *const environment[])
{
	for (; *environment; environment++) {
		const char *entry = *environment;
		char name[LABEL_MAX], meant[LABEL_MAX];

		if (strncmp(entry, PREFIX, strlen(PREFIX)) ||
			config_is_setting(entry))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(entry, "="),
			entry);
		if (config_variable_meant(entry, meant))
			log_line(LOG_WARNING, "this variable is no setting",
				"name", name, "nearest", meant, NULL);
		else
			log_line(LOG_WARNING, "this variable is no setting",
				"name", name, NULL);
	}
}

/* The text of the setting of this name, or NULL. */
static const char *config_text(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config_row_count; i++)
		if (!strcmp(config_rows[i].name, name))
			return *(const char *const *)((const char *)config +
						      config_rows[i].offset);
	return NULL;
}

/* Rows that need another one are texts, and so are those that they need. */
static void config_warn_of_needs(const struct config *config)
{
	for (size_t i = 0; i < config_row_count; i++) {
		const struct config_row *row = &config_rows[i];
		char name[LABEL_MAX], words[2 * LABEL_MAX];

		if (!row->needs || config_text(config, row->needs) ||
			!config_text(config, row->name))
			continue;
		config_variable_name(row, name);
		snprintf(words, sizeof(words),
			"this setting has no effect without --%s", row->needs);
		log_line(LOG_WARNING, words, "name", name, NULL);
	}
}

void config_warn(const struct config *config, char *const environment[])
{
	config_warn_of_variables(environment);
	config_warn_of_needs(config);
}
