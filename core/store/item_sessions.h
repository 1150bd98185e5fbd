/* SPDX-License-Identifier: MIT */
/*
 * item_sessions.h - the sessions that may have an item, by its id alone.
 */
#ifndef CORE_STORE_ITEM_SESSIONS_H
#define CORE_STORE_ITEM_SESSIONS_H

#include "core/store/store.h"

/* An item's id, whole: a client's own, or the server's MARK-SEQ. */
struct item_search {
	struct slice tenant;
	struct slice id;
	int64_t now;
};
/* Is called for the name of each session; returns 0, or 1 to stop. */
struct name_visitor {
	int (*visit)(void *context, struct slice name);
	void *context;
};

/*
 * Visits sessions of the tenant that have, or had, a message with this id that
 * came as an item: the newest first, then those that begin with messages of
 * such a one, which may be erased.  Neither expired nor disowned ones are among
 * them.  Of an id that many histories have (a client's, of several tenants) a
 * thousand are looked at.  A session may come twice.
 */
int store_item_sessions(struct store *store, const struct item_search *search,
	struct name_visitor visitor, struct error *error);

#endif
