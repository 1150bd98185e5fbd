/* SPDX-License-Identifier: MIT */
/*
 * main.c - finds the command, reads what follows it, and runs it.
 */
#include "schema/error.h"
#include "schema/text.h"
#include "server/cli/command.h"
#include "server/cli/output.h"
#include "server/config/config.h"
#include "server/config/db_url.h"
#include "server/signals.h"
#include "server/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE   2
#define EXIT_DAMAGED 3

static int main_fail(struct error *error)
{
	struct text line = { 0 };

	db_url_hide(error->message);
	output_text(&line, slice_of(error->message), false);
	fprintf(stderr, "chatmem: %.*s\n", (int)line.length,
		line.failed ? "" : line.data);
	text_clear(&line);
	if (error->code == ERROR_DAMAGED)
		return EXIT_DAMAGED;
	return error->code == ERROR_INVALID ? EXIT_USAGE : EXIT_FAILURE;
}

/* `chatmem --db chat.db show ada`: the command comes before its settings. */
static void main_find_command(char **arguments)
{
	char **place = config_first_operand(arguments);
	char *name = place ? *place : NULL;

	if (!name)
		return;
	for (; place > arguments; place--)
		*place = place[-1];
	*arguments = name;
}

/* Takes the command's name off the arguments, if there is one. */
static const struct command *main_read_command(
	char *const **arguments, struct error *error)
{
	const char *name = **arguments;
	const struct command *command;

	if (!name || *name == '-')
		return &commands[0];
	++*arguments;
	command = command_named(name);
	if (!command)
		command_refuse(name, error);
	return command;
}

/* The first names something; a text behind it may be empty. */
static bool main_lacks_operand(
	const struct config *config, struct command_arity arity)
{
	return config->operand_count < arity.least ||
	       (arity.least > 0 && !*config->file);
}

/* Words for what is missing, or empty. */
static int main_refuse_operands(
	const struct command *command, struct error *error)
{
	return error_set(error, ERROR_INVALID, "say: chatmem %s%s%s",
		command->name, command->operands ? " " : "",
		command->operands ? command->operands : "");
}

/* Operands alone: nothing else can keep help from those who need it. */
static int main_read_plain(const struct command *command,
	char *const *arguments, struct config *config, struct error *error)
{
	const struct command_arity arity = command_arity(command);

	for (; *arguments; arguments++)
		if (**arguments != '-' && config->operand_count < arity.most)
			config->operands[config->operand_count++] = *arguments;
	config->file = config->operands[0];
	return main_lacks_operand(config, arity)
		       ? main_refuse_operands(command, error)
		       : 0;
}

static int main_read_arguments(const struct command *command,
	char *const *arguments, struct config *config, struct error *error)
{
	const struct command_arity arity = command_arity(command);

	config->command = command->name;
	config->operands_most = arity.most;
	config->options = command->flags ? command->flags : "";
	if (config_read(config, arguments, environ, error) ||
		db_url_take(config, error))
		return -1;
	if (main_lacks_operand(config, arity) && !config->help &&
		!config->version)
		return main_refuse_operands(command, error);
	return 0;
}

/* Reads what is behind the command, and runs it or what is asked instead. */
static int main_run(const struct command *command, char *const *arguments,
	struct config *config, struct error *error)
{
	if (command->plain)
		return main_read_plain(command, arguments, config, error)
			       ? -1
			       : command->run(config, error);
	if (main_read_arguments(command, arguments, config, error))
		return -1;
	if (config->help)
		return 0;
	if (config->version)
		return command_version(config, error);
	return command->run(config, error);
}

/* Of the command that was named, or of all. */
static int main_help(const char *name, struct error *error)
{
	const struct config asked = { .file = name };

	return command_help(&asked, error);
}

int main(int argc, char *argv[])
{
	char *const *arguments = argv + (argc > 0);
	struct error error = { 0 };
	const struct command *command;
	struct config config = { 0 };
	int result = -1;
	bool named;

	main_find_command(argv + (argc > 0));
	named = *arguments && **arguments != '-';
	output_prepare();
	signals_tell_of_bus();
	command = main_read_command(&arguments, &error);
	if (command)
		result = main_run(command, arguments, &config, &error);
	if (result == 0 && config.help)
		result = main_help(named ? command->name : NULL, &error);
	if (result == 0)
		result = output_end(&error);
	config_clear(&config);
	return result ? main_fail(&error) : EXIT_SUCCESS;
}
