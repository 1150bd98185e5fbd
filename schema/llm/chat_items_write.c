/* SPDX-License-Identifier: MIT */
/* chat_items_write.c - an item of an answer, as far as it has come. */
#include <string.h>

#include "schema/json/write.h"
#include "schema/llm/chat_items.h"

static bool chat_items_write_thinks(const struct chat_item *item)
{
	return strcmp(item->kind, "reasoning_text") == 0;
}

void chat_item_write_id(struct text *out, const struct chat_item *item)
{
	json_put_string(out, chat_item_is_call(item)	     ? SLICE("fc_0")
			     : chat_items_write_thinks(item) ? SLICE("rs_0")
							     : SLICE("msg_0"));
}

/* A member whose value is the inside of a JSON string. */
static void chat_items_write_put(
	struct text *out, const char *name, const struct text *inside)
{
	json_name(out, name);
	json_begin_string(out);
	text_slice(out, text_view(inside));
	json_end_string(out);
}

void chat_item_write_part(struct text *out, const struct chat_item *item)
{
	json_begin_object(out);
	json_member_string(out, "type", slice_of(item->kind));
	chat_items_write_put(out,
		strcmp(item->kind, "refusal") == 0 ? "refusal" : "text",
		&item->said);
	if (strcmp(item->kind, "output_text") == 0) {
		json_member(out, "annotations", SLICE("[]"));
		json_name(out, "logprobs");
		json_begin_array(out);
		text_slice(out, text_view(&item->logprobs));
		json_end_array(out);
	}
	json_end_object(out);
}

static void chat_items_write_begin(
	struct text *out, const struct chat_item *item, const char *type)
{
	json_name(out, "id");
	chat_item_write_id(out, item);
	json_member_string(out, "type", slice_of(type));
	if (chat_items_write_thinks(item))
		json_member(out, "summary", SLICE("[]"));
	json_member_string(out, "status",
		slice_of(!item->ended  ? "in_progress"
			 : item->early ? "incomplete"
				       : "completed"));
}

static void chat_items_write_text(
	struct text *out, const struct chat_item *item)
{
	const bool thinks = chat_items_write_thinks(item);

	chat_items_write_begin(out, item, thinks ? "reasoning" : "message");
	if (!thinks)
		json_member_string(out, "role", SLICE("assistant"));
	json_name(out, "content");
	json_begin_array(out);
	if (item->ended)
		chat_item_write_part(out, item);
	json_end_array(out);
}

/* A call that has no id gets one of its place. */
static void chat_items_write_call(
	struct text *out, const struct chat_item *item, size_t at)
{
	static const struct text none;

	chat_items_write_begin(out, item, "function_call");
	json_name(out, "call_id");
	json_begin_string(out);
	if (item->id.length > 0)
		text_slice(out, text_view(&item->id));
	else
		text_format(out, "call_%zu", at);
	json_end_string(out);
	chat_items_write_put(out, "name", &item->name);
	chat_items_write_put(
		out, "arguments", item->ended ? &item->said : &none);
}

void chat_item_write(struct text *out, const struct chat_item *item, size_t at)
{
	json_begin_object(out);
	if (chat_item_is_call(item))
		chat_items_write_call(out, item, at);
	else
		chat_items_write_text(out, item);
	json_end_object(out);
}

void chat_items_write(struct text *out, const struct chat_items *items)
{
	json_begin_array(out);
	for (size_t i = 0; i < items->count; i++)
		chat_item_write(out, &items->items[i], i);
	json_end_array(out);
}
