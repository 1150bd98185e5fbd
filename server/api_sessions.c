/* SPDX-License-Identifier: MIT */
/* api_sessions.c - sessions themselves: make, list, configure, erase. */
#include <string.h>
#include <sys/random.h>

#include "core/memory.h"
#include "schema/json_value.h"
#include "schema/json_write.h"
#include "server/api_handlers.h"

#define LIST_LIMIT 100
#define LIST_MOST  1000
#define LIST_BYTES ((size_t)16 << 20)

/* {"id","version",…}: a session as the API shows it. */
static void write_session(struct text *out, const struct session_row *row)
{
	const struct session *session = &row->session;

	text_string(out, "{\"id\":");
	text_json(out, row->name);
	text_string(out, ",\"version\":");
	text_number(out, session_version(session));
	text_string(out, ",\"message_count\":");
	text_number(out, session_message_count(session));
	text_string(out, ",\"created_at\":\"");
	text_time(out, session->created_at);
	text_string(out, "\",\"updated_at\":\"");
	text_time(out, row->updated_at);
	text_string(out, "\",\"expires_at\":null,\"owner\":null,\"memory\":");
	text_slice(out, row->memory);
	text_string(out, ",\"metadata\":");
	text_slice(out, row->metadata);
	text_append(out, "}", 1);
}

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
		write_session(&reply->body, &row);
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

/*
 * A cursor is the position of the last row shown, in hexadecimal:
 * "nNAME" in a list by name, "tTOUCHED.ID" in one by activity.
 */
static void write_cursor(struct text *out, struct slice position)
{
	for (size_t i = 0; i < position.length; i++)
		text_format(out, "%02x", (unsigned char)position.data[i]);
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool decode_cursor(struct slice cursor, struct text *out)
{
	if (cursor.length % 2 != 0)
		return false;
	for (size_t i = 0; i < cursor.length; i += 2) {
		int high = hex_digit(cursor.data[i]);
		int low = hex_digit(cursor.data[i + 1]);
		char byte = (char)(high * 16 + low);

		if (high < 0 || low < 0)
			return false;
		text_append(out, &byte, 1);
	}
	return true;
}

/* Applies a decoded position; false: it belongs to no list like this. */
static bool apply_position(struct session_query *query, struct slice position)
{
	struct slice touched, id;
	const char *dot;

	if (position.length < 2)
		return false;
	if (query->by_prefix) {
		query->after_name = (struct slice){ position.data + 1,
			position.length - 1 };
		return position.data[0] == 'n';
	}
	dot = memchr(position.data, '.', position.length);
	if (position.data[0] != 't' || dot == NULL)
		return false;
	touched = (struct slice){ position.data + 1,
		(size_t)(dot - position.data - 1) };
	id = (struct slice){ dot + 1, position.length - touched.length - 2 };
	return json_int64(touched, &query->before_touched) &&
	       json_int64(id, &query->before_id) && query->before_touched > 0 &&
	       query->before_id > 0;
}

static int read_cursor(const struct request *request,
	struct session_query *query, struct text *position, struct error *error)
{
	struct slice cursor;

	if (!request_parameter(request, "cursor", &cursor))
		return 0;
	if (decode_cursor(cursor, position) && !position->failed &&
		apply_position(query, text_view(position)))
		return 0;
	if (position->failed)
		return error_out_of_memory(error);
	return error_set(error, ERROR_INVALID,
		"cursor \"%.*s\" is not a next_cursor of such a list",
		SLICE_SHORT(cursor));
}

/* A list while it is written. */
struct listing {
	struct text *body;
	struct text last; /* position of the last session written */
	int64_t limit;
	int64_t count;
	bool by_prefix;
	bool more;
};

static int list_row(void *context, const struct session_row *row)
{
	struct listing *listing = context;

	if (listing->count == listing->limit ||
		listing->body->length > LIST_BYTES) {
		listing->more = true;
		return 1;
	}
	if (listing->count++ > 0)
		text_append(listing->body, ",", 1);
	write_session(listing->body, row);
	listing->last.length = 0;
	if (listing->by_prefix) {
		text_append(&listing->last, "n", 1);
		text_slice(&listing->last, row->name);
	} else {
		text_format(&listing->last, "t%lld.%lld",
			(long long)row->session.touched_at,
			(long long)row->session.id);
	}
	return listing->body->failed;
}

static int write_list(struct store *store, struct session_query *query,
	struct text *body, struct error *error)
{
	struct listing listing = {
		.body = body,
		.limit = query->limit,
		.by_prefix = query->by_prefix,
	};
	int result;

	query->limit++; /* one more tells whether there are more */
	text_string(body, "{\"sessions\":[");
	result = store_session_list(store, query, list_row, &listing, error);
	text_string(body, "],\"next_cursor\":");
	if (listing.more) {
		text_append(body, "\"", 1);
		write_cursor(body, text_view(&listing.last));
		text_append(body, "\"}", 2);
	} else {
		text_string(body, "null}");
	}
	if (result == 0 && listing.last.failed)
		result = error_out_of_memory(error);
	text_clear(&listing.last);
	return result;
}

int api_sessions_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session_query query = {
		.tenant = request->tenant,
		.limit = LIST_LIMIT,
	};
	struct text position = { 0 };
	int result = -1;

	query.by_prefix = request_parameter(request, "prefix", &query.prefix);
	reply->status = 200;
	if (request_integer(
		    request, "limit", 1, LIST_MOST, &query.limit, error) == 0 &&
		read_cursor(request, &query, &position, error) == 0)
		result = write_list(store, &query, &reply->body, error);
	text_clear(&position);
	return result;
}
