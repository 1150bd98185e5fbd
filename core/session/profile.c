/* SPDX-License-Identifier: MIT */
/* profile.c - what may be set of a session, read from JSON. */
#include "core/session/profile.h"

#include <assert.h>
#include <string.h>

#include "core/chain/chain.h"
#include "core/memory/run.h"
#include "schema/error.h"
#include "schema/json/merge.h"
#include "schema/json/value.h"
#include "schema/memory/settings.h"
#include "schema/memory/templates.h"

#define OWNER_MOST   255
#define MEMORY_MOST  (1 << 20)		 /* bytes of its settings */
#define SECONDS_MOST INT64_C(3153600000) /* a hundred years */

void profile_start(struct profile_draft *draft)
{
	*draft = (struct profile_draft){
		.profile = {
			.memory = SLICE("{}"),
			.metadata = SLICE("{}"),
			.retain_retired = -1,
		},
	};
}

void profile_clear(struct profile_draft *draft)
{
	text_clear(&draft->owner);
	text_clear(&draft->memory);
	text_clear(&draft->metadata);
}

/* Reads a member that is an object, or null in a patch. */
static int profile_apply_object(const struct profile_draft *draft,
	const char *name, struct slice value, struct slice *out,
	struct error *error)
{
	const enum json_kind kind = json_kind(value);

	*out = value;
	if (kind == JSON_KIND_OBJECT ||
		(draft->patch && kind == JSON_KIND_NULL))
		return 0;
	return error_set(error, ERROR_INVALID, "%s must be an object, not %.*s",
		name, SLICE_SHORT(value));
}

static int profile_apply_memory(
	struct profile_draft *draft, struct slice value, struct error *error)
{
	return profile_apply_object(
		draft, "memory", value, &draft->profile.memory, error);
}

static int profile_apply_metadata(
	struct profile_draft *draft, struct slice value, struct error *error)
{
	return profile_apply_object(
		draft, "metadata", value, &draft->profile.metadata, error);
}

static int profile_apply_owner(
	struct profile_draft *draft, struct slice value, struct error *error)
{
	struct text *owner = &draft->owner;
	const enum json_kind kind = json_kind(value);

	if (kind != JSON_KIND_NULL &&
		(kind != JSON_KIND_STRING || !json_decode(owner, value) ||
			owner->length < 1 || owner->length > OWNER_MOST ||
			memchr(owner->data, '\0', owner->length) != NULL) &&
		!owner->failed)
		return error_set(error, ERROR_INVALID,
			"owner must be a string of 1 to %d bytes, without "
			"U+0000 and half a surrogate pair, or null, not %.*s",
			OWNER_MOST, SLICE_SHORT(value));
	draft->profile.owner = text_view(owner);
	return owner->failed ? error_out_of_memory(error) : 0;
}

/* A member that is a number of seconds. */
struct profile_seconds {
	const char *name;
	int64_t least;
	int64_t none; /* says null */
};

static int profile_apply_seconds(struct profile_seconds member,
	struct slice value, int64_t *out, struct error *error)
{
	*out = member.none;
	if (json_kind(value) == JSON_KIND_NULL)
		return 0;
	if (!json_int64(value, out) || *out < member.least ||
		*out > SECONDS_MOST)
		return error_set(error, ERROR_INVALID,
			"%s must be a whole number from %lld to %lld, or "
			"null, not %.*s",
			member.name, (long long)member.least,
			(long long)SECONDS_MOST, SLICE_SHORT(value));
	return 0;
}

static int profile_apply_ttl(
	struct profile_draft *draft, struct slice value, struct error *error)
{
	return profile_apply_seconds(
		(struct profile_seconds){ "ttl_seconds", 1, 0 }, value,
		&draft->profile.ttl_seconds, error);
}

static int profile_apply_retain(
	struct profile_draft *draft, struct slice value, struct error *error)
{
	return profile_apply_seconds(
		(struct profile_seconds){ "retain_retired", 0, -1 }, value,
		&draft->profile.retain_retired, error);
}

enum {
	MEMBER_MEMORY,
	MEMBER_METADATA,
	MEMBER_OWNER,
	MEMBER_TTL,
	MEMBER_RETAIN
};

static const struct profile_member {
	const char *name;
	int (*apply)(struct profile_draft *draft, struct slice value,
		struct error *error);
} members[] = {
	[MEMBER_MEMORY] = { "memory", profile_apply_memory },
	[MEMBER_METADATA] = { "metadata", profile_apply_metadata },
	[MEMBER_OWNER] = { "owner", profile_apply_owner },
	[MEMBER_TTL] = { "ttl_seconds", profile_apply_ttl },
	[MEMBER_RETAIN] = { "retain_retired", profile_apply_retain },
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

int profile_apply(struct profile_draft *draft, struct slice name,
	struct slice value, struct error *error)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		if (!json_string_is(name, slice_of(members[i].name)))
			continue;
		draft->given |= 1u << i;
		return members[i].apply(draft, value, error) ? -1 : 1;
	}
	return 0;
}

/* --- patches ---------------------------------------------------------- */

static bool profile_gives(const struct profile_draft *draft, int member)
{
	return draft->given >> member & 1;
}

/* False: out of memory. */
static bool profile_merge(
	struct slice *object, struct text *merged, struct slice patch)
{
	if (json_kind(patch) == JSON_KIND_NULL) {
		*object = SLICE("{}");
		return true;
	}
	if (!json_merge_patch(merged, *object, patch))
		return false;
	*object = text_view(merged);
	return true;
}

int profile_patch(struct profile_draft *out,
	const struct session_profile *stored, const struct profile_draft *patch,
	struct error *error)
{
	struct session_profile *profile = &out->profile;

	assert(patch->patch);
	*out = (struct profile_draft){ .profile = *stored };
	if (profile_gives(patch, MEMBER_OWNER))
		profile->owner = patch->profile.owner;
	if (profile_gives(patch, MEMBER_TTL))
		profile->ttl_seconds = patch->profile.ttl_seconds;
	if (profile_gives(patch, MEMBER_RETAIN))
		profile->retain_retired = patch->profile.retain_retired;
	if ((profile_gives(patch, MEMBER_MEMORY) &&
		    !profile_merge(&profile->memory, &out->memory,
			    patch->profile.memory)) ||
		(profile_gives(patch, MEMBER_METADATA) &&
			!profile_merge(&profile->metadata, &out->metadata,
				patch->profile.metadata)))
		return error_out_of_memory(error);
	return 0;
}

static int profile_check_send(
	const struct settings *settings, struct error *error)
{
	const struct slice send = text_view(&settings->send);

	if (send.length == 0 || slice_is(send, "all") || slice_is(send, "new"))
		return 0;
	return error_set(error, ERROR_INVALID,
		"memory.send must be all, new or null, not \"%.*s\"",
		SLICE_SHORT(send));
}

int profile_check(const struct memories *memories,
	const struct session_profile *profile, struct error *error)
{
	struct settings settings = { 0 };
	int result;

	if (profile->memory.length > MEMORY_MOST)
		return error_set(error, ERROR_TOO_LARGE,
			"memory is larger than %d MiB", MEMORY_MOST >> 20);
	result = settings_default(&settings, error);
	if (result == 0)
		result = settings_from_json(&settings, profile->memory, error);
	if (result == 0)
		result = memory_check(memories, &settings, error);
	if (result == 0)
		result = chain_check(&settings, error);
	if (result == 0)
		result = profile_check_send(&settings, error);
	settings_clear(&settings);
	return result;
}

int profile_check_given(const struct memories *memories,
	const struct session_profile *profile, struct slice given,
	struct error *error)
{
	struct settings settings = { 0 };
	struct slice name, value;
	struct json_walk walk;
	int result = settings_default(&settings, error);

	if (result == 0)
		result = settings_from_json(&settings, profile->memory, error);
	if (json_kind(given) == JSON_KIND_OBJECT) {
		walk = json_walk(given);
		while (result == 0 && json_next_member(&walk, &name, &value)) {
			name = json_inner(name);
			result = memory_check_option(
				memories, &settings, name, error);
			if (result == 0)
				result =
					templates_check(&settings, name, error);
		}
	}
	settings_clear(&settings);
	return result;
}
