/* SPDX-License-Identifier: MIT */
/*
 * main.c - the commands.
 */
#include "schema/error.h"
#include "schema/nearest.h"
#include "server/cli/backup.h"
#include "server/cli/check.h"
#include "server/cli/commands.h"
#include "server/cli/health.h"
#include "server/cli/key.h"
#include "server/cli/migrate.h"
#include "server/config/config.h"
#include "server/config/db_url.h"
#include "server/libraries.h"
#include "server/serve.h"
#include "server/upstream/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE   2
#define EXIT_DAMAGED 3

static int main_health(const struct config *config, struct error *error)
{
	return health_ask(config->listen, error);
}

static int main_help(const struct config *config, struct error *error);
static int main_version(const struct config *config, struct error *error);

/* The first command is run where no name is given. */
static const struct main_command {
	const char *name;
	int (*run)(const struct config *config, struct error *error);
	const char *file; /* the word for what follows; NULL: nothing */
	const char *help;
	bool plain; /* reads no settings, whatever follows */
} commands[] = {
	{ "serve", serve, NULL, .help = "answer requests; needs not be said" },
	{ "health", main_health, NULL,
		.help = "ask the server at --listen whether it is ready" },
	{ "export", command_export, NULL,
		.help = "print a tenant's sessions as lines, also beside a "
			"server" },
	{ "import", command_import, "FILE",
		.help = "read such lines, - for standard input; again is no "
			"harm" },
	{ "backup", command_backup, "FILE",
		.help = "copy the file into a new one, also beside a server" },
	{ "restore", command_restore, "FILE",
		.help = "put a backup in the place of the file, which is "
			"kept" },
	{ "migrate", command_migrate, NULL,
		.help = "bring an older file up to date, as a start does" },
	{ "check", command_check, NULL,
		.help = "is all of it what was stored? also beside a server" },
	{ "key", command_key, "TENANT",
		.help = "print a new API key, and the line for --api-keys" },
	{ "help", main_help, NULL, .help = "print this; also --help, -h",
		.plain = true },
	{ "version", main_version, NULL,
		.help = "print what this is made of; also --version, -V",
		.plain = true },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static int main_help(const struct config *config, struct error *error)
{
	(void)config;
	(void)error;
	puts("chatmem - chat histories over HTTP: exact transcripts, exactly "
	     "once\n\nUsage: chatmem [COMMAND [FILE]] [--SETTING VALUE]...\n\n"
	     "Commands:");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %s %-*s %s\n", commands[i].name,
			35 - (int)strlen(commands[i].name),
			commands[i].file ? commands[i].file : "",
			commands[i].help);
	puts("\nSettings; --max-body can also be given as CHATMEM_MAX_BODY, "
	     "and so on:");
	config_help(stdout);
	return 0;
}

static int main_version(const struct config *config, struct error *error)
{
	(void)config;
	(void)error;
	printf("chatmem %s\nlibmicrohttpd %s\njansson %s\nSQLite %s\n"
	       "GnuTLS %s\n",
		CHATMEM_VERSION, MHD_get_version(), jansson_version_str(),
		sqlite3_libversion(), gnutls_check_version(NULL));
	if (upstream_library())
		printf("libcurl %s\n", upstream_library());
	return 0;
}

static int main_fail(struct error *error)
{
	db_url_hide(error->message);
	fprintf(stderr, "chatmem: %s\n", error->message);
	if (error->code == ERROR_DAMAGED)
		return EXIT_DAMAGED;
	return error->code == ERROR_INVALID ? EXIT_USAGE : EXIT_FAILURE;
}

static const struct main_command *main_refuse_command(
	const char *name, struct error *error)
{
	struct nearest nearest = { .word = slice_of(name) };

	for (size_t i = 0; i < COMMAND_COUNT; i++)
		nearest_try(&nearest, commands[i].name);
	error_describe(error, ERROR_INVALID,
		"\"%s\" is not a command; %s%s%s--help lists them", name,
		nearest.name ? "did you mean " : "",
		nearest.name ? nearest.name : "", nearest.name ? "? " : "");
	return NULL;
}

/* Takes the command's name off the arguments, if there is one. */
static const struct main_command *main_read_command(
	char *const **arguments, struct error *error)
{
	const char *name = **arguments;

	if (!name || *name == '-')
		return &commands[0];
	++*arguments;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return main_refuse_command(name, error);
}

/* The argument of a command stands right behind it, or among the flags. */
static int main_read_arguments(const struct main_command *command,
	char *const *arguments, struct config *config, struct error *error)
{
	config->wants_file = command->file != NULL;
	if (config_read(config, arguments, environ, error) ||
		db_url_take(config, error))
		return -1;
	if (config->wants_file && !config->file && !config->help &&
		!config->version)
		return error_set(error, ERROR_INVALID, "say: chatmem %s %s",
			command->name, command->file);
	return 0;
}

/* Reads what is behind the command, and runs it or what is asked instead. */
static int main_run(const struct main_command *command, char *const *arguments,
	struct config *config, struct error *error)
{
	if (command->plain)
		return command->run(config, error);
	if (main_read_arguments(command, arguments, config, error))
		return -1;
	if (config->help)
		return main_help(config, error);
	if (config->version)
		return main_version(config, error);
	return command->run(config, error);
}

int main(int argc, char *argv[])
{
	char *const *arguments = argv + (argc > 0);
	struct error error = { 0 };
	const struct main_command *command =
		main_read_command(&arguments, &error);
	struct config config = { 0 };
	int result = -1;

	if (command)
		result = main_run(command, arguments, &config, &error);
	config_clear(&config);
	return result ? main_fail(&error) : EXIT_SUCCESS;
}
