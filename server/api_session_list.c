/* SPDX-License-Identifier: MIT */
/* api_session_list.c - the list of sessions, a page at a time. */
#include <string.h>

#include "schema/json_value.h"
#include "server/api_handlers.h"

#define LIST_LIMIT 100
#define LIST_MOST  1000
#define LIST_BYTES ((size_t)16 << 20)

/* {"id","version",…}: a session as the API shows it. */
void reply_write_session(struct text *out, const struct session_row *row)
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
	reply_write_session(listing->body, row);
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
