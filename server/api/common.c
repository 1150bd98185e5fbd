/* SPDX-License-Identifier: MIT */
/* common.c - what handlers read of a request and write into a reply. */
#include "server/api/handlers.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/history/history.h"
#include "core/memory/registry.h"
#include "schema/json/value.h"

/* About a millisecond's worth. */
#define READ_BYTES ((size_t)256 << 10)

void api_refuse(struct reply *reply, const struct error *error)
{
	static const char fallback[] = "{\"error\":{\"code\":\"unavailable\","
				       "\"message\":\"out of memory\"}}";
	struct error ignored;
	const char *allow = reply->allow;
	char etag[ETAG_SIZE] = "";

	if (error->code == ERROR_VERSION)
		memcpy(etag, reply->etag, sizeof(etag));
	reply_clear(reply);
	reply->allow = allow;
	memcpy(reply->etag, etag, sizeof(etag));
	/* OpenAI's SDKs ask twice more after any 5xx. */
	if (error->final)
		reply_header(reply, "X-Should-Retry", "false");
	if (reply_json(reply, error_status(error->code),
		    json_pack("{s:{s:s,s:s}}", "error", "code",
			    error_name(error->code), "message", error->message),
		    &ignored) == 0)
		return;
	reply_clear(reply);
	reply->status = 503;
	text_string(&reply->body, fallback);
}

void reply_clear(struct reply *reply)
{
	text_clear(&reply->body);
	text_clear(&reply->location);
	text_clear(&reply->continuation);
	text_clear(&reply->call.body);
	text_clear(&reply->ending);
	text_clear(&reply->reflect);
	if (reply->call.filter)
		reply->call.filter->free(reply->call.filter);
	if (reply->source)
		reply->source->free(reply->source);
	*reply = (struct reply){ 0 };
}

bool reply_is_short(const struct reply *reply)
{
	return reply->body.failed || reply->location.failed ||
	       reply->continuation.failed || reply->call.body.failed ||
	       reply->ending.failed;
}

void reply_header(
	struct reply *reply, const char *name, const char *format, ...)
{
	struct reply_header *header = &reply->headers[reply->header_count];
	va_list arguments;

	if (reply->header_count == REPLY_HEADERS_MAX)
		return;
	reply->header_count++;
	header->name = name;
	va_start(arguments, format);
	vsnprintf(header->value, sizeof(header->value), format, arguments);
	va_end(arguments);
}

void session_etag(const struct session *session, char etag[ETAG_SIZE])
{
	if (session->id == 0)
		snprintf(etag, ETAG_SIZE, "\"0\"");
	else
		snprintf(etag, ETAG_SIZE, "\"%lld-%s\"",
			(long long)session_version(session), session->mark);
}

void reply_etag(struct reply *reply, const struct session *session)
{
	reply->session = session->id;
	session_etag(session, reply->etag);
}

/*
 * json_dumps() of jansson 2.14 overlooks that a member's name found no memory
 * and goes on; json_dumpb() writes where there is room already.
 */
int reply_json(
	struct reply *reply, int status, json_t *json, struct error *error)
{
	struct text *body = &reply->body;
	const size_t size =
		json == NULL ? 0 : json_dumpb(json, NULL, 0, JSON_COMPACT);
	size_t written = 0;

	if (size > 0 && text_reserve(body, size) == 0)
		written = json_dumpb(
			json, body->data + body->length, size, JSON_COMPACT);
	json_decref(json);
	if (size == 0 || written != size)
		return error_out_of_memory(error);
	body->length += size;
	reply->status = status;
	return 0;
}

struct slice request_session(const struct request *request)
{
	const bool by_path = request->segment_count > 1 &&
			     slice_is(request->segments[0], "sessions");

	return by_path ? request->segments[1] : request->session;
}

bool request_parameter(
	const struct request *request, const char *name, struct slice *value)
{
	for (int i = 0; i < request->parameter_count; i++) {
		if (!slice_is(request->parameters[i].name, name))
			continue;
		*value = request->parameters[i].value;
		return true;
	}
	return false;
}

int request_integer(const struct request *request, const char *name,
	int64_t least, int64_t most, int64_t *out, struct error *error)
{
	struct slice value;
	int64_t number;

	if (!request_parameter(request, name, &value))
		return 0;
	if (!json_int64(value, &number) || number < least || number > most)
		return error_set(error, ERROR_INVALID,
			"%s must be a whole number from %lld to %lld, not "
			"\"%.*s\"",
			name, (long long)least, (long long)most,
			SLICE_SHORT(value));
	*out = number;
	return 0;
}

size_t request_bytes(const struct request *request, size_t most)
{
	return request->next == NEXT_NONE && most > READ_BYTES ? READ_BYTES
							       : most;
}

bool reply_elsewhere(struct reply *reply, const struct request *request,
	bool cut, struct error *error)
{
	if (!cut || request->next != NEXT_NONE)
		return false;
	*error = (struct error){ 0 };
	reply->next = NEXT_READER;
	return true;
}

int request_find(struct store *store, const struct request *request,
	struct session *session, struct error *error)
{
	return store_session_find(store, request->tenant,
		request_session(request), request->now, session, error);
}

int request_find_at(struct store *store, const struct request *request,
	struct session *session, struct error *error)
{
	int64_t as_of = -1;

	if (request_integer(request, "as_of", 0, SEQ_MOST, &as_of, error) ||
		request_find(store, request, session, error))
		return -1;
	return as_of < 0 ? 0 : store_session_at(store, session, as_of, error);
}

int request_need(struct store *store, const struct request *request,
	struct session *session, struct error *error)
{
	struct slice name = request_session(request);

	if (request_find(store, request, session, error))
		return -1;
	if (session->id == 0)
		return error_set(error, ERROR_NOT_FOUND, "no session \"%.*s\"",
			SLICE_SHORT(name));
	return 0;
}

int session_settings(struct store *store, const struct session *session,
	struct settings *settings, struct error *error)
{
	struct session_profile profile;
	struct text room = { 0 };
	int result = settings_default(settings, error);

	if (result == 0 && session->id != 0) {
		result = store_session_profile(
			store, session, &room, &profile, error);
		if (result == 0)
			result = settings_from_json(
				settings, profile.memory, error);
	}
	text_clear(&room);
	return result;
}

int request_settings(struct store *store, const struct request *request,
	const struct session *session, struct settings *settings,
	struct error *error)
{
	struct slice class;

	if (session_settings(store, session, settings, error))
		return -1;
	for (int i = 0; i < request->parameter_count; i++)
		if (settings_from_query(settings, request->parameters[i].name,
			    request->parameters[i].value, error) < 0)
			return -1;
	/* One that is chosen here has not been looked at yet. */
	return request_parameter(request, "class", &class)
		       ? memory_check(request->memories, settings, error)
		       : 0;
}

int reply_appended(struct reply *reply, const struct request *request,
	const struct session *session, const struct message_list *list,
	const struct appended *appended, struct error *error)
{
	struct text *body = &reply->body;

	reply->status = 201;
	reply_etag(reply, session);
	text_string(body, "{\"session\":");
	text_json(body, request_session(request));
	text_string(body, ",\"version\":");
	text_number(body, session_version(session));
	text_string(body, ",\"messages\":[");
	for (size_t i = 0; i < list->count; i++) {
		const struct message_row row = {
			.message.id = list->items[i].id,
			.seq = appended[i].seq,
		};

		text_string(body, i > 0 ? ",{\"seq\":" : "{\"seq\":");
		text_number(body, row.seq);
		text_string(body, ",\"id\":");
		history_message_id(body, session, &row);
		text_append(body, "}", 1);
	}
	text_string(body, "]}");
	return body->failed ? error_out_of_memory(error) : 0;
}
