/* SPDX-License-Identifier: MIT */
/* item_list.c - the items of one request. */
#include "schema/forms/parse.h"

#include <stdio.h>

#include "schema/forms/items.h"
#include "schema/forms/reader.h"
#include "schema/json/value.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The type may be left out. */
static bool item_list_is_message(struct slice item)
{
	struct slice type;

	return !json_find(item, "type", &type) ||
	       (json_kind(type) == JSON_KIND_STRING &&
		       json_string_is(type, SLICE("message")));
}

static int item_list_check_message(
	const struct form_reader *reader, struct slice item)
{
	static const struct slice roles[] = { { "user", 4 }, { "assistant", 9 },
		{ "system", 6 }, { "developer", 9 } };
	struct slice role = SLICE("null"), content;

	json_find(item, "role", &role);
	if (json_kind(role) != JSON_KIND_STRING ||
		json_string_among(role, roles, COUNT(roles)) == COUNT(roles))
		return error_set(reader->error, ERROR_INVALID,
			"%s.role must be \"user\", \"assistant\", \"system\" "
			"or \"developer\", not %.*s; an item that is no "
			"message has a type",
			reader->path, SLICE_SHORT(role));
	if (json_find_kind(item, "content", JSON_KIND_STRING, &content) ||
		json_find_kind(item, "content", JSON_KIND_ARRAY, &content))
		return 0;
	return error_set(reader->error, ERROR_INVALID,
		"%s.content must be a string or an array of parts",
		reader->path);
}

static int item_list_check(const struct form_reader *reader, struct slice item)
{
	struct slice type = SLICE("null");

	if (json_kind(item) != JSON_KIND_OBJECT)
		return error_set(reader->error, ERROR_INVALID,
			"%s must be an object", reader->path);
	if (item_list_is_message(item))
		return item_list_check_message(reader, item);
	json_find(item, "type", &type);
	if (slice_is(type, "\"item_reference\""))
		return error_set(reader->error, ERROR_INVALID,
			"%s refers to an item, which only a response takes; "
			"send the item itself",
			reader->path);
	if (json_kind(type) == JSON_KIND_STRING && items_type_of(item) != 0)
		return 0;
	return error_set(reader->error, ERROR_INVALID,
		"%s.type must be that of an item (message, function_call, "
		"function_call_output, reasoning, …), not %.*s",
		reader->path, SLICE_SHORT(type));
}

static int item_list_read_id(struct form_reader *reader, struct slice item)
{
	struct message_list *list = reader->list;
	struct message *message = &list->items[list->count - 1];
	struct slice id;

	if (!json_find(item, "id", &id) || json_kind(id) == JSON_KIND_NULL ||
		slice_is(id, "\"\""))
		return 0;
	if (form_read_id(reader, message, id))
		return -1;
	message->id = items_id_bare(message->id);
	return 0;
}

int message_items_parse(struct message_list *list, struct slice value,
	const char *name, struct error *error)
{
	char path[40];
	struct form_reader reader = { list, error, path };
	struct json_walk walk = json_walk(value);
	struct slice item;

	if (json_kind(value) != JSON_KIND_ARRAY)
		return error_set(error, ERROR_INVALID,
			"%s must be an array of items", name);
	for (size_t i = 0; json_next_element(&walk, &item); i++) {
		snprintf(path, sizeof(path), "%s[%zu]", name, i);
		if (item_list_check(&reader, item) ||
			message_parse(list, item, path, error) ||
			item_list_read_id(&reader, item))
			return -1;
	}
	return 0;
}
