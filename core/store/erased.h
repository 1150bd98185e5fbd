/* SPDX-License-Identifier: MIT */
/*
 * erased.h - the journal of erasures.
 *
 * A backup brings back what was erased after it was made, unless that is
 * remembered.  The journal is a table, so that an entry is there if and only
 * if the erasure is; it is part of later backups, and tells them from earlier
 * ones.  An entry is a digest of the session's mark as it is kept, 64 random
 * bits which no epoch and no export changes: whoever steals a backup learns no
 * name from it, and needs no key to be kept from it.  Messages that are
 * removed, and what expires, are no erasures.
 */
#ifndef CORE_STORE_ERASED_H
#define CORE_STORE_ERASED_H

#include "core/store/store.h"

#define ERASED_DIGEST_BYTES 16

/* Of a mark as it is kept. */
int erased_digest(struct slice mark, unsigned char digest[ERASED_DIGEST_BYTES],
	struct error *error);

/*
 * Erases the sessions that the journal says are to be erased again, as
 * store_session_erase() does, and *count: so many there were.  Outside of a
 * batch, on the writer's handle; maintenance does the rest.
 */
int store_erase_again(
	struct store *store, int64_t now, int64_t *count, struct error *error);

#endif
