/* SPDX-License-Identifier: MIT */
/* session_profile.c - what a client may set of a session, over HTTP. */
#include "core/session/profile.h"
#include "schema/json/value.h"
#include "server/api/handlers.h"

static int session_profile_apply_body(
	struct profile_draft *draft, struct slice body, struct error *error)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;
	int known;

	if (json_kind(body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object, not %.*s",
			SLICE_SHORT(body));
	while (json_next_member(&walk, &name, &value)) {
		known = profile_apply(draft, name, value, error);
		if (known < 0)
			return -1;
		if (known == 0)
			return error_set(error, ERROR_INVALID,
				"unknown member %.*s", SLICE_SHORT(name));
	}
	return 0;
}

static bool session_profile_equal(
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
	struct profile_draft draft;
	struct session_profile stored;
	struct text room = { 0 };
	int result =
		store_session_profile(store, session, &room, &stored, error);

	profile_start(&draft);
	if (result)
		goto out;
	draft.patch = patch;
	if (patch)
		draft.profile = stored;
	if (request->body.length > 0)
		result = session_profile_apply_body(
			&draft, request->body, error);
	/* What was chosen once stays, whatever is configured today. */
	if (result == 0 && !slice_equal(stored.memory, draft.profile.memory))
		result =
			profile_check(request->memories, &draft.profile, error);
	/* A session just made gets its first version in any case. */
	if (result == 0 &&
		(session_version(session) == 0 ||
			!session_profile_equal(&stored, &draft.profile)))
		result = store_session_configure(
			store, session, &draft.profile, request->now, error);
out:
	text_clear(&room);
	profile_clear(&draft);
	return result;
}
