/* SPDX-License-Identifier: MIT */
/* items_shown.c - which items a message is. */
#include "schema/forms/items_shown.h"

#include <stdlib.h>

#include "schema/array.h"
#include "schema/forms/form.h"
#include "schema/forms/items.h"
#include "schema/json/value.h"
#include "schema/json/write.h"

static int items_shown_add(struct items_shown *shown, struct slice item)
{
	struct slice *items = array_room(
		shown->items, &shown->capacity, shown->count, sizeof(*items));

	if (items == NULL)
		return -1;
	shown->items = items;
	items[shown->count++] = item;
	return 0;
}

/* Is there nothing in it, as in most messages of LangChain's? */
static bool items_shown_is_empty(struct slice value)
{
	return slice_is(value, "[]") || slice_is(value, "{}") ||
	       slice_is(value, "null");
}

/*
 * Finds the text of a message that is nothing else, and its role where that is
 * a member; false: it is more.
 */
static bool items_shown_find_text(
	struct slice body, struct slice *text, struct slice *role)
{
	struct json_walk walk = json_walk(body);
	struct slice name, value;

	while (json_next_member(&walk, &name, &value)) {
		if (slice_is(name, "\"content\""))
			*text = value;
		else if (role != NULL && slice_is(name, "\"role\""))
			*role = value;
		else if (!items_shown_is_empty(value))
			return false;
	}
	return text->length > 0 && json_kind(*text) == JSON_KIND_STRING;
}

/* May it be shown as a role and a text? */
static bool items_shown_is_plain(
	const struct message *message, struct slice *text, struct slice *role)
{
	static const struct slice roles[] = {
		[MESSAGE_HUMAN] = { "\"user\"", 6 },
		[MESSAGE_AI] = { "\"assistant\"", 11 },
		[MESSAGE_SYSTEM] = { "\"system\"", 8 },
	};

	if (message->type > MESSAGE_SYSTEM)
		return false;
	if (message->form == MESSAGE_OPENAI)
		return items_shown_find_text(message->body, text, role);
	*role = roles[message->type];
	return message->form == MESSAGE_STORED &&
	       items_shown_find_text(message->body, text, NULL);
}

int items_shown_find(struct items_shown *shown, const struct message *message)
{
	struct json_walk walk;
	struct slice item = { NULL, 0 };

	shown->count = 0;
	if (items_shown_is_plain(message, &item, &shown->role))
		return items_shown_add(shown, item);
	shown->role.length = 0;
	if (items_is_item(message))
		return items_shown_add(shown, message->body);
	shown->made.length = 0;
	json_begin_array(&shown->made);
	form_named(SLICE("openai-items"))->write(&shown->made, message, NULL);
	json_end_array(&shown->made);
	if (shown->made.failed)
		return -1;
	walk = json_walk(text_view(&shown->made));
	while (json_next_element(&walk, &item))
		if (items_shown_add(shown, item))
			return -1;
	return 0;
}

void items_shown_clear(struct items_shown *shown)
{
	free(shown->items);
	text_clear(&shown->made);
	*shown = (struct items_shown){ 0 };
}
