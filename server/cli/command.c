/* SPDX-License-Identifier: MIT */
/* command.c - what all commands have in common. */
#include "server/cli/command.h"

#include <stdio.h>
#include <string.h>

#include "core/store/store.h"
#include "schema/error.h"
#include "schema/nearest.h"
#include "server/config/config.h"

const struct command_exit command_exits[] = {
	{ 0, "it was done" },
	{ 1, "it failed, and standard error says why: nothing of that name, "
	     "no answer, no key, a full disk, a pipe that was closed" },
	{ 2, "the arguments, a file that was given, or a setting are wrong" },
	{ 3, "what is stored is damaged" },
	{ 0, NULL },
};

const struct command *command_named(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int command_refuse(const char *name, struct error *error)
{
	struct nearest nearest = { .word = slice_of(name) };

	for (size_t i = 0; i < command_count; i++)
		nearest_try(&nearest, commands[i].name);
	return error_set(error, ERROR_INVALID,
		"\"%s\" is not a command; %s%s%s--help lists them", name,
		nearest.name ? "did you mean " : "",
		nearest.name ? nearest.name : "", nearest.name ? "? " : "");
}

struct command_arity command_arity(const struct command *command)
{
	const char *word = command->operands;
	struct command_arity arity = { 0, 0 };

	while (word && *word) {
		const size_t length = strcspn(word, " ");

		arity.least += *word != '[';
		arity.most++;
		if (memmem(word, length, "...", 3))
			arity.most = CONFIG_LIST_MAX;
		word += length + (word[length] == ' ');
	}
	return arity;
}

void command_warn(void *context, const char *line)
{
	(void)context;
	fprintf(stderr, "chatmem: %s\n", line);
}

void command_warn_none(const struct config *config, const char *line)
{
	fprintf(stderr, "chatmem: %s%s\n", line,
		config->url || config->tenant
			? ""
			: "; only what is no tenant's was looked at, "
			  "--tenant names one");
}

struct store_options command_store(const struct config *config)
{
	return (struct store_options){
		.url = config->db_url ? config->db_url : config->db,
		.relaxed = config->durability == DURABILITY_NORMAL,
		.replicated = config->db_durability == DB_DURABILITY_REPLICATED,
		.search = config->search == SEARCH_ON,
		.quota_as_before = true,
		.sqlite = &config->sqlite,
		.warn = command_warn,
	};
}

struct store_options command_store_to_copy(const struct config *config)
{
	struct store_options options = command_store(config);

	options.search = false;
	return options;
}
