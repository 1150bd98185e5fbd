/* SPDX-License-Identifier: MIT */
/* session_list.c - the list of sessions, a page at a time. */
#include <string.h>

#include "core/transfer/export.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "server/api/handlers.h"

#define LIST_LIMIT	  100
#define LIST_MOST	  1000
#define LIST_BYTES	  ((size_t)16 << 20)
#define LIST_LOOKS	  4000 /* sessions, shown or not, for one page */
#define LIST_DAMAGES_MOST 1000 /* that a page names */

/* {"id","version",…}: a session as the API shows it. */
void reply_write_session(struct text *out, const struct session_row *row)
{
	const struct session *session = &row->session;

	json_begin_object(out);
	json_member_string(out, "id", row->name);
	json_member_number(out, "version", session_version(session));
	json_member_number(
		out, "message_count", session_message_count(session));
	json_member_time(out, "created_at", session->created_at);
	json_member_time(out, "updated_at", row->updated_at);
	if (session->ttl_seconds)
		json_member_time(
			out, "expires_at", session_expires_at(session));
	else
		json_member_null(out, "expires_at");
	if (row->owner.length)
		json_member_string(out, "owner", row->owner);
	else
		json_member_null(out, "owner");
	json_member(out, "memory", row->memory);
	json_member(out, "metadata", row->metadata);
	json_end_object(out);
}

/*
 * Tells lists apart by the sum of a hash (FNV-1a) of each parameter that
 * chooses what is listed, whatever their order.
 */
static uint32_t session_list_sum(const struct request *request)
{
	uint32_t sum = 0;

	for (int i = 0; i < request->parameter_count; i++) {
		const struct slice name = request->parameters[i].name;
		const struct slice value = request->parameters[i].value;
		uint32_t hash = 2166136261;

		if (slice_is(name, "limit") || slice_is(name, "cursor"))
			continue;
		for (size_t k = 0; k < name.length; k++)
			hash = (hash ^ (unsigned char)name.data[k]) * 16777619;
		hash = (hash ^ 0x100) * 16777619;
		for (size_t k = 0; k < value.length; k++)
			hash = (hash ^ (unsigned char)value.data[k]) * 16777619;
		sum += hash;
	}
	return sum;
}

/*
 * A cursor is the list's sum and a position in it: "TIME.ID", or the name in
 * hexadecimal.
 */
static void session_list_write_cursor(
	struct text *out, uint32_t sum, const struct session_cursor *cursor)
{
	text_format(out, "%08x", sum);
	if (cursor->id != 0)
		text_format(out, "%lld.%lld", (long long)cursor->time,
			(long long)cursor->id);
	for (size_t i = 0; i < cursor->name.length; i++)
		text_format(out, "%02x", (unsigned char)cursor->name.data[i]);
}

static int session_list_hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool session_list_decode_name(struct slice hex, struct text *out)
{
	if (hex.length == 0 || hex.length % 2 != 0)
		return false;
	for (size_t i = 0; i < hex.length; i += 2) {
		int high = session_list_hex_digit(hex.data[i]);
		int low = session_list_hex_digit(hex.data[i + 1]);
		char byte = (char)(high * 16 + low);

		if (high < 0 || low < 0)
			return false;
		text_append(out, &byte, 1);
	}
	return true;
}

static bool session_list_decode_time(
	struct slice text, struct session_cursor *cursor)
{
	const char *dot = memchr(text.data, '.', text.length);
	struct slice time, id;

	if (dot == NULL)
		return false;
	time = (struct slice){ text.data, (size_t)(dot - text.data) };
	id = (struct slice){ dot + 1, text.length - time.length - 1 };
	return json_int64(time, &cursor->time) && json_int64(id, &cursor->id) &&
	       cursor->time > 0 && cursor->id > 0;
}

static bool session_list_decode_cursor(const struct request *request,
	struct slice cursor, struct session_query *query, struct text *name)
{
	struct text sum = { 0 };
	bool valid;

	text_format(&sum, "%08x", session_list_sum(request));
	valid = cursor.length > sum.length && !sum.failed &&
		memcmp(cursor.data, sum.data, sum.length) == 0;
	name->failed |= sum.failed;
	text_clear(&sum);
	if (!valid)
		return false;
	cursor.data += 8;
	cursor.length -= 8;
	if (session_order(query) != ORDER_NAME)
		return session_list_decode_time(cursor, &query->after);
	valid = session_list_decode_name(cursor, name);
	query->after.name = text_view(name);
	return valid;
}

static int session_list_read_cursor(const struct request *request,
	struct session_query *query, struct text *name, struct error *error)
{
	struct slice cursor;
	bool valid;

	if (!request_parameter(request, "cursor", &cursor))
		return 0;
	valid = session_list_decode_cursor(request, cursor, query, name);
	if (name->failed)
		return error_out_of_memory(error);
	if (!valid)
		return error_set(error, ERROR_INVALID,
			"cursor \"%.*s\" is not a next_cursor of such a list",
			SLICE_SHORT(cursor));
	return 0;
}

/* `metadata.KEY=VALUE` */
static int session_list_read_tag(const struct target_parameter *parameter,
	struct session_query *query, struct session_tag *tags,
	struct error *error)
{
	const struct slice head = SLICE("metadata.");
	struct session_tag *tag = &tags[query->tag_count];

	tag->key = parameter->name;
	tag->value = parameter->value;
	if (tag->key.length < head.length ||
		memcmp(tag->key.data, head.data, head.length) != 0)
		return 0;
	tag->key.data += head.length;
	tag->key.length -= head.length;
	query->tag_count++;
	if (tag->key.length <= TAG_KEY_MAX &&
		tag->value.length <= TAG_VALUE_MAX)
		return 0;
	return error_set(error, ERROR_INVALID,
		"sessions are listed by metadata with keys of up to %d and "
		"values of up to %d bytes",
		TAG_KEY_MAX, TAG_VALUE_MAX);
}

/*
 * Reads which sessions are asked for; `tags` can hold as many as there are
 * parameters.
 */
static int session_list_read_query(const struct request *request,
	struct session_query *query, struct session_tag *tags,
	struct error *error)
{
	query->tenant = request->tenant;
	query->now = request->now;
	query->tags = tags;
	query->has_prefix =
		request_parameter(request, "prefix", &query->prefix);
	if (request_parameter(request, "owner", &query->owner) &&
		query->owner.length == 0)
		return error_set(error, ERROR_INVALID, "owner is empty");
	for (int i = 0; i < request->parameter_count; i++)
		if (session_list_read_tag(
			    &request->parameters[i], query, tags, error))
			return -1;
	return 0;
}

/* A list while it is written. */
struct session_list_listing {
	const struct session_query *query;
	struct text *body;
	struct session_cursor cursor; /* of the last session looked at */
	struct text name;	      /* of cursor */
	struct text damages;	      /* an array; empty: there are none */
	int64_t limit;
	int64_t count;
	int64_t looked;
	int64_t damaged;
	bool more;
};

static void session_list_keep_cursor(
	struct session_list_listing *listing, const struct session_row *row)
{
	listing->cursor = session_cursor(listing->query, row);
	listing->name.length = 0;
	text_slice(&listing->name, listing->cursor.name);
	listing->cursor.name = text_view(&listing->name);
}

static bool session_list_is_full(const struct session_list_listing *listing)
{
	return listing->count == listing->limit ||
	       listing->body->length > LIST_BYTES;
}

/*
 * It is named beside the others, and no page ends with it: where it stands may
 * be what is damaged.
 */
static void session_list_damaged(
	void *context, struct slice name, const struct error *why)
{
	struct session_list_listing *listing = context;

	if (session_list_is_full(listing)) {
		listing->more = true;
		return;
	}
	if (listing->damaged++ == LIST_DAMAGES_MOST)
		return;
	if (listing->damages.length == 0)
		json_begin_array(&listing->damages);
	export_write_damage(&listing->damages, name, 0, why->message);
}

/* Hidden sessions are looked at as well, to find out whether there are more. */
static int session_list_row(void *context, const struct session_row *row)
{
	struct session_list_listing *listing = context;

	if (listing->more || listing->looked++ == LIST_LOOKS ||
		(session_list_is_full(listing) && !row->hidden)) {
		listing->more = true;
		return 1;
	}
	session_list_keep_cursor(listing, row);
	if (row->hidden)
		return 0;
	listing->count++;
	reply_write_session(listing->body, row);
	return listing->body->failed || listing->name.failed;
}

static void session_list_write_damages(struct session_list_listing *listing)
{
	if (listing->damages.length == 0)
		return;
	json_end_array(&listing->damages);
	json_member(listing->body, "damaged", text_view(&listing->damages));
	listing->body->failed |= listing->damages.failed;
}

static int session_list_write(struct store *store,
	const struct request *request, struct session_list_listing *listing,
	struct error *error)
{
	struct text *body = listing->body;
	int result;

	json_begin_object(body);
	json_name(body, "sessions");
	json_begin_array(body);
	result = store_session_list(store, listing->query,
		(struct session_visitor){ session_list_row, listing }, error);
	json_end_array(body);
	json_name(body, "next_cursor");
	if (listing->more) {
		json_begin_string(body);
		session_list_write_cursor(
			body, session_list_sum(request), &listing->cursor);
		json_end_string(body);
	} else {
		json_put_null(body);
	}
	session_list_write_damages(listing);
	json_end_object(body);
	return result == 0 && listing->name.failed ? error_out_of_memory(error)
						   : result;
}

int api_sessions_get(struct store *store, const struct request *request,
	struct reply *reply, struct error *error)
{
	struct session_tag tags[API_PARAMETERS_MAX];
	struct session_query query = {
		.damaged = session_list_damaged,
		.passes_pages = true,
	};
	struct session_list_listing listing = {
		.query = &query,
		.body = &reply->body,
		.limit = LIST_LIMIT,
	};
	struct text name = { 0 };
	int result = -1;

	reply->status = 200;
	if (session_list_read_query(request, &query, tags, error) == 0 &&
		request_integer(request,
			(struct integer_range){ "limit", 1, LIST_MOST },
			&listing.limit, error) == 0 &&
		session_list_read_cursor(request, &query, &name, error) == 0)
		result = session_list_write(store, request, &listing, error);
	text_clear(&listing.name);
	text_clear(&listing.damages);
	text_clear(&name);
	return result;
}
