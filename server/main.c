/* SPDX-License-Identifier: MIT */
/*
 * main.c - the commands.
 */
#include "schema/error.h"
#include "server/cli/backup.h"
#include "server/cli/check.h"
#include "server/cli/commands.h"
#include "server/cli/health.h"
#include "server/cli/key.h"
#include "server/cli/migrate.h"
#include "server/config/config.h"
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

/* The first command is run where no name is given. */
static const struct main_command {
	const char *name;
	int (*run)(const struct config *config, struct error *error);
	const char *file; /* the word for what follows; NULL: nothing */
	const char *help;
} commands[] = {
	{ "serve", serve, NULL, "answer requests; needs not be said" },
	{ "health", main_health, NULL,
		"ask the server at --listen whether it is ready" },
	{ "export", command_export, NULL,
		"print a tenant's sessions as lines, also beside a server" },
	{ "import", command_import, "FILE",
		"read such lines, - for standard input; again is no harm" },
	{ "backup", command_backup, "FILE",
		"copy the file into a new one, also beside a server" },
	{ "restore", command_restore, "FILE",
		"put a backup in the place of the file, which is kept" },
	{ "migrate", command_migrate, NULL,
		"bring an older file up to date, as a start does" },
	{ "check", command_check, NULL,
		"is all of it what was stored? also beside a server" },
	{ "key", command_key, "TENANT",
		"print a new API key, and the line for --api-keys" },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static int main_print_help(void)
{
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
	return EXIT_SUCCESS;
}

static int main_print_version(void)
{
	printf("chatmem %s\nlibmicrohttpd %s\njansson %s\nSQLite %s\n"
	       "GnuTLS %s\n",
		CHATMEM_VERSION, MHD_get_version(), jansson_version_str(),
		sqlite3_libversion(), gnutls_check_version(NULL));
	if (upstream_library())
		printf("libcurl %s\n", upstream_library());
	return EXIT_SUCCESS;
}

static int main_fail(const struct error *error)
{
	fprintf(stderr, "chatmem: %s\n", error->message);
	if (error->code == ERROR_DAMAGED)
		return EXIT_DAMAGED;
	return error->code == ERROR_INVALID ? EXIT_USAGE : EXIT_FAILURE;
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
	error_describe(error, ERROR_INVALID,
		"\"%s\" is not a command; --help lists them", name);
	return NULL;
}

/* The argument of the command comes right behind it. */
static int main_read_file(const struct main_command *command,
	char *const **arguments, const char **file, struct error *error)
{
	*file = NULL;
	if (!command->file || (**arguments && !strcmp(**arguments, "--help")))
		return 0;
	*file = **arguments;
	if (!*file || (**file == '-' && strcmp(*file, "-") != 0))
		return error_set(error, ERROR_INVALID, "say: chatmem %s %s",
			command->name, command->file);
	++*arguments;
	return 0;
}

int main(int argc, char *argv[])
{
	char *const *arguments = argv + (argc > 0);
	struct error error = { 0 };
	const struct main_command *command =
		main_read_command(&arguments, &error);
	struct config config = { 0 };
	const char *file;
	int status;

	if (!command || main_read_file(command, &arguments, &file, &error) ||
		config_read(&config, arguments, environ, &error)) {
		config_clear(&config);
		return main_fail(&error);
	}
	config.file = file;
	if (config.help)
		status = main_print_help();
	else if (config.version)
		status = main_print_version();
	else
		status = command->run(&config, &error) ? main_fail(&error)
						       : EXIT_SUCCESS;
	config_clear(&config);
	return status;
}
