/* SPDX-License-Identifier: MIT */
/*
 * session_id.c - the session that a request for a model's answer names: in a
 * header, whose bytes may be percent-encoded, or in its body: completions in
 * their metadata, responses as their conversation.
 */
#include <string.h>

#include "schema/json/value.h"
#include "server/api/handlers.h"

/* Finds the name in the metadata; false: there is none. */
static bool session_id_find_name(struct slice body, struct slice *name)
{
	struct slice metadata;

	return body.length > 0 && json_kind(body) == JSON_KIND_OBJECT &&
	       json_find(body, "metadata", &metadata) &&
	       json_kind(metadata) == JSON_KIND_OBJECT &&
	       json_find(metadata, "session_id", name);
}

/* Decodes the name into the request's own buffer. */
static int session_id_read_name(struct request *request, struct slice json,
	const char *member, struct error *error)
{
	struct slice name = { request->session_buf, 0 }, rest, piece;
	char buf[4];

	if (json_kind(json) != JSON_KIND_STRING)
		return error_set(error, ERROR_INVALID,
			"%s must be a string, not %.*s", member,
			SLICE_SHORT(json));
	rest = json_inner(json);
	while (json_next_piece(&rest, buf, &piece)) {
		if (json_is_surrogate(piece))
			return error_set(error, ERROR_INVALID,
				"%s holds half a surrogate pair", member);
		if (piece.length > SESSION_NAME_MAX - name.length) {
			name.length = SESSION_NAME_MAX + 1;
			break;
		}
		memcpy(request->session_buf + name.length, piece.data,
			piece.length);
		name.length += piece.length;
	}
	request->session = name;
	return target_name(name, json_inner(json), error);
}

/* The header's name, decoded into `buf`, which holds three bytes for each. */
static int session_id_read_header(
	struct slice header, char *buf, struct slice *name, struct error *error)
{
	struct error why = { 0 };

	if (!slice_is_utf8(header))
		return error_set(error, ERROR_INVALID,
			"X-Session-Id is not UTF-8; percent-encode it, as "
			"encodeURIComponent() does");
	if (header.length > 3 * SESSION_NAME_MAX)
		return target_name(header, header, error);
	if (!target_decode_name(header, buf, name, &why))
		return 0;
	return error_set(error, why.code, "X-Session-Id: %s", why.message);
}

static void session_id_use(struct request *request, struct slice name)
{
	memcpy(request->session_buf, name.data, name.length);
	request->session = (struct slice){ request->session_buf, name.length };
}

static int session_id_use_header(struct request *request, struct error *error)
{
	char buf[3 * SESSION_NAME_MAX];
	struct slice name = { buf, 0 };

	if (session_id_read_header(request->session_id, buf, &name, error))
		return -1;
	session_id_use(request, name);
	return 0;
}

/* The conversation that the body names, as a string or an object with id. */
static int session_id_find_conversation(
	struct slice body, struct slice *name, struct error *error)
{
	struct slice value;

	*name = (struct slice){ 0 };
	if (!json_find(body, "conversation", &value) ||
		json_kind(value) == JSON_KIND_NULL)
		return 0;
	if (json_kind(value) == JSON_KIND_OBJECT)
		json_find(value, "id", &value);
	if (json_kind(value) != JSON_KIND_STRING)
		return error_set(error, ERROR_INVALID,
			"conversation must be an id or an object with one, "
			"not %.*s",
			SLICE_SHORT(value));
	*name = value;
	return 0;
}

int request_read_conversation(struct request *request, struct error *error)
{
	struct slice json;

	if (session_id_find_conversation(request->body, &json, error))
		return -1;
	if (json.data != NULL && request->session_id.data != NULL)
		return error_set(error, ERROR_INVALID,
			"X-Session-Id and conversation exclude each other: "
			"send one of them");
	if (request->session_id.data != NULL)
		return session_id_use_header(request, error);
	return json.data == NULL ? 0
				 : session_id_read_name(request, json,
					   "conversation", error);
}

int request_read_session(struct request *request, struct error *error)
{
	char buf[3 * SESSION_NAME_MAX];
	struct slice name = { 0 }, json;

	if (request->session_id.data != NULL &&
		session_id_read_header(request->session_id, buf, &name, error))
		return -1;
	if (session_id_find_name(request->body, &json) &&
		session_id_read_name(
			request, json, "metadata.session_id", error))
		return -1;
	if (name.data == NULL)
		return 0;
	if (request->session.data != NULL &&
		!slice_equal(request->session, name))
		return error_set(error, ERROR_INVALID,
			"X-Session-Id and metadata.session_id name two "
			"sessions");
	session_id_use(request, name);
	return 0;
}
