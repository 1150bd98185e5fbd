/* SPDX-License-Identifier: MIT */
/* api_session_profile.c - what a client may set of a session. */
#include <string.h>

#include "core/memory.h"
#include "schema/json_value.h"
#include "schema/json_write.h"
#include "server/api_handlers.h"

#define OWNER_MOST   255
#define SECONDS_MOST INT64_C(3153600000) /* a hundred years */

/* A profile in the making, with the texts that it borrows from. */
struct draft {
	struct session_profile profile;
	bool patch;
	struct text owner;
	struct text memory;
	struct text metadata;
};

static int apply_object(const struct draft *draft, const char *name,
	struct slice value, struct slice *object, struct text *merged,
	struct error *error)
{
	const enum json_kind kind = json_kind(value);

	if (draft->patch && kind == JSON_KIND_NULL) {
		*object = SLICE("{}");
		return 0;
	}
	if (kind != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"%s must be an object, not %.*s", name,
			SLICE_SHORT(value));
	if (!draft->patch) {
		*object = value;
		return 0;
	}
	if (!json_merge_patch(merged, *object, value))
		return error_out_of_memory(error);
	*object = text_view(merged);
	return 0;
}

static int apply_memory(
	struct draft *draft, struct slice value, struct error *error)
{
	return apply_object(draft, "memory", value, &draft->profile.memory,
		&draft->memory, error);
}

static int apply_metadata(
	struct draft *draft, struct slice value, struct error *error)
{
	return apply_object(draft, "metadata", value, &draft->profile.metadata,
		&draft->metadata, error);
}

static int apply_owner(
	struct draft *draft, struct slice value, struct error *error)
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

static int apply_seconds(const char *name, struct slice value, int64_t least,
	int64_t none, int64_t *out, struct error *error)
{
	*out = none;
	if (json_kind(value) == JSON_KIND_NULL)
		return 0;
	if (!json_int64(value, out) || *out < least || *out > SECONDS_MOST)
		return error_set(error, ERROR_INVALID,
			"%s must be a whole number from %lld to %lld, or "
			"null, not %.*s",
			name, (long long)least, (long long)SECONDS_MOST,
			SLICE_SHORT(value));
	return 0;
}

static int apply_ttl(
	struct draft *draft, struct slice value, struct error *error)
{
	return apply_seconds(
		"ttl_seconds", value, 1, 0, &draft->profile.ttl_seconds, error);
}

static int apply_retain(
	struct draft *draft, struct slice value, struct error *error)
{
	return apply_seconds("retain_retired", value, 0, -1,
		&draft->profile.retain_retired, error);
}

static const struct member {
	const char *name;
	int (*apply)(
		struct draft *draft, struct slice value, struct error *error);
} members[] = {
	{ "memory", apply_memory },
	{ "metadata", apply_metadata },
	{ "owner", apply_owner },
	{ "ttl_seconds", apply_ttl },
	{ "retain_retired", apply_retain },
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static int apply_member(struct draft *draft, struct slice name,
	struct slice value, struct error *error)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (json_string_is(name, slice_of(members[i].name)))
			return members[i].apply(draft, value, error);
	return error_set(
		error, ERROR_INVALID, "unknown member %.*s", SLICE_SHORT(name));
}

static int apply_body(
	struct draft *draft, struct slice body, struct error *error)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;

	if (json_kind(body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object, not %.*s",
			SLICE_SHORT(body));
	while (json_next_member(&walk, &name, &value))
		if (apply_member(draft, name, value, error))
			return -1;
	return 0;
}

static int check_memory(struct slice memory, struct error *error)
{
	struct settings settings = { 0 };
	int result = settings_default(&settings, error);

	if (result == 0)
		result = settings_from_json(&settings, memory, error);
	if (result == 0)
		result = memory_check(&settings, error);
	settings_clear(&settings);
	return result;
}

static bool profile_equal(
	const struct session_profile *a, const struct session_profile *b)
{
	return slice_equal(a->owner, b->owner) &&
	       slice_equal(a->memory, b->memory) &&
	       slice_equal(a->metadata, b->metadata) &&
	       a->ttl_seconds == b->ttl_seconds &&
	       a->retain_retired == b->retain_retired;
}

int request_configure(struct store *store, const struct request *request,
	struct session *session, bool patch, struct error *error)
{
	struct draft draft = { .patch = patch };
	struct session_profile stored;
	struct text room = { 0 };
	int result =
		store_session_profile(store, session, &room, &stored, error);

	if (result)
		goto out;
	draft.profile = patch ? stored
			      : (struct session_profile){
					.memory = SLICE("{}"),
					.metadata = SLICE("{}"),
					.retain_retired = -1,
				};
	if (request->body.length > 0)
		result = apply_body(&draft, request->body, error);
	if (result == 0)
		result = check_memory(draft.profile.memory, error);
	/* A session just made gets its first version in any case. */
	if (result == 0 && (session_version(session) == 0 ||
				   !profile_equal(&stored, &draft.profile)))
		result = store_session_configure(
			store, session, &draft.profile, request->now, error);
out:
	text_clear(&room);
	text_clear(&draft.owner);
	text_clear(&draft.memory);
	text_clear(&draft.metadata);
	return result;
}
