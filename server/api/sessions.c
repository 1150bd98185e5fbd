/* SPDX-License-Identifier: MIT */
/* sessions.c - sessions themselves: make, read, configure, erase. */
#include <sys/random.h>

#include "core/store/check.h"
#include "core/store/expect.h"
#include "schema/json/write.h"
#include "server/api/handlers.h"
#include "server/api/input.h"

int reply_session(struct store *store, const struct session *session,
	struct slice name, struct reply *reply, struct error *error)
{
	struct session_row row = { .session = *session, .name = name };
	struct session_profile profile;
	struct text buf = { 0 };
	int result =
		store_session_profile(store, session, &buf, &profile, error);

	if (result == 0)
		result = store_session_updated(
			store, session, &row.updated_at, error);
	if (result == 0) {
		row.owner = profile.owner;
		row.memory = profile.memory;
		row.metadata = profile.metadata;
		reply_etag(reply, session);
		reply_write_session(&reply->body, &row);
	}
	text_clear(&buf);
	return result;
}

int api_session_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session session;

	if (request_need(store, request, &session, error))
		return -1;
	reply->status = 200;
	return reply_session(
		store, &session, request_session(request), reply, error);
}

static int sessions_put_session(struct store *store,
	const struct request *request, struct slice name, struct reply *reply,
	struct error *error)
{
	struct session session;

	if (store_session_take(store,
		    (struct session_ref){ request->tenant, name }, request->now,
		    &session, error))
		return -1;
	reply->status = session.id == 0 ? 201 : 200;
	if (session.id == 0 &&
		store_session_create(store,
			(struct session_ref){ request->tenant, name },
			request->now, &session, error))
		return -1;
	if (request_configure(store, request, &session, error))
		return -1;
	return reply_session(store, &session, name, reply, error);
}

int api_session_put(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	return sessions_put_session(
		store, request, request_session(request), reply, error);
}

int session_make_name(char name[SESSION_NAME_MADE], struct error *error)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[SESSION_NAME_MADE / 2];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return error_set(error, ERROR_UNAVAILABLE, "no random bytes");
	for (size_t i = 0; i < sizeof(random); i++) {
		name[2 * i] = digits[random[i] >> 4];
		name[2 * i + 1] = digits[random[i] & 15];
	}
	return 0;
}

int api_sessions_post(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	const struct slice name = request_made_name(request);

	text_string(&reply->location, "/sessions/");
	text_slice(&reply->location, name);
	return sessions_put_session(store, request, name, reply, error);
}

int api_session_patch(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session session;

	if (request_need(store, request, &session, error) ||
		request_configure(store, request, &session, error))
		return -1;
	reply->status = 200;
	return reply_session(
		store, &session, request_session(request), reply, error);
}

/* A damaged one can be erased. */
static int sessions_find_damaged(struct store *store,
	const struct request *request, struct session *session,
	struct error *error)
{
	if (request_find(store, request, session, error) == 0)
		return 0;
	if (error->code != ERROR_DAMAGED)
		return -1;
	*error = (struct error){ 0 };
	return store_session_locate(
		store, request_ref(request), session, error);
}

/* A request that comes again while the erasure goes on waits for it, too. */
static int sessions_erase(struct store *store, const struct request *request,
	struct erasure *erasure, struct error *error)
{
	struct session session;

	if (sessions_find_damaged(store, request, &session, error))
		return -1;
	if (session.id == 0) {
		if (store_erase_find(
			    store, request_ref(request), erasure, error))
			return -1;
		if (erasure->erased_at == 0)
			return request_need(store, request, &session, error);
		return 0;
	}
	erasure->session = session.id;
	erasure->deleted = session_message_count(&session);
	erasure->erased_at = request->now;
	return store_session_erase(store, &session, request->now, error);
}

int request_erase(struct store *store, const struct request *request,
	struct reply *reply, struct erasure *erasure, struct error *error)
{
	if (sessions_erase(store, request, erasure, error))
		return -1;
	reply->status = 200;
	reply->erases = true;
	reply->erased = erasure->session;
	return 0;
}

/* A database keeps the bytes of rows that are gone until it needs the room. */
static void sessions_end_receipt(
	struct text *body, const struct store *store, int64_t erased_at)
{
	json_member_time(body, "erased_at", erased_at);
	json_member_string(body, "proof",
		store_is_shared(store) ? SLICE("rows") : SLICE("file"));
	json_end_object(body);
}

int api_session_delete(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct erasure erasure;
	struct text *body = &reply->body;

	if (request_erase(store, request, reply, &erasure, error))
		return -1;
	json_begin_object(body);
	json_member_string(body, "session", request_session(request));
	json_member_number(body, "deleted_messages", erasure.deleted);
	sessions_end_receipt(body, store, erasure.erased_at);
	return 0;
}

int api_sessions_parse_owner(struct request *request, struct error *error)
{
	struct slice owner;

	if (request_parameter(request, "owner", &owner) && owner.length > 0)
		return 0;
	return error_set(error, ERROR_INVALID,
		"owner is missing: whose sessions are to be erased?");
}

int api_sessions_delete(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct owner_erasure erased;
	struct text *body = &reply->body;
	struct slice owner = { 0 };

	request_parameter(request, "owner", &owner);
	if (store_owner_erase(store,
		    (struct owner_ref){ request->tenant, owner }, request->now,
		    &erased, error))
		return -1;
	reply->status = 200;
	reply->erases = true;
	json_begin_object(body);
	json_member_string(body, "owner", owner);
	json_member_number(body, "deleted_sessions", erased.sessions);
	json_member_number(body, "deleted_messages", erased.messages);
	sessions_end_receipt(body, store, erased.erased_at);
	return 0;
}
