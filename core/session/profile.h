/* SPDX-License-Identifier: MIT */
/*
 * profile.h - what may be set of a session, read from JSON.
 */
#ifndef CORE_SESSION_PROFILE_H
#define CORE_SESSION_PROFILE_H

#include "core/store/store.h"

/* A profile in the making, with the texts that it borrows from. */
struct profile_draft {
	struct session_profile profile;
	bool patch; /* objects are merge patches of those in `profile` */
	struct text owner;
	struct text memory;
	struct text metadata;
};

/* Begins with what a session has that sets nothing. */
void profile_start(struct profile_draft *draft);
void profile_clear(struct profile_draft *draft);

/*
 * Sets what the member of this name (a JSON string) says, which must outlive
 * the draft: memory, metadata, owner, ttl_seconds, retain_retired.  Returns 1,
 * or 0 if it is none of these.
 */
int profile_apply(struct profile_draft *draft, struct slice name,
	struct slice value, struct error *error);

/* Are its memory settings ones that a session may have? */
struct memories;
int profile_check(const struct memories *memories,
	const struct session_profile *profile, struct error *error);

#endif
