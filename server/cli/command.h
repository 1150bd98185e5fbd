/* SPDX-License-Identifier: MIT */
/*
 * command.h - the commands: a file each, and a row in server/commands.c, of
 * which help, completion and the manual are made as well.
 */
#ifndef SERVER_CLI_COMMAND_H
#define SERVER_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct error;
struct store_options;

typedef int command_runner(const struct config *config, struct error *error);

/* The texts are literals. */
struct command {
	const char *name;
	command_runner *run;
	/* Words for what follows: "NAME", "[PREFIX]", "WORD..."; or NULL. */
	const char *operands;
	const char *help; /* a clause */
	const char *more; /* sentences beneath it; NULL: none */
	/*
	 * The settings that matter to it, between spaces; of the options it
	 * takes no others.
	 */
	const char *flags;
	const char *heading; /* of the commands from this on; NULL: goes on */
	bool plain;	     /* reads no settings, whatever follows */
};

/* The first one is run where no name is given. */
extern const struct command commands[];
extern const size_t command_count;

/* NULL: there is none of this name. */
const struct command *command_named(const char *name);
/* ERROR_INVALID names the command that was meant. */
int command_refuse(const char *name, struct error *error);
/* How many operands it takes, from the words for them. */
struct command_arity {
	size_t least;
	size_t most;
};
struct command_arity command_arity(const struct command *command);

/* The exit status of chatmem, and when it is that; ends with a NULL. */
struct command_exit {
	int status;
	const char *when;
};
extern const struct command_exit command_exits[];

/* Each of these is described in its row. */
command_runner command_sessions, command_show, command_tail, command_search,
	command_load, command_append, command_fork, command_erase;
command_runner command_export, command_import, command_backup, command_restore,
	command_check, command_migrate, command_health, command_key;
command_runner command_help, command_completion, command_manual;

/* Prints a line `chatmem: …` on standard error; a sink of warnings. */
void command_warn(void *context, const char *line);

/*
 * The same, of what was not found; where the store was asked for sessions of
 * no tenant, it says so.
 */
void command_warn_none(const struct config *config, const char *line);

/*
 * The store that the settings name, for any quota: a command may not be told
 * of the server's.  Warns on standard error.
 */
struct store_options command_store(const struct config *config);
/* The same without the index of words, which may be damaged. */
struct store_options command_store_to_copy(const struct config *config);

#endif
