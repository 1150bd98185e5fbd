/* SPDX-License-Identifier: MIT */
/*
 * change_feed.h - which sessions changed, and what happened to them.
 */
#ifndef CORE_STORE_CHANGE_FEED_H
#define CORE_STORE_CHANGE_FEED_H

#include "core/store/store.h"

/* A number for a session's names, where a rare mistake is harmless. */
uint64_t store_session_key(struct session_ref ref);

#define STORE_CHANGES_MAX 512

/* The sessions that a batch changed, made or erased, and maybe some more. */
struct store_changes {
	uint64_t keys[STORE_CHANGES_MAX];
	size_t count;
	bool all; /* too many to be named */
};

/* The changes of the last batch; borrowed until the next.  The writer's. */
const struct store_changes *store_changes(const struct store *store);

/* It moves when a session changes, is made or is erased. */
struct store_version {
	int64_t session; /* its id; 0: there is none */
	int64_t version;
};

/* Only where other processes write, too; else store_changes() has it all. */
bool store_has_versions(const struct store *store);
/* The versions of so many sessions, at once. */
int store_versions(struct store *store, const struct session_ref *refs,
	size_t count, struct store_version *out, struct error *error);

/* A version changed these messages; there are some that changed none. */
struct store_change {
	int64_t version;
	/* New, or edited, as it was then; NULL: messages were removed. */
	const struct message_row *row;
	int64_t first; /* the seqs that are gone, to `last` */
	int64_t last;
};

/* Is called for each change; returns 0 to go on and 1 to stop. */
struct change_visitor {
	int (*visit)(void *context, const struct store_change *change);
	void *context;
};

/*
 * Visits in order what happened after the version `after`, which is not below
 * session->purged.
 */
int store_change_feed(struct store *store, const struct session *session,
	int64_t after, struct change_visitor visitor, struct error *error);

#endif
