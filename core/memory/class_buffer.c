/* SPDX-License-Identifier: MIT */
/* class_buffer.c - LangChain's BufferMemory: the whole history. */
#include "core/memory/memory.h"

static int buffer_load_variables(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	const struct memory_range range = MEMORY_ALL;

	if (host->variable(memory, host->setting(memory, "memory_key").text))
		return MEMORY_FAILED;
	return host->history(memory, &range);
}

const struct memory_class memory_buffer = {
	.interface = MEMORY_INTERFACE,
	.name = "buffer",
	.options = "",
	.pure = true,
	.load_variables = buffer_load_variables,
};
