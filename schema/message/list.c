/* SPDX-License-Identifier: MIT */
/* list.c - the messages of one request. */
#include "schema/message/message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "schema/error.h"
#include "schema/json/value.h"

/* The items, moved if there is no space for one more; NULL: no memory. */
static void *list_grown(
	void *items, size_t count, size_t *capacity, size_t size)
{
	size_t more = *capacity ? 2 * *capacity : 16;
	void *grown;

	if (count < *capacity)
		return items;
	grown = realloc(items, more * size);
	if (grown)
		*capacity = more;
	return grown;
}

int message_list_push(struct message_list *list, const struct message *message,
	struct error *error)
{
	struct message *items;

	assert(message->form != 0 && message->type != 0);
	assert(message->body.length > 0);
	if (list->count == MESSAGES_PER_REQUEST)
		return error_set(error, ERROR_TOO_LARGE,
			"more than %d messages in one request",
			MESSAGES_PER_REQUEST);
	items = list_grown(list->items, list->count, &list->capacity,
		sizeof(*list->items));
	if (!items)
		return error_out_of_memory(error);
	list->items = items;
	list->items[list->count++] = *message;
	return 0;
}

int message_list_decode(struct message_list *list, struct slice string,
	struct slice *out, bool *whole, struct error *error)
{
	struct text *strings, *text;

	*whole = true;
	*out = json_inner(string);
	if (!memchr(out->data, '\\', out->length))
		return 0;
	strings = list_grown(list->strings, list->string_count,
		&list->string_capacity, sizeof(*list->strings));
	if (!strings)
		return error_out_of_memory(error);
	list->strings = strings;
	text = &strings[list->string_count++];
	*text = (struct text){ 0 };
	*whole = json_decode(text, string);
	*out = text_view(text);
	return text->failed ? error_out_of_memory(error) : 0;
}

int message_list_add(struct message_list *list, enum message_type type,
	struct slice body, struct error *error)
{
	struct message message = {
		.form = MESSAGE_STORED, .type = type, .body = body
	};
	/* As long as it is when it is sent again. */
	const size_t length = sizeof("{\"type\":\"\",\"data\":}") - 1 +
			      strlen(message_type_name(type)) + body.length;

	if (length > MESSAGE_MAX_BYTES)
		return error_set(error, ERROR_TOO_LARGE,
			"message is longer than %u bytes", MESSAGE_MAX_BYTES);
	if (message_check(&message, "message", error))
		return -1;
	return message_list_push(list, &message, error);
}

void message_list_clear(struct message_list *list)
{
	size_t i;

	for (i = 0; i < list->string_count; i++)
		text_clear(&list->strings[i]);
	free(list->strings);
	free(list->items);
	*list = (struct message_list){ 0 };
}
