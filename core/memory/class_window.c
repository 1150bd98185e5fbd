/* SPDX-License-Identifier: MIT */
/*
 * class_window.c - LangChain's BufferWindowMemory: the last 2k messages.
 *
 * It counts messages, not turns, and k = 0 means none, as in Python.
 */
#include "core/memory/memory.h"

static int window_load_variables(struct memory *memory)
{
	const struct memory_host *host = memory->host;
	const int64_t k = host->setting(memory, "k").number;
	struct memory_range range = MEMORY_ALL;

	if (k < INT64_MAX / 4)
		range.last = 2 * k;
	if (host->variable(memory, host->setting(memory, "memory_key").text))
		return MEMORY_FAILED;
	return host->history(memory, &range);
}

const struct memory_class memory_window = {
	.interface = MEMORY_INTERFACE,
	.name = "window",
	.options = "k",
	.pure = true,
	.load_variables = window_load_variables,
};
