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

/* Begins one of an item, which may be named. */
static struct text *chat_events_send_begin(struct chat_events *events,
	const char *type, size_t at, bool names_item)
{
	const struct chat_item *item = &events->items.items[at];
	struct text *out = &events->event;

	out->length = 0;
	chat_events_put_head(out, type, events->sequence++);
	json_member_number(out, "output_index", (int64_t)at);
	if (names_item) {
		json_name(out, "item_id");
		chat_item_write_id(out, item);
	}
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

/* --- items -------------------------------------------------------------- */

/* The names of the events of a text, and of their member that has it. */
struct chat_events_send_type {
	const char *kind, *delta, *done, *member;
};

static const struct chat_events_send_type *chat_events_send_type_of(
	const struct chat_item *item)
{
	static const struct chat_events_send_type types[] = {
		{ "output_text", "output_text.delta", "output_text.done",
			"text" },
		{ "refusal", "refusal.delta", "refusal.done", "refusal" },
		{ "reasoning_text", "reasoning_text.delta",
			"reasoning_text.done", "text" },
		{ "", "function_call_arguments.delta",
			"function_call_arguments.done", "arguments" },
	};
	const struct chat_events_send_type *row = types;

	while (row < types + COUNT(types) - 1 && strcmp(row->kind, item->kind))
		row++;
	return row;
}

static int chat_events_send_item(
	struct chat_events *events, size_t at, struct error *error)
{
	const struct chat_item *item = &events->items.items[at];
	struct text *out = chat_events_send_begin(events,
		item->ended ? "output_item.done" : "output_item.added", at,
		false);

	json_name(out, "item");
	chat_item_write(out, item, at);
	return chat_events_send(events, error);
}

static int chat_events_send_part(
	struct chat_events *events, size_t at, struct error *error)
{
	const struct chat_item *item = &events->items.items[at];
	struct text *out;

	if (chat_item_is_call(item))
		return 0;
	out = chat_events_send_begin(events,
		item->ended ? "content_part.done" : "content_part.added", at,
		true);
	json_member_number(out, "content_index", 0);
	json_name(out, "part");
	chat_item_write_part(out, item);
	return chat_events_send(events, error);
}

/* Puts those of the piece, or of the whole text. */
static void chat_events_send_put_logprobs(struct text *out,
	const struct chat_events *events, const struct chat_item *item)
{
	const struct slice of_piece = events->items.logprobs;
	const struct slice all = text_view(&item->logprobs);

	json_name(out, "logprobs");
	json_begin_array(out);
	text_slice(out, item->ended	      ? all
			: of_piece.length > 0 ? json_inner(of_piece)
					      : of_piece);
	json_end_array(out);
}

/* Its text: a piece of it, or all of it. */
static int chat_events_send_text(struct chat_events *events, size_t at,
	struct slice delta, struct error *error)
{
	const struct chat_item *item = &events->items.items[at];
	const struct chat_events_send_type *type =
		chat_events_send_type_of(item);
	struct text *out = chat_events_send_begin(
		events, item->ended ? type->done : type->delta, at, true);

	if (!chat_item_is_call(item))
		json_member_number(out, "content_index", 0);
	if (item->ended) {
		json_name(out, type->member);
		json_begin_string(out);
		text_slice(out, text_view(&item->said));
		json_end_string(out);
	} else {
		json_member(out, "delta", delta);
	}
	if (strcmp(item->kind, "output_text") == 0)
		chat_events_send_put_logprobs(out, events, item);
	return chat_events_send(events, error);
}

static int chat_events_send_begun(void *context, size_t at, struct error *error)
{
	return chat_events_send_item(context, at, error) ||
			       chat_events_send_part(context, at, error)
		       ? -1
		       : 0;
}

static int chat_events_send_said(
	void *context, size_t at, struct slice delta, struct error *error)
{
	return chat_events_send_text(context, at, delta, error);
}

static int chat_events_send_ended(void *context, size_t at, struct error *error)
{
	return chat_events_send_text(context, at, (struct slice){ 0 }, error) ||
			       chat_events_send_part(context, at, error) ||
			       chat_events_send_item(context, at, error)
		       ? -1
		       : 0;
}

const struct chat_items_watch chat_events_watch = {
	.begun = chat_events_send_begun,
	.said = chat_events_send_said,
	.ended = chat_events_send_ended,
};
