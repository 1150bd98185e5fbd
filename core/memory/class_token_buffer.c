/* SPDX-License-Identifier: MIT */
/*
 * class_token_buffer.c - LangChain's ConversationTokenBufferMemory: the end
 * of the history that fits into max_token_limit.
 *
 * LangChain drops the oldest messages of a list in memory when it saves, and
 * nothing of any other history.  Here the history stays whole and what is
 * shown of it is a window like others: no result without its call.
 */
#include "core/memory/memory.h"

static int token_buffer_load_variables(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	struct memory_range range = MEMORY_ALL;

	range.max_tokens = host->setting(memory, "max_token_limit").number;
	if (host->variable(memory, host->setting(memory, "memory_key").text))
		return MEMORY_FAILED;
	return host->history(memory, &range);
}

const struct memory_class memory_token_buffer = {
	.interface = MEMORY_INTERFACE,
	.name = "token_buffer",
	.options = "max_token_limit",
	.pure = true,
	.load_variables = token_buffer_load_variables,
};
