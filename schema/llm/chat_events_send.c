/* SPDX-License-Identifier: MIT */
/* chat_events_send.c - the events of a response's items, in their order. */
#include <string.h>

#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/chat_events_parts.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* --- events ------------------------------------------------------------- */

void chat_events_put_head(struct text *out, const char *type, int64_t sequence)
{
	json_begin_object(out);
	json_name(out, "type");
	json_begin_string(out);
	text_string(out, "response.");
	text_string(out, type);
	json_end_string(out);
	json_member_number(out, "sequence_number", sequence);
}

/* Begins one of the item that is open. */
static struct text *chat_events_send_begin(
	struct chat_events *events, const char *type, bool names_item)
{
	struct text *out = &events->event;

	out->length = 0;
	chat_events_put_head(out, type, events->sequence++);
	json_member_number(out, "output_index", events->index);
	if (names_item)
		json_member_string(out, "item_id",
			events->kind == NULL || *events->kind == '\0'
				? SLICE("fc_0")
			: strcmp(events->kind, "reasoning_text") == 0
				? SLICE("rs_0")
				: SLICE("msg_0"));
	return out;
}

static int chat_events_send(struct chat_events *events, struct error *error)
{
	json_end_object(&events->event);
	if (events->event.failed)
		return error_out_of_memory(error);
	return events->visit(events->context, text_view(&events->event), error);
}

struct chat_response chat_events_response(const struct chat_events *events)
{
	return (struct chat_response){
		.request = text_view(&events->request),
		.model = text_view(&events->model),
		.created = text_view(&events->created),
		.finish = text_view(&events->finish),
		.usage = text_view(&events->usage),
	};
}

static int chat_events_send_start(
	struct chat_events *events, const char *type, struct error *error)
{
	struct chat_response response = chat_events_response(events);
	struct text *out = &events->event;

	response.finish = response.usage = (struct slice){ 0 };
	out->length = 0;
	chat_events_put_head(out, type, events->sequence++);
	json_name(out, "response");
	chat_response_write(out, &response);
	return chat_events_send(events, error);
}

/* --- the item that is open ---------------------------------------------- */

static void chat_events_send_put_said(
	struct text *out, const struct chat_events *events, const char *name)
{
	json_name(out, name);
	json_begin_string(out);
	text_slice(out, text_view(&events->said));
	json_end_string(out);
}

bool chat_events_is_call(const struct chat_events *events)
{
	return *events->kind == '\0';
}

/* The type of an event of its text: `output_text.delta`. */
static const char *chat_events_send_type(
	const struct chat_events *events, bool ended)
{
	static const struct {
		const char *kind, *delta, *done;
	} types[] = { { "output_text", "output_text.delta",
			      "output_text.done" },
		{ "refusal", "refusal.delta", "refusal.done" },
		{ "reasoning_text", "reasoning_text.delta",
			"reasoning_text.done" },
		{ "", "function_call_arguments.delta",
			"function_call_arguments.done" } };
	size_t at = 0;

	while (at < COUNT(types) - 1 && strcmp(types[at].kind, events->kind))
		at++;
	return ended ? types[at].done : types[at].delta;
}

static const char *chat_events_send_member(const struct chat_events *events)
{
	if (chat_events_is_call(events))
		return "arguments";
	return strcmp(events->kind, "refusal") == 0 ? "refusal" : "text";
}

static void chat_events_send_put_item(
	struct text *out, const struct chat_events *events, bool ended)
{
	struct text value = { 0 };

	if (chat_events_is_call(events)) {
		text_slice(&value, text_view(&events->head));
		if (ended) { /* {"id":…,"function":{"name":…}} */
			value.length -= 2;
			chat_events_send_put_said(&value, events, "arguments");
			text_string(&value, "}}");
		}
		if (!value.failed)
			chat_response_write_call(out, text_view(&value), ended);
	} else {
		json_begin_string(&value);
		text_slice(&value, text_view(&events->said));
		json_end_string(&value);
		if (!value.failed)
			chat_response_write_text(
				out, events->kind, text_view(&value), ended);
	}
	out->failed |= value.failed;
	text_clear(&value);
}

static int chat_events_send_item(
	struct chat_events *events, bool ended, struct error *error)
{
	struct text *out = chat_events_send_begin(events,
		ended ? "output_item.done" : "output_item.added", false);

	json_name(out, "item");
	chat_events_send_put_item(out, events, ended);
	return chat_events_send(events, error);
}

static int chat_events_send_part(
	struct chat_events *events, bool ended, struct error *error)
{
	struct text *out, said = { 0 };

	if (chat_events_is_call(events))
		return 0;
	json_begin_string(&said);
	text_slice(&said, text_view(&events->said));
	json_end_string(&said);
	out = chat_events_send_begin(events,
		ended ? "content_part.done" : "content_part.added", true);
	json_member_number(out, "content_index", 0);
	json_name(out, "part");
	if (!said.failed)
		chat_response_write_part(out, events->kind, text_view(&said));
	out->failed |= said.failed;
	text_clear(&said);
	return chat_events_send(events, error);
}

static int chat_events_send_text(struct chat_events *events, bool ended,
	struct slice delta, struct error *error)
{
	struct text *out = chat_events_send_begin(
		events, chat_events_send_type(events, ended), true);

	if (!chat_events_is_call(events))
		json_member_number(out, "content_index", 0);
	if (ended)
		chat_events_send_put_said(
			out, events, chat_events_send_member(events));
	else
		json_member(out, "delta", delta);
	if (strcmp(events->kind, "output_text") == 0)
		json_member(out, "logprobs", SLICE("[]"));
	return chat_events_send(events, error);
}

int chat_events_close(struct chat_events *events, struct error *error)
{
	if (events->kind == NULL)
		return 0;
	if (chat_events_send_text(events, true, SLICE("\"\""), error) ||
		chat_events_send_part(events, true, error) ||
		chat_events_send_item(events, true, error))
		return -1;
	events->kind = NULL;
	events->index++;
	return 0;
}

int chat_events_open(
	struct chat_events *events, const char *kind, struct error *error)
{
	if (chat_events_close(events, error))
		return -1;
	events->kind = kind;
	events->said.length = 0;
	return chat_events_send_item(events, false, error) ||
			       chat_events_send_part(events, false, error)
		       ? -1
		       : 0;
}

int chat_events_say(
	struct chat_events *events, struct slice delta, struct error *error)
{
	if (slice_is(delta, "\"\""))
		return 0;
	text_slice(&events->said, json_inner(delta));
	return events->said.failed
		       ? error_out_of_memory(error)
		       : chat_events_send_text(events, false, delta, error);
}

int chat_events_start(struct chat_events *events, struct error *error)
{
	if (events->begun)
		return 0;
	events->begun = true;
	return chat_events_send_start(events, "created", error) ||
			       chat_events_send_start(
				       events, "in_progress", error)
		       ? -1
		       : 0;
}
