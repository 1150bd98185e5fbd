/* SPDX-License-Identifier: MIT */
/*
 * memory_window.c - LangChain's BufferWindowMemory: the last 2k messages.
 *
 * It counts messages, not turns, and k = 0 means none, as in Python.
 */
#include "core/memory.h"

static int load(const struct memory_scope *scope, const struct session *session,
	struct text *out, struct error *error)
{
	const int64_t k = scope->settings->k;

	return memory_load_last(
		scope, session, k < INT64_MAX / 4 ? 2 * k : -1, out, error);
}

const struct memory_class memory_window = { .name = "window", .load = load };
