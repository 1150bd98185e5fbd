/* SPDX-License-Identifier: MIT */
/* memories.c - the memory classes and tokenizers that a command has. */
#include "server/cli/memories.h"

#include "server/config/config.h"

int command_memories_open(struct command_memories *memories,
	const struct config *config, struct error *error)
{
	memories->memories.tokenizers = &memories->tokenizers.set;
	memories->memories.wordless = config->search != SEARCH_ON;
	if (plugins_open(&memories->plugins, config->memory_plugin,
		    &memories->memories, error))
		return -1;
	return tokenizer_files_open(
		&memories->tokenizers, &config->tokenizer_files, error);
}

void command_memories_close(struct command_memories *memories)
{
	plugins_close(&memories->plugins);
	tokenizer_files_close(&memories->tokenizers);
}
