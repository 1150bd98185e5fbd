/* SPDX-License-Identifier: MIT */
/*
 * memories.h - the memory classes and tokenizers that a command has, without a
 * model.
 */
#ifndef SERVER_CLI_MEMORIES_H
#define SERVER_CLI_MEMORIES_H

#include "core/memory/registry.h"
#include "server/config/plugins.h"
#include "server/config/tokenizers.h"

struct config;
struct error;

/* Starts as {0}. */
struct command_memories {
	struct memories memories;
	struct plugins plugins;
	struct tokenizer_files tokenizers;
};

/* To be closed, also after a failure; must not be moved meanwhile. */
int command_memories_open(struct command_memories *memories,
	const struct config *config, struct error *error);
void command_memories_close(struct command_memories *memories);

#endif
