/* SPDX-License-Identifier: MIT */
/* api_sessions.c - sessions themselves: make, read, configure, erase. */
#include <sys/random.h>

#include "core/memory.h"
#include "schema/json_value.h"
#include "schema/json_write.h"
#include "server/api_handlers.h"

/* Replies with the session as it is now. */
static int reply_session(struct store *store, const struct session *session,
	struct slice name, int status, struct reply *reply, struct error *error)
{
	struct text memory = { 0 }, metadata = { 0 };
	struct session_row row = { .session = *session, .name = name };
	int result = store_session_settings(
		store, session, &memory, &metadata, error);

	if (result == 0)
		result = store_session_updated(
			store, session, &row.updated_at, error);
	if (result == 0) {
		row.memory = text_view(&memory);
		row.metadata = text_view(&metadata);
		reply->status = status;
		reply_etag(reply, session);
		reply_write_session(&reply->body, &row);
	}
	text_clear(&memory);
	text_clear(&metadata);
	return result;
}

int api_session_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session session;

	if (request_need(store, request, &session, error))
		return -1;
	return reply_session(
		store, &session, request_session(request), 200, reply, error);
}

/* The members of a session that a client may set; empty: not named. */
struct configuration {
	struct slice memory;
	struct slice metadata;
};

/* An object, or null where a patch may say so. */
static int check_member(
	const char *name, struct slice value, bool patch, struct error *error)
{
	enum json_kind kind = json_kind(value);

	if (kind == JSON_KIND_OBJECT || (patch && kind == JSON_KIND_NULL))
		return 0;
	return error_set(error, ERROR_INVALID, "%s must be an object, not %.*s",
		name, SLICE_SHORT(value));
}

static int read_configuration(struct slice body, bool patch,
	struct configuration *out, struct error *error)
{
	struct json_walk walk;
	struct slice name, value;

	if (body.length == 0)
		return 0;
	if (check_member("the body", body, false, error))
		return -1;
	walk = json_walk(body);
	while (json_next_member(&walk, &name, &value)) {
		const char *member;

		if (json_string_is(name, SLICE("memory"))) {
			member = "memory";
			out->memory = value;
		} else if (json_string_is(name, SLICE("metadata"))) {
			member = "metadata";
			out->metadata = value;
		} else {
			return error_set(error, ERROR_INVALID,
				"unknown member %.*s", SLICE_SHORT(name));
		}
		if (check_member(member, value, patch, error))
			return -1;
	}
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

/* Writes what differs from what is there; nothing if nothing does. */
static int configure(struct store *store, const struct request *request,
	struct session *session, const struct configuration *wanted,
	struct error *error)
{
	struct text memory = { 0 }, metadata = { 0 };
	int result = check_memory(wanted->memory, error);
	const bool made = session_version(session) == 0;

	if (result == 0)
		result = store_session_settings(
			store, session, &memory, &metadata, error);
	if (result == 0 &&
		(made || !slice_equal(text_view(&memory), wanted->memory) ||
			!slice_equal(text_view(&metadata), wanted->metadata)))
		result = store_session_configure(store, session, wanted->memory,
			wanted->metadata, request->now, error);
	text_clear(&memory);
	text_clear(&metadata);
	return result;
}

static int put_session(struct store *store, const struct request *request,
	struct slice name, struct reply *reply, struct error *error)
{
	struct configuration wanted = { 0 };
	struct session session;
	int status = 200;

	if (read_configuration(request->body, false, &wanted, error) ||
		store_session_find(
			store, request->tenant, name, &session, error))
		return -1;
	if (session.id == 0) {
		status = 201;
		if (store_session_create(store, request->tenant, name,
			    request->now, &session, error))
			return -1;
	}
	if (wanted.memory.length == 0)
		wanted.memory = SLICE("{}");
	if (wanted.metadata.length == 0)
		wanted.metadata = SLICE("{}");
	if (configure(store, request, &session, &wanted, error))
		return -1;
	return reply_session(store, &session, name, status, reply, error);
}

int api_session_put(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	return put_session(
		store, request, request_session(request), reply, error);
}

int api_sessions_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[16];
	char name[2 * sizeof(random)];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return error_set(error, ERROR_UNAVAILABLE, "no random bytes");
	for (size_t i = 0; i < sizeof(random); i++) {
		name[2 * i] = digits[random[i] >> 4];
		name[2 * i + 1] = digits[random[i] & 15];
	}
	text_string(&reply->location, "/sessions/");
	text_append(&reply->location, name, sizeof(name));
	return put_session(store, request, (struct slice){ name, sizeof(name) },
		reply, error);
}

/* A patch of one member: null empties it, nothing leaves it. */
static int merge_member(struct text *out, const struct text *target,
	struct slice patch, struct error *error)
{
	if (patch.length == 0)
		text_slice(out, text_view(target));
	else if (json_kind(patch) == JSON_KIND_NULL)
		text_string(out, "{}");
	else
		json_merge_patch(out, text_view(target), patch);
	return out->failed ? error_out_of_memory(error) : 0;
}

int api_session_patch(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct text memory = { 0 }, metadata = { 0 };
	struct text new_memory = { 0 }, new_metadata = { 0 };
	struct configuration patch = { 0 };
	struct session session;
	int result = -1;

	if (read_configuration(request->body, true, &patch, error) ||
		request_need(store, request, &session, error))
		return -1;
	if (store_session_settings(
		    store, &session, &memory, &metadata, error) == 0 &&
		merge_member(&new_memory, &memory, patch.memory, error) == 0 &&
		merge_member(&new_metadata, &metadata, patch.metadata, error) ==
			0) {
		const struct configuration wanted = {
			.memory = text_view(&new_memory),
			.metadata = text_view(&new_metadata),
		};

		result = configure(store, request, &session, &wanted, error);
	}
	if (result == 0)
		result = reply_session(store, &session,
			request_session(request), 200, reply, error);
	text_clear(&memory);
	text_clear(&metadata);
	text_clear(&new_memory);
	text_clear(&new_metadata);
	return result;
}

int api_session_delete(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session session;
	struct text *body = &reply->body;

	if (request_need(store, request, &session, error) ||
		store_session_erase(store, &session, error))
		return -1;
	reply->status = 200;
	reply->erases = true;
	text_string(body, "{\"session\":");
	text_json(body, request_session(request));
	text_string(body, ",\"deleted_messages\":");
	text_number(body, session_message_count(&session));
	text_string(body, ",\"erased_at\":\"");
	text_time(body, request->now);
	text_string(body, "\"}");
	return 0;
}
