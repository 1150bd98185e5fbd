/* SPDX-License-Identifier: MIT */
/*
 * main.c - the commands.
 */
#include "schema/error.h"
#include "server/caller.h"
#include "server/config.h"
#include "server/health.h"
#include "server/libraries.h"
#include "server/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2

static int health(const struct config *config, struct error *error)
{
	return health_ask(config->listen, error);
}

/* Without a name the first one is run. */
static const struct command {
	const char *name;
	int (*run)(const struct config *config, struct error *error);
	const char *help;
} commands[] = {
	{ "serve", serve, "answer requests; needs not be said" },
	{ "health", health, "ask the server at --listen whether it is ready" },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static int print_help(void)
{
	puts("chatmem - chat histories over HTTP: exact transcripts, exactly "
	     "once\n\nUsage: chatmem [COMMAND] [--SETTING VALUE]...\n\n"
	     "Commands:");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-36s %s\n", commands[i].name, commands[i].help);
	puts("\nSettings; --max-body can also be given as CHATMEM_MAX_BODY, "
	     "and so on:");
	config_help(stdout);
	return EXIT_SUCCESS;
}

static int print_version(void)
{
	printf("chatmem %s\nlibmicrohttpd %s\njansson %s\nSQLite %s\n"
	       "GnuTLS %s\n",
		CHATMEM_VERSION, MHD_get_version(), jansson_version_str(),
		sqlite3_libversion(), gnutls_check_version(NULL));
	if (caller_library())
		printf("libcurl %s\n", caller_library());
	return EXIT_SUCCESS;
}

static int fail(const struct error *error)
{
	fprintf(stderr, "chatmem: %s\n", error->message);
	return error->code == ERROR_INVALID ? EXIT_USAGE : EXIT_FAILURE;
}

/* Takes the command's name off the arguments, if there is one. */
static const struct command *read_command(
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

int main(int argc, char *argv[])
{
	char *const *arguments = argv + (argc > 0);
	struct error error = { 0 };
	const struct command *command = read_command(&arguments, &error);
	struct config config;

	if (!command || config_read(&config, arguments, environ, &error))
		return fail(&error);
	if (config.help)
		return print_help();
	if (config.version)
		return print_version();
	return command->run(&config, &error) ? fail(&error) : EXIT_SUCCESS;
}
