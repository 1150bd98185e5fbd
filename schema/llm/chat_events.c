/* SPDX-License-Identifier: MIT */
/* chat_events.c - a streamed chat completion, as the events of a response. */
#include "schema/llm/chat_events.h"

#include <string.h>

#include "schema/error.h"
#include "schema/json/value.h"
#include "schema/json/write.h"
#include "schema/llm/chat_events_parts.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The value may be the text's own. */
static void chat_events_keep(struct text *text, struct slice value)
{
	if (value.length == 0 || value.data == text->data)
		return;
	text->length = 0;
	text_slice(text, value);
}

/* --- deltas ------------------------------------------------------------- */

static int chat_events_add_text(void *context, const char *kind,
	struct slice delta, struct error *error)
{
	struct chat_events *events = context;

	if ((events->kind == NULL || strcmp(events->kind, kind) != 0) &&
		chat_events_open(events, kind, error))
		return -1;
	return chat_events_say(events, delta, error);
}

static void chat_events_note_call(struct chat_events *events, struct slice call)
{
	struct slice function = SLICE("{}"), id = SLICE("\"\""),
		     name = SLICE("\"\"");
	struct text *out = &events->head;

	json_find_kind(call, "id", JSON_KIND_STRING, &id);
	json_find_kind(call, "function", JSON_KIND_OBJECT, &function);
	json_find_kind(function, "name", JSON_KIND_STRING, &name);
	out->length = 0;
	json_begin_object(out);
	json_member(out, "id", id);
	json_name(out, "function");
	json_begin_object(out);
	json_member(out, "name", name);
	json_end_object(out);
	json_end_object(out);
}

/*
 * Which of the calls the piece is of: by its index, or else its id; without
 * either it is of the one that is open.
 */
static struct slice chat_events_which_call(
	const struct chat_events *events, struct slice call)
{
	struct slice which = SLICE("0");

	if (json_find_kind(call, "index", JSON_KIND_NUMBER, &which))
		return which;
	if (json_find_kind(call, "id", JSON_KIND_STRING, &which) &&
		!slice_is(which, "\"\""))
		return which;
	return events->call.length > 0 ? text_view(&events->call) : SLICE("0");
}

/* Arguments come in pieces; the first piece of a call has its name. */
static int chat_events_add_call(
	struct chat_events *events, struct slice call, struct error *error)
{
	const struct slice which = chat_events_which_call(events, call);
	struct slice function, delta;
	bool same;

	same = events->kind != NULL && chat_events_is_call(events) &&
	       slice_equal(text_view(&events->call), which);
	if (!same) {
		if (chat_events_close(events, error))
			return -1;
		chat_events_note_call(events, call);
		chat_events_keep(&events->call, which);
		if (events->head.failed || events->call.failed)
			return error_out_of_memory(error);
		if (chat_events_open(events, "", error))
			return -1;
	}
	return json_find_kind(call, "function", JSON_KIND_OBJECT, &function) &&
			       json_find_kind(function, "arguments",
				       JSON_KIND_STRING, &delta)
		       ? chat_events_say(events, delta, error)
		       : 0;
}

static int chat_events_add_calls(
	struct chat_events *events, struct slice delta, struct error *error)
{
	struct slice calls = SLICE("[]"), call;
	struct json_walk walk;

	json_find_kind(delta, "tool_calls", JSON_KIND_ARRAY, &calls);
	walk = json_walk(calls);
	while (json_next_element(&walk, &call))
		if (json_kind(call) == JSON_KIND_OBJECT &&
			chat_events_add_call(events, call, error))
			return -1;
	return 0;
}

static int chat_events_add(
	struct chat_events *events, struct slice delta, struct error *error)
{
	return chat_response_each_text(delta,
		       &(struct chat_response_visitor){
			       chat_events_add_text, events },
		       error) ||
			       chat_events_add_calls(events, delta, error)
		       ? -1
		       : 0;
}

/* --- chunks ------------------------------------------------------------- */

static bool chat_events_note(struct chat_events *events, struct slice chunk)
{
	struct chat_response noted = { 0 };

	chat_response_note(&noted, chunk);
	chat_events_keep(&events->model, noted.model);
	chat_events_keep(&events->created, noted.created);
	chat_events_keep(&events->finish, noted.finish);
	chat_events_keep(&events->usage, noted.usage);
	return !events->model.failed && !events->created.failed &&
	       !events->finish.failed && !events->usage.failed;
}

static bool chat_events_find_delta(struct slice chunk, struct slice *delta)
{
	struct slice choices, choice;
	struct json_walk walk;

	if (!json_find_kind(chunk, "choices", JSON_KIND_ARRAY, &choices))
		return false;
	walk = json_walk(choices);
	return json_next_element(&walk, &choice) &&
	       json_kind(choice) == JSON_KIND_OBJECT &&
	       json_find_kind(choice, "delta", JSON_KIND_OBJECT, delta);
}

static int chat_events_chunk(void *context,
	const struct completion_event *event, struct error *error)
{
	struct chat_events *events = context;
	const struct slice chunk = text_view(&events->completion.buf);
	struct slice delta;

	if (event->last)
		return chat_events_close(events, error);
	if (!chat_events_note(events, chunk))
		return error_out_of_memory(error);
	if (chat_events_start(events, error))
		return -1;
	if (chat_events_find_delta(chunk, &delta) &&
		chat_events_add(events, delta, error))
		return -1;
	return events->finish.length > 0 ? chat_events_close(events, error) : 0;
}

int chat_events_read(
	struct chat_events *events, struct slice bytes, struct error *error)
{
	events->completion.visit = chat_events_chunk;
	events->completion.context = events;
	return completion_stream(&events->completion, bytes, error);
}

int chat_events_end(const struct chat_events *events, struct text *event,
	struct error *error)
{
	struct chat_response response = chat_events_response(events);
	struct text message = { 0 }, output = { 0 };
	const bool early = chat_response_cause(&response) != NULL;
	int result = completion_message(&events->completion, &message, error);

	if (result == 0) {
		chat_response_write_output(&output, text_view(&message));
		response.output = text_view(&output);
		chat_events_put_head(event, early ? "incomplete" : "completed",
			events->sequence);
		json_name(event, "response");
		chat_response_write(event, &response);
		json_end_object(event);
		if (output.failed || event->failed)
			result = error_out_of_memory(error);
	}
	text_clear(&message);
	text_clear(&output);
	return result;
}

void chat_events_clear(struct chat_events *events)
{
	struct text *const texts[] = { &events->request, &events->model,
		&events->created, &events->finish, &events->usage,
		&events->call, &events->said, &events->head, &events->event };

	completion_clear(&events->completion);
	for (size_t i = 0; i < COUNT(texts); i++)
		text_clear(texts[i]);
}
