/* SPDX-License-Identifier: MIT */
/* pairs_view.c - what is shown of messages whose calls met their results. */
#include "core/history/pairs.h"

#include <assert.h>
#include <stdlib.h>

#include "schema/array.h"
#include "schema/forms/form.h"
#include "schema/json/value.h"
#include "schema/message/tool_calls.h"

int pairs_new_item(struct pairs *pairs, int64_t seq)
{
	struct pairs_item *items = array_room(
		pairs->items, &pairs->capacity, pairs->count, sizeof(*items));

	if (items == NULL)
		return -1;
	pairs->items = items;
	items[pairs->count++] = (struct pairs_item){ .seq = seq };
	return 0;
}

/* Gives the newest item a message of its own. */
struct pairs_message *pairs_new_message(struct pairs *pairs)
{
	struct pairs_message *messages =
		array_room(pairs->messages, &pairs->message_capacity,
			pairs->message_count, sizeof(*messages));
	struct pairs_message *message;

	if (messages == NULL)
		return NULL;
	pairs->messages = messages;
	message = &messages[pairs->message_count++];
	*message = (struct pairs_message){ 0 };
	pairs->items[pairs->count - 1].message =
		(uint32_t)pairs->message_count & (INT32_MAX >> 1);
	return message;
}

void pairs_clear(struct pairs *pairs)
{
	free(pairs->items);
	free(pairs->messages);
	text_clear(&pairs->marks);
	answers_clear(&pairs->answers);
	text_clear(&pairs->bodies);
	text_clear(&pairs->body);
	*pairs = (struct pairs){ 0 };
}

void pairs_drop_last(struct pairs *pairs)
{
	assert(pairs->count > 0);
	pairs->count--;
}

struct pairs_view pairs_view_of(
	const struct pairs *pairs, size_t at, int64_t start)
{
	const struct pairs_item *item = &pairs->items[at];
	const struct pairs_message *message;

	assert(at < pairs->count);
	if (item->message == 0)
		return (struct pairs_view){ item->tokens, 0, PAIRS_WHOLE };
	message = &pairs->messages[item->message - 1];
	return message->caller != 0 && message->caller >= start
		       ? message->answering
		       : message->alone;
}

const unsigned char *pairs_marks(const struct pairs *pairs, size_t at)
{
	return (const unsigned char *)pairs->marks.data + at;
}

int pairs_show(struct pairs *pairs, const struct pairs_view *view,
	const struct message *message, struct message *shown)
{
	struct text data = { 0 };
	struct slice id;

	*shown = *message;
	if (view->shown == PAIRS_WHOLE)
		return 0;
	/* An item that is a call or a result stays one. */
	if (message->form != MESSAGE_ITEM ||
		!json_find_kind(
			message->body, "call_id", JSON_KIND_STRING, &id))
		*shown = form_plain(message, &data);
	pairs->body.length = 0;
	tool_calls_write_kept(
		&pairs->body, shown, pairs_marks(pairs, view->kept));
	shown->body = text_view(&pairs->body);
	pairs->body.failed |= data.failed;
	text_clear(&data);
	return pairs->body.failed ? -1 : 0;
}
