/* SPDX-License-Identifier: MIT */
/* memory_buffer.c - LangChain's BufferMemory: the whole history. */
#include "core/memory.h"

static int load(const struct memory_scope *scope, const struct session *session,
	struct text *out, struct error *error)
{
	return memory_load_last(scope, session, -1, out, error);
}

const struct memory_class memory_buffer = { .name = "buffer", .load = load };
