/* SPDX-License-Identifier: MIT */
/*
 * pack.h - messages of a session that nobody writes to any more, brought next
 * to each other on the disk: whoever reads them again reads a few pages, not
 * one for each.
 *
 * Nobody sees a difference, and it need not be called.
 */
#ifndef CORE_STORE_PACK_H
#define CORE_STORE_PACK_H

#include <stdint.h>

struct error;
struct store;

/*
 * Does a step, in about the time that it takes to look at so many rows, on what
 * was written an hour ago or before; in a batch of the caller's, on the
 * writer's handle.  *due_at: there is no more to do before; INT64_MAX: until
 * there is another message.
 */
int store_pack(struct store *store, int64_t now, int64_t rows, int64_t *due_at,
	struct error *error);

#endif
