/* SPDX-License-Identifier: MIT */
/* recent_profile.c - copies of profiles that several threads read. */
#include "core/store/recent_view.h"

#include <stdlib.h>
#include <string.h>

static struct slice recent_profile_copy(
	struct recent_profile *profile, struct slice text)
{
	const struct slice copy = { profile->bytes + profile->length,
		text.length };

	if (text.length)
		memcpy(profile->bytes + profile->length, text.data,
			text.length);
	profile->length += text.length;
	return copy;
}

struct recent_profile *recent_profile_new(const struct session_profile *from)
{
	struct recent_profile *profile =
		malloc(sizeof(*profile) + from->owner.length +
			from->memory.length + from->metadata.length);

	if (!profile)
		return NULL;
	atomic_init(&profile->references, 1);
	profile->length = 0;
	profile->profile = *from;
	profile->profile.owner = recent_profile_copy(profile, from->owner);
	profile->profile.memory = recent_profile_copy(profile, from->memory);
	profile->profile.metadata =
		recent_profile_copy(profile, from->metadata);
	return profile;
}

struct recent_profile *recent_profile_keep(struct recent_profile *profile)
{
	if (profile)
		atomic_fetch_add(&profile->references, 1);
	return profile;
}

void recent_profile_free(struct recent_profile *profile)
{
	if (!profile || atomic_fetch_sub(&profile->references, 1) > 1)
		return;
	explicit_bzero(profile->bytes, profile->length);
	free(profile);
}
