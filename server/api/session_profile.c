/* SPDX-License-Identifier: MIT */
/* session_profile.c - what a client may set of a session, over HTTP. */
#include "core/session/profile.h"
#include "schema/json/value.h"
#include "server/api/handlers.h"
#include "server/api/input.h"

#include <stdlib.h>

struct session_profile_input {
	struct input input;
	/* The profile that the body makes of a session that sets nothing. */
	struct profile_draft draft;
	/* Why the draft's memory cannot be; not of a patch. */
	struct error refused;
	char name[SESSION_NAME_MADE]; /* of a session without one */
};

/* --- what is read before ---------------------------------------------- */

static void session_profile_free(struct input *input)
{
	struct session_profile_input *self =
		(struct session_profile_input *)(void *)input;

	profile_clear(&self->draft);
	free(self);
}

static int session_profile_refuse(struct slice name, struct error *error)
{
	static const struct slice names[] = { { "id", 2 }, { "name", 4 },
		{ "session", 7 }, { "session_id", 10 } };
	const size_t count = sizeof(names) / sizeof(*names);
	const bool named = json_string_among(name, names, count) < count;

	return error_set(error, ERROR_INVALID, "unknown member %.*s; %s",
		SLICE_SHORT(name),
		named ? "the name of a session is in the path: PUT "
			"/sessions/NAME makes it"
		      : "there are memory, metadata, owner, ttl_seconds and "
			"retain_retired, and what is your own goes into "
			"metadata");
}

static int session_profile_apply_body(
	struct profile_draft *draft, struct slice body, struct error *error)
{
	struct slice name, value;
	struct json_walk walk;
	int known;

	if (json_kind(body) != JSON_KIND_OBJECT)
		return error_set(error, ERROR_INVALID,
			"the body must be an object, not %.*s",
			SLICE_SHORT(body));
	walk = json_walk(body);
	while (json_next_member(&walk, &name, &value)) {
		known = profile_apply(draft, name, value, error);
		if (known < 0)
			return -1;
		if (known == 0)
			return session_profile_refuse(name, error);
	}
	return 0;
}

static struct session_profile_input *session_profile_read(
	struct request *request, bool patch, struct error *error)
{
	struct session_profile_input *made =
		input_new(request, sizeof(*made), session_profile_free, error);

	if (made == NULL)
		return NULL;
	profile_start(&made->draft);
	made->draft.patch = patch;
	if (request->body.length > 0 &&
		session_profile_apply_body(&made->draft, request->body, error))
		return NULL;
	made->input.size += made->draft.owner.capacity +
			    made->draft.memory.capacity +
			    made->draft.metadata.capacity;
	return made;
}

int api_session_parse_patch(struct request *request, struct error *error)
{
	return session_profile_read(request, true, error) ? 0 : -1;
}

/*
 * A choice that was made once stays: only the handler knows whether it is new.
 */
int api_session_parse(struct request *request, struct error *error)
{
	struct session_profile_input *made =
		session_profile_read(request, false, error);

	if (made == NULL)
		return -1;
	profile_check(request->memories, &made->draft.profile, &made->refused);
	return 0;
}

int api_session_parse_new(struct request *request, struct error *error)
{
	struct session_profile_input *made;

	if (api_session_parse(request, error))
		return -1;
	made = (struct session_profile_input *)(void *)request->input;
	made->input.made_name =
		(struct slice){ made->name, sizeof(made->name) };
	return session_make_name(made->name, error);
}

struct slice request_owner(const struct request *request)
{
	const struct session_profile_input *input = request_input(request);

	return input->draft.profile.owner;
}

/* --- what is done with it --------------------------------------------- */

static bool session_profile_equal(
	const struct session_profile *a, const struct session_profile *b)
{
	return slice_equal(a->owner, b->owner) &&
	       slice_equal(a->memory, b->memory) &&
	       slice_equal(a->metadata, b->metadata) &&
	       a->ttl_seconds == b->ttl_seconds &&
	       a->retain_retired == b->retain_retired;
}

/* A choice that was made once stays, whatever is configured today. */
static int session_profile_check(const struct request *request,
	const struct session_profile *stored,
	const struct session_profile *profile, struct error *error)
{
	const struct session_profile_input *input = request_input(request);

	if (slice_equal(stored->memory, profile->memory))
		return 0;
	if (input->refused.code != ERROR_NONE) {
		*error = input->refused;
		return -1;
	}
	if (input->draft.patch &&
		profile_check(request->memories, profile, error))
		return -1;
	return profile_check_given(
		request->memories, profile, input->draft.profile.memory, error);
}

int request_configure(struct store *store, const struct request *request,
	struct session *session, struct error *error)
{
	const struct session_profile_input *input = request_input(request);
	struct profile_draft draft;
	struct session_profile stored;
	struct text buf = { 0 };
	int result =
		store_session_profile(store, session, &buf, &stored, error);

	profile_start(&draft);
	if (result == 0 && input->draft.patch)
		result = profile_patch(&draft, &stored, &input->draft, error);
	else
		draft.profile = input->draft.profile;
	if (result == 0)
		result = session_profile_check(
			request, &stored, &draft.profile, error);
	/* A session just made gets its first version in any case. */
	if (result == 0 &&
		(session_version(session) == 0 ||
			!session_profile_equal(&stored, &draft.profile)))
		result = store_session_configure(
			store, session, &draft.profile, request->now, error);
	text_clear(&buf);
	profile_clear(&draft);
	return result;
}
