/* SPDX-License-Identifier: MIT */
/* responses_stream.c - typed events, in order and with ids of this server. */
#include "server/api/responses_stream.h"

#include <stdlib.h>

#include "schema/error.h"
#include "schema/json/scan.h"
#include "schema/json/value.h"
#include "schema/llm/chat_events.h"
#include "schema/llm/response.h"
#include "schema/llm/sse.h"
#include "server/api/stream_filter.h"

struct responses_stream_state {
	struct stream_filter filter;
	struct sse sse;
	struct json_scratch scratch;
	struct text buf;   /* the event that is looked at */
	struct text names; /* that `own` borrows */
	struct response_own own;
	struct chat_events chat; /* where such come */
	bool is_chat;
	struct text end;  /* the event that ends it well */
	bool failed;	  /* it has ended, but not well */
	struct text *out; /* of the bytes that are being read */
};

static struct responses_stream_state *responses_stream_filter(
	struct stream_filter *filter)
{
	return (struct responses_stream_state *)(void *)filter;
}

/* A name ends with its line, as a string ends with its zero. */
static bool responses_stream_is_name(struct slice type)
{
	for (size_t i = 0; i < type.length; i++)
		if ((unsigned char)type.data[i] < ' ')
			return false;
	return type.length > 0;
}

/* Its type is its name, too, where it can be one. */
static void responses_stream_put(
	struct text *out, struct slice event, struct slice json)
{
	struct slice type = SLICE("\"\"");
	struct text name = { 0 };
	bool is_name;

	json_find_kind(event, "type", JSON_KIND_STRING, &type);
	json_decode(&name, type);
	is_name = responses_stream_is_name(text_view(&name));
	text_byte(&name, '\0');
	out->failed |= name.failed;
	if (!out->failed)
		sse_write(out, is_name ? name.data : NULL, json);
	text_clear(&name);
}

void responses_stream_write(
	struct text *out, const struct response_own *own, struct slice event)
{
	struct text json = { 0 };

	response_own_write_event(&json, own, event);
	out->failed |= json.failed;
	if (!out->failed)
		responses_stream_put(out, event, text_view(&json));
	text_clear(&json);
}

/* --- what comes --------------------------------------------------------- */

enum { EVENT_ON, EVENT_END, EVENT_FAILURE };

static int responses_stream_kind(struct slice event)
{
	static const struct slice types[] = { { "response.completed", 18 },
		{ "response.incomplete", 19 }, { "response.failed", 15 },
		{ "error", 5 } };
	struct slice type;
	size_t at;

	if (!json_find_kind(event, "type", JSON_KIND_STRING, &type))
		return EVENT_ON;
	at = json_string_among(type, types, 4);
	return at == 4 ? EVENT_ON : at < 2 ? EVENT_END : EVENT_FAILURE;
}

/* Does what it ends with hold a response that has ended so? */
static int responses_stream_check_end(struct slice event, struct error *error)
{
	struct slice response;

	if (json_find_kind(event, "response", JSON_KIND_OBJECT, &response) &&
		response_is_one(response) && response_is_kept(response))
		return 0;
	return error_set(error, ERROR_UPSTREAM,
		"the upstream ended its stream with what is no whole "
		"response: %.*s",
		SLICE_SHORT(event));
}

/* Makes `buf` the compact event. */
static int responses_stream_scan(struct responses_stream_state *self,
	struct slice data, struct error *error)
{
	static const struct json_limits limits = { .depth = 64,
		.values = 1000000 };
	struct error why = { 0 };

	if (json_scan_copy(&self->buf, data, &limits, &self->scratch, &why) ==
			0 &&
		json_kind(text_view(&self->buf)) == JSON_KIND_OBJECT)
		return 0;
	return why.code == ERROR_UNAVAILABLE
		       ? error_out_of_memory(error)
		       : error_set(error, ERROR_UPSTREAM,
				 "the upstream sent what is no event "
				 "of a response: %.*s",
				 SLICE_SHORT(data));
}

static int responses_stream_event(
	void *context, struct slice data, struct error *error)
{
	struct responses_stream_state *self = context;
	int kind;

	if (self->end.length > 0 || self->failed || slice_is(data, "[DONE]"))
		return 0;
	if (responses_stream_scan(self, data, error))
		return -1;
	kind = responses_stream_kind(text_view(&self->buf));
	self->failed = kind == EVENT_FAILURE;
	if (kind == EVENT_END &&
		responses_stream_check_end(text_view(&self->buf), error))
		return -1;
	if (kind == EVENT_END)
		text_slice(&self->end, text_view(&self->buf));
	else
		responses_stream_write(
			self->out, &self->own, text_view(&self->buf));
	return self->end.failed || self->out->failed
		       ? error_out_of_memory(error)
		       : 0;
}

static void responses_stream_begin(
	struct stream_filter *filter, struct text *out)
{
	(void)filter;
	(void)out;
}

static int responses_stream_data(struct stream_filter *filter,
	struct slice bytes, struct text *out, struct error *error)
{
	struct responses_stream_state *self = responses_stream_filter(filter);

	self->out = out;
	if (self->is_chat)
		return chat_events_read(&self->chat, bytes, error);
	return sse_read(&self->sse, bytes, responses_stream_event, self, error);
}

static void responses_stream_free(struct stream_filter *filter)
{
	struct responses_stream_state *self = responses_stream_filter(filter);

	sse_clear(&self->sse);
	chat_events_clear(&self->chat);
	json_scratch_clear(&self->scratch);
	text_clear(&self->buf);
	text_clear(&self->names);
	text_clear(&self->end);
	free(self);
}

static int responses_stream_chat(
	void *context, struct slice event, struct error *error)
{
	struct responses_stream_state *self = context;

	responses_stream_write(self->out, &self->own, event);
	return self->out->failed ? error_out_of_memory(error) : 0;
}

int responses_stream(struct reply *reply, const struct response_own *own,
	struct slice chat, struct error *error)
{
	struct responses_stream_state *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return error_out_of_memory(error);
	self->filter = (struct stream_filter){ .begin = responses_stream_begin,
		.data = responses_stream_data,
		.free = responses_stream_free };
	reply->call.filter = &self->filter;
	self->is_chat = chat.length > 0;
	self->chat.visit = responses_stream_chat;
	self->chat.context = self;
	text_slice(&self->chat.request, chat);
	if (self->chat.request.failed)
		return error_out_of_memory(error);
	text_slice(&self->names, own->base);
	text_slice(&self->names, own->previous);
	text_slice(&self->names, own->conversation);
	if (self->names.failed)
		return error_out_of_memory(error);
	self->own = *own;
	self->own.base.data = self->names.data;
	self->own.previous.data = self->names.data + own->base.length;
	if (own->conversation.data != NULL)
		self->own.conversation.data =
			self->own.previous.data + own->previous.length;
	return 0;
}

/* --- afterwards --------------------------------------------------------- */

int responses_stream_end(
	const struct request *request, struct text *event, struct error *error)
{
	const struct responses_stream_state *self =
		(const struct responses_stream_state *)request->filter;

	if (self->is_chat)
		return chat_events_end(&self->chat, event, error);
	text_slice(event, text_view(&self->end));
	if (event->failed)
		return error_out_of_memory(error);
	if (event->length > 0 || self->failed)
		return 0;
	return error_set(error, ERROR_UPSTREAM,
		"the upstream broke its stream off before the response was "
		"complete");
}
