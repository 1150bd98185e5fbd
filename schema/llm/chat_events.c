/* SPDX-License-Identifier: MIT */
/* chat_events.c - a streamed chat completion, as the events of a response. */
#include "schema/llm/chat_events.h"

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

/* --- chunks ------------------------------------------------------------- */

static bool chat_events_note(struct chat_events *events, struct slice chunk)
{
	struct chat_response noted = { 0 };

	chat_response_note(&noted, chunk);
	events->items.logprobs = noted.logprobs;
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

static int chat_events_end_items(
	struct chat_events *events, struct error *error)
{
	const struct chat_response response = chat_events_response(events);

	return chat_items_end(
		&events->items, chat_response_cause(&response) != NULL, error);
}

static int chat_events_chunk(void *context,
	const struct completion_event *event, struct error *error)
{
	struct chat_events *events = context;
	const struct slice chunk = text_view(&events->completion.buf);
	struct slice delta;

	if (event->last)
		return chat_events_end_items(events, error);
	if (!chat_events_note(events, chunk))
		return error_out_of_memory(error);
	if (chat_events_start(events, error))
		return -1;
	if (chat_events_find_delta(chunk, &delta) &&
		chat_items_add(&events->items, delta, error))
		return -1;
	return events->finish.length > 0 ? chat_events_end_items(events, error)
					 : 0;
}

int chat_events_read(
	struct chat_events *events, struct slice bytes, struct error *error)
{
	events->completion.visit = chat_events_chunk;
	events->completion.context = events;
	events->items.watch = &chat_events_watch;
	events->items.context = events;
	return completion_stream(&events->completion, bytes, error);
}

int chat_events_end(const struct chat_events *events, struct text *event,
	struct error *error)
{
	struct chat_response response = chat_events_response(events);
	const bool early = chat_response_cause(&response) != NULL;
	struct text message = { 0 };
	int result = completion_message(&events->completion, &message, error);

	text_clear(&message);
	if (result != 0)
		return -1;
	chat_events_put_head(
		event, early ? "incomplete" : "completed", events->sequence);
	json_name(event, "response");
	result = chat_response_end(event, &response, &events->items, error);
	json_end_object(event);
	return result == 0 && event->failed ? error_out_of_memory(error)
					    : result;
}

void chat_events_clear(struct chat_events *events)
{
	struct text *const texts[] = { &events->request, &events->model,
		&events->created, &events->finish, &events->usage,
		&events->event };

	completion_clear(&events->completion);
	chat_items_clear(&events->items);
	for (size_t i = 0; i < COUNT(texts); i++)
		text_clear(texts[i]);
}
