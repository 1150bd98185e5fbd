/* SPDX-License-Identifier: MIT */
/*
 * profile.h - the settings of a session, read from JSON.
 *
 * A draft is filled member by member and then checked; nothing here reads or
 * writes a store, and the caller gives draft->profile to one.  A refusal is
 * ERROR_INVALID (or ERROR_TOO_LARGE) and names the member.
 */
#ifndef CORE_SESSION_PROFILE_H
#define CORE_SESSION_PROFILE_H

#include "core/store/store.h"

/* A profile in the making, with the texts that it borrows from. */
struct profile_draft {
	struct session_profile profile;
	bool patch;	/* its objects are merge patches, or null */
	unsigned given; /* bits of the members that were set */
	struct text owner;
	struct text memory;
	struct text metadata;
};

/* Begins with the profile of a session that sets nothing. */
void profile_start(struct profile_draft *draft);
/* Ends a draft, after a failure as well. */
void profile_clear(struct profile_draft *draft);

/*
 * Sets what the member of this name (a JSON string) says: memory, metadata,
 * owner, ttl_seconds, retain_retired.  The draft borrows the value.  Returns
 * 1, 0 if the member is none of these, or -1.
 */
int profile_apply(struct profile_draft *draft, struct slice name,
	struct slice value, struct error *error);

/*
 * Makes of what is stored what the patch makes of it.  `out` is to be cleared,
 * after a failure as well, and borrows from both.
 */
int profile_patch(struct profile_draft *out,
	const struct session_profile *stored, const struct profile_draft *patch,
	struct error *error);

/* Refuses settings of a memory that no session may have. */
struct memories;
int profile_check(const struct memories *memories,
	const struct session_profile *profile, struct error *error);

/*
 * Refuses what the JSON object `given` sets of the profile's memory, though the
 * class does not have the option, or the template cannot do its work.  Settings
 * that were stored before are not looked at.
 */
int profile_check_given(const struct memories *memories,
	const struct session_profile *profile, struct slice given,
	struct error *error);

#endif
